// Loads the editor where there is room to draw and the proposal is open; elsewhere the viewer, which is a tenth of it.
const modeler = document.querySelector('.modeler[data-editor]');
const narrow = document.querySelector('.modeler-narrow');

if (modeler && modeler.dataset.open === 'true' && matchMedia('(min-width: 900px)').matches) {
  modeler.hidden = false;
  import(modeler.dataset.editor);
} else if (narrow) {
  narrow.hidden = false;
  narrow.querySelector('.hint').hidden = modeler?.dataset.open !== 'true';
  import(narrow.querySelector('[data-viewer]').dataset.viewer);
}
