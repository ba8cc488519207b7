// The buttons above the diagram, their keys, and the help that lists all keys.
export function makeReachable(element, modeler, { say, findings }) {
  const stack = modeler.get('commandStack');
  const canvas = modeler.get('canvas');
  const actions = modeler.get('editorActions');
  const help = element.querySelector('dialog[data-help]');
  const acts = {
    undo: () => stack.undo(),
    redo: () => stack.redo(),
    fit: () => canvas.zoom('fit-viewport', 'auto'),
    closer: () => actions.trigger('stepZoom', { value: 1 }),
    farther: () => actions.trigger('stepZoom', { value: -1 }),
    copy: () => actions.trigger('copy'),
    next: () => findings.go(1),
    previous: () => findings.go(-1),
    help: () => help.showModal(),
  };
  const drawing = element.querySelector('.modeler-canvas svg[tabindex]');
  drawing?.setAttribute('aria-label', element.getAttribute('aria-label'));
  drawing?.setAttribute('role', 'application');

  element.addEventListener('click', ({ target }) => acts[target.closest('button[data-do]')?.dataset.do]?.());
  document.addEventListener('keydown', (event) => {
    if (document.querySelector('dialog[open]')) return;
    const typing = event.target.closest('input, textarea, select, [contenteditable="true"]');
    if (event.key === 'F8') acts[event.shiftKey ? 'previous' : 'next']();
    else if (event.key === '?' && !typing) acts.help();
    else return;
    event.preventDefault();
  });

  function show() {
    element.querySelector('[data-do="undo"]').disabled = !stack.canUndo();
    element.querySelector('[data-do="redo"]').disabled = !stack.canRedo();
  }
  modeler.on('commandStack.changed', show);
  show();
  help.querySelector('ul').replaceChildren(
    ...Object.entries(KEYS).map(([keys, text]) => {
      const line = document.createElement('li');
      line.append(Object.assign(document.createElement('kbd'), { textContent: keys }), ` ${say(text)}`);
      return line;
    }),
  );
}

const KEYS = {
  'Ctrl Z': 'Undo',
  'Ctrl Y': 'Redo',
  'Ctrl C': 'Copy, also into another diagram',
  'Ctrl V': 'Paste',
  'Ctrl A': 'Select everything',
  'Ctrl F': 'Find an element',
  Delete: 'Remove what is selected',
  E: 'Write the name',
  H: 'Move the view by hand',
  L: 'Select with a frame',
  S: 'Make room',
  C: 'Connect',
  R: 'Replace the element',
  F8: 'Next finding',
  'Shift F8': 'Previous finding',
  '?': 'This list',
};
