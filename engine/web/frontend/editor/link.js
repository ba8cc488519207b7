// Elements that say what a template says get its fields, without anything being written into the file: the link is
// put on for the editor and left out when the file is saved. Links that stand in the file stay.
const TEMPLATE = 'camunda:modelerTemplate';

export function linkTemplates(modeler) {
  const linked = new Set();
  modeler.on('import.done', ({ error }) => {
    linked.clear();
    if (error) return;
    const templates = modeler.get('elementTemplates');
    for (const { businessObject } of modeler.get('elementRegistry').filter(({ labelTarget }) => !labelTarget)) {
      const id = templateOf(businessObject);
      if (!id || businessObject.get(TEMPLATE) || !templates.get(id)) continue;
      businessObject.set(TEMPLATE, id);
      linked.add(businessObject);
    }
  });

  return {
    /** The file as it is to be kept. */
    async toXml() {
      const links = [...linked].map((each) => [each, each.get(TEMPLATE)]).filter(([, id]) => id);
      for (const [each] of links) each.set(TEMPLATE, undefined);
      try {
        return (await modeler.saveXML({ format: true })).xml;
      } finally {
        for (const [each, id] of links) each.set(TEMPLATE, id);
      }
    },
  };
}

function templateOf(element) {
  const is = (type) => element.$type === `bpmn:${type}`;
  const waitsFor = (type) => element.eventDefinitions?.[0]?.$type === `bpmn:${type}EventDefinition`;
  if (is('UserTask')) {
    if (property(element, 'unit')?.startsWith('${')) return 'maplebridge.unit_task';
    return { decide: 'maplebridge.decision', mediate: 'maplebridge.mediation' }[property(element, 'why')] ?? 'maplebridge.tier_task';
  }
  if (is('ServiceTask') && element.get('camunda:topic')) return `maplebridge.service.${element.get('camunda:topic')}`;
  if (is('CallActivity')) return element.calledElement === 'p_joint' ? 'maplebridge.joint' : 'maplebridge.call';
  if (is('BusinessRuleTask')) return 'maplebridge.decision_table';
  if (is('BoundaryEvent') && waitsFor('Timer')) return `maplebridge.${element.cancelActivity ? 'deadline' : 'reminder'}`;
  if (is('IntermediateCatchEvent') && waitsFor('Message')) return 'maplebridge.wait_for_message';
  return null;
}

function property(element, name) {
  const properties = element.extensionElements?.values?.find(({ $type }) => $type === 'camunda:Properties');
  return properties?.values?.find((each) => each.name === name)?.value;
}
