// Loads the editor where there is room for it and the proposal is open; elsewhere what is only to look at.
const modeler = document.querySelector('.modeler[data-editor]');
const narrow = document.querySelector('.modeler-narrow');
const edits = modeler?.dataset.open === 'true' && matchMedia('(min-width: 900px)').matches;

if (modeler) modeler.hidden = !edits;
if (narrow) narrow.hidden = edits;
if (edits) {
  import(modeler.dataset.editor);
} else if (narrow) {
  const hint = narrow.querySelector('.hint');
  if (modeler?.dataset.open !== 'true') hint.hidden = true;
  const viewer = narrow.querySelector('[data-viewer]');
  if (viewer) import(viewer.dataset.viewer);
}
