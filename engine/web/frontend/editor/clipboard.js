// What is copied in one diagram can be pasted in another, also in another tab.
const PLACE = 'maplebridge.clipboard';

export function betweenDiagrams(modeler) {
  const clipboard = modeler.get('clipboard');
  modeler.on('copyPaste.elementsCopied', ({ tree }) => {
    try {
      localStorage.setItem(PLACE, JSON.stringify(tree));
    } catch {
      // A full store: pasting in the same diagram still works.
    }
  });
  modeler.get('keyboard').addListener(2000, ({ keyEvent }) => {
    if (!(keyEvent.ctrlKey || keyEvent.metaKey) || keyEvent.key.toLowerCase() !== 'v') return;
    const stored = localStorage.getItem(PLACE);
    if (stored) clipboard.set(JSON.parse(stored, reviver(modeler.get('moddle'))));
  });
}

function reviver(moddle) {
  const known = new Map();
  return (_key, value) => {
    if (typeof value?.$type !== 'string') return value;
    if (value.id && known.has(value.id)) return known.get(value.id);
    const { $type, ...attributes } = value;
    const made = moddle.create($type, attributes);
    if (value.id) known.set(value.id, made);
    return made;
  };
}
