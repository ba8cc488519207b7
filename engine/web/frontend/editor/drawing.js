// A BPMN diagram as what is drawn on, for saving and checking.
import { linkTemplates } from './link.js';

export function bpmnDrawing(modeler) {
  const links = linkTemplates(modeler);
  const overlays = modeler.get('overlays');
  const registry = modeler.get('elementRegistry');

  function reveal(found) {
    const canvas = modeler.get('canvas');
    const root = canvas.findRoot(found);
    if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
    canvas.scrollToElement(found, { top: 80, bottom: 80, left: 80, right: 80 });
    modeler.get('selection').select(found);
  }

  function pin(id, told, lead) {
    const mark = document.createElement('button');
    mark.type = 'button';
    mark.tabIndex = -1; // the list is the way for the keyboard
    mark.className = 'finding-mark';
    mark.dataset.kind = told.some(({ severity }) => severity === 'error') ? 'error' : 'warning';
    mark.textContent = told.length;
    mark.title = told.map(({ rule, message, hint }) => [rule, message, hint].filter(Boolean).join('\n')).join('\n\n');
    mark.addEventListener('click', () => {
      reveal(registry.get(id));
      lead(told[0]);
    });
    overlays.add(id, 'finding', { position: { top: -14, left: -14 }, html: mark });
  }

  return {
    toXml: links.toXml,
    async open(xml) {
      await modeler.importXML(xml);
      modeler.get('canvas').zoom('fit-viewport', 'auto');
    },
    onChange: (told) => modeler.on('commandStack.changed', ({ trigger }) => trigger === 'clear' || told()),
    onOpen: (told) => modeler.on('import.done', told),
    mark(findings, _xml, lead) {
      overlays.remove({ type: 'finding' });
      const drawn = findings.filter(({ element }) => registry.get(element));
      for (const [id, told] of grouped(drawn)) pin(id, told, lead);
      return new Map(drawn.map((finding) => [finding, () => reveal(registry.get(finding.element))]));
    },
  };
}

function grouped(findings) {
  const groups = new Map();
  for (const each of findings) groups.set(each.element, [...(groups.get(each.element) ?? []), each]);
  return groups;
}
