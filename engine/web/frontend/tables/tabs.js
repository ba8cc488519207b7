// A tab for each decision of the file, and the buttons above the table.
export function makeReachable(element, modeler, { say, findings }) {
  const bar = element.querySelector('[data-tabs]');
  const acts = {
    undo: () => stack()?.undo(),
    redo: () => stack()?.redo(),
    next: () => findings.go(1),
    previous: () => findings.go(-1),
  };
  const stack = () => modeler.getActiveViewer()?.get('commandStack', false);

  element.addEventListener('click', ({ target }) => acts[target.closest('button[data-do]')?.dataset.do]?.());
  document.addEventListener('keydown', (event) => {
    if (document.querySelector('dialog[open]') || event.key !== 'F8') return;
    acts[event.shiftKey ? 'previous' : 'next']();
    event.preventDefault();
  });

  function show() {
    const open = modeler.getActiveView();
    bar.replaceChildren(
      ...modeler
        .getViews()
        .filter(({ type, element: { dmnDI } }) => type !== 'drd' || dmnDI)
        .map((view) => {
          const tab = document.createElement('button');
          tab.type = 'button';
          tab.textContent = view.type === 'drd' ? say('How they depend on each other') : (view.name ?? view.id);
          tab.setAttribute('aria-pressed', String(view.element === open?.element));
          tab.addEventListener('click', () => modeler.open(view));
          return tab;
        }),
    );
    buttons();
  }

  function buttons() {
    element.querySelector('[data-do="undo"]').disabled = !stack()?.canUndo();
    element.querySelector('[data-do="redo"]').disabled = !stack()?.canRedo();
  }

  const watched = new Set();
  function watch() {
    const viewer = modeler.getActiveViewer();
    if (viewer && !watched.has(viewer)) {
      watched.add(viewer);
      viewer.on('commandStack.changed', buttons);
    }
  }
  modeler.on('views.changed', () => {
    watch();
    show();
  });
  watch();
  show();
}
