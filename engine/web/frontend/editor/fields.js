// Fields for what element templates cannot bind: conditions, time limits, messages, repetition, scripts. Every other
// group of the panel that would write what the engine does not execute is left out.
import {
  CheckboxEntry,
  Group,
  SelectEntry,
  TextAreaEntry,
  TextFieldEntry,
  isCheckboxEntryEdited,
  isSelectEntryEdited,
  isTextAreaEntryEdited,
  isTextFieldEntryEdited,
} from '@bpmn-io/properties-panel';
import { h } from '@bpmn-io/properties-panel/preact';
import { useService } from 'bpmn-js-properties-panel';

const KEPT = new Set(['general', 'documentation', 'error', 'escalation', 'signal', 'link']);
const TEMPLATE_FIELDS = 'ElementTemplates__CustomProperties';
const AFTER_TEMPLATES = 100;
const KINDS = {
  text: [TextFieldEntry, isTextFieldEntryEdited],
  lines: [TextAreaEntry, isTextAreaEntryEdited],
  choice: [SelectEntry, isSelectEntryEdited],
  switch: [CheckboxEntry, isCheckboxEntryEdited],
};

class Fields {
  constructor(propertiesPanel, injector) {
    this._injector = injector;
    propertiesPanel.registerProvider(AFTER_TEMPLATES, this);
  }

  getGroups(element) {
    const translate = this._injector.get('translate');
    const translated = (group) => ({ ...group, translate, entries: group.entries?.map((entry) => ({ ...entry, translate })) });
    return (groups) => [
      ...groups
        .filter(({ id }) => KEPT.has(id) || id.startsWith('ElementTemplates__'))
        .map((group) => ({
          ...group,
          entries: group.entries?.filter(({ id }) => !/(error|escalation)\w*Variable$/i.test(id)), // no effect here
          shouldOpen: group.shouldOpen || group.id.startsWith(TEMPLATE_FIELDS),
        })),
      ...[condition, timeLimit, message, repetition, script].map((make) => make(element, this._injector)).filter(Boolean),
    ].map(translated);
  }
}
Fields.$inject = ['propertiesPanel', 'injector'];

export const fieldsModule = { __init__: ['maplebridgeFields'], maplebridgeFields: ['type', Fields] };

function condition(element, injector) {
  const flow = element.businessObject;
  if (flow.$type !== 'bpmn:SequenceFlow' || !/Gateway$|Task$|Activity$|SubProcess$/.test(flow.sourceRef?.$type)) return null;
  const modeling = injector.get('modeling');
  return group('condition', 'Condition', injector, [
    {
      kind: 'switch',
      name: 'default',
      label: 'Taken when nothing else fits',
      get: () => flow.sourceRef.default === flow,
      set: (on) => modeling.updateProperties(element.source, { default: on ? flow : undefined }),
    },
    {
      kind: 'lines',
      name: 'expression',
      label: 'Only when',
      hint: 'Such as {example}',
      values: { example: '${outcome == "up" and not top}' },
      get: () => flow.conditionExpression?.body ?? '',
      set: (text) => modeling.updateProperties(element, { conditionExpression: expression(injector, text) }),
    },
  ]);
}

const DUE = /^\$\{\s*due\(\s*["'](\w+)["']\s*(,\s*tier\s*)?\)\s*\}$/;

function timeLimit(element, injector) {
  const timer = definition(element, 'Timer');
  if (!timer) return null;
  const { steps } = injector.get('config.maplebridge');
  const said = (timer.timeDuration ?? timer.timeDate ?? timer.timeCycle)?.body ?? '';
  const [, step = '', tiered = ''] = DUE.exec(said.trim()) ?? [];
  const write = (body) =>
    injector.get('modeling').updateModdleProperties(element, timer, {
      timeDuration: expression(injector, body, timer),
      timeDate: undefined,
      timeCycle: undefined,
    });
  const due = (word, perTier) => write(word ? `\${due("${word}"${perTier ? ', tier' : ''})}` : '');
  return group('timer', 'Time limit', injector, [
    {
      kind: 'choice',
      name: 'step',
      label: 'Step of the limits',
      options: { '': '', ...Object.fromEntries(Object.entries(steps).map(([key, long]) => [key, `${key} (${long})`])) },
      get: () => step,
      set: (word) => due(word, (steps[word] ?? '').includes(' ')),
    },
    {
      kind: 'switch',
      name: 'tier',
      label: 'Length depends on the tier',
      get: () => Boolean(tiered),
      set: (on) => due(step, on),
      off: !step,
    },
    {
      kind: 'text',
      name: 'expression',
      label: 'As an expression',
      get: () => said,
      set: write,
    },
  ]);
}

function message(element, injector) {
  const holder = element.businessObject.$type === 'bpmn:ReceiveTask' ? element.businessObject : definition(element, 'Message');
  if (!holder || element.businessObject.$type === 'bpmn:EndEvent') return null;
  const { messages } = injector.get('config.maplebridge');
  return group('message', 'Message', injector, [
    {
      kind: 'choice',
      name: 'message',
      label: 'Waits for',
      options: { '': '', ...messages },
      get: () => holder.messageRef?.name ?? '',
      set: (name) => {
        const definitions = injector.get('canvas').getRootElement().businessObject.$parent;
        let found = definitions.rootElements.find((each) => each.$type === 'bpmn:Message' && each.name === name);
        const changes = [];
        if (name && !found) {
          found = injector.get('bpmnFactory').create('bpmn:Message', { id: name, name });
          found.$parent = definitions;
          changes.push(update(element, definitions, { rootElements: [...definitions.rootElements, found] }));
        }
        changes.push(update(element, holder, { messageRef: name ? found : undefined }));
        injector.get('commandStack').execute('properties-panel.multi-command-executor', changes);
      },
    },
  ]);
}

function repetition(element, injector) {
  const loop = element.businessObject.loopCharacteristics;
  if (loop?.$type !== 'bpmn:MultiInstanceLoopCharacteristics') return null;
  const set = (properties) => injector.get('modeling').updateModdleProperties(element, loop, properties);
  return group('repetition', 'Once for each', injector, [
    {
      kind: 'text',
      name: 'collection',
      label: 'List',
      get: () => loop.get('camunda:collection') ?? '',
      set: (text) => set({ 'camunda:collection': text || undefined }),
    },
    {
      kind: 'text',
      name: 'variable',
      label: 'Variable for one of them',
      get: () => loop.get('camunda:elementVariable') ?? '',
      set: (text) => set({ 'camunda:elementVariable': text || undefined }),
    },
    {
      kind: 'text',
      name: 'enough',
      label: 'Enough when',
      get: () => loop.completionCondition?.body ?? '',
      set: (text) => set({ completionCondition: expression(injector, text, loop) }),
    },
  ]);
}

function script(element, injector) {
  const task = element.businessObject;
  if (task.$type !== 'bpmn:ScriptTask') return null;
  return group('script', 'Script', injector, [
    {
      kind: 'lines',
      name: 'script',
      label: 'Lines of name = expression',
      get: () => task.script ?? '',
      set: (text) => injector.get('modeling').updateProperties(element, { script: text || undefined }),
    },
  ]);
}

function group(id, label, injector, fields) {
  const entries = fields.map((field) => ({
    ...field,
    id: `maplebridge-${id}-${field.name}`,
    component: Field,
    isEdited: KINDS[field.kind][1],
  }));
  return { id: `maplebridge-${id}`, label: injector.get('translate')(label), component: Group, entries, shouldOpen: true };
}

/** One component for all, so that typing never loses the focus to a newly made one. */
function Field({ id, element, kind, label, hint, values, get, set, options, off }) {
  const translate = useService('translate');
  const debounce = useService('debounceInput');
  return h(KINDS[kind][0], {
    id,
    element,
    debounce,
    label: translate(label),
    description: hint && translate(hint, values),
    disabled: Boolean(off),
    monospace: kind === 'lines',
    translate,
    getValue: get,
    setValue: set,
    getOptions: () => Object.entries(options).map(([value, text]) => ({ value, label: text })),
  });
}

function definition(element, kind) {
  return element.businessObject.eventDefinitions?.find(({ $type }) => $type === `bpmn:${kind}EventDefinition`);
}

function expression(injector, body, parent) {
  if (!body) return undefined;
  const made = injector.get('bpmnFactory').create('bpmn:FormalExpression', { body });
  if (parent) made.$parent = parent;
  return made;
}

function update(element, moddleElement, properties) {
  return { cmd: 'element.updateModdleProperties', context: { element, moddleElement, properties } };
}
