// The BPMN editor of a proposal: draws <div class="modeler"> of the page, saves while one works and shows what the
// engine's check says. What it needs stands in data attributes of that element (templates/design/diagram.html).
//
// When ready the element carries data-ready="true"; `element.editor` is {modeler, unsaid} for tests.
import Modeler from 'bpmn-js/lib/Modeler';
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule } from 'bpmn-js-properties-panel';
import { ElementTemplatesPropertiesProviderModule } from 'bpmn-js-element-templates';
import BehaviorsModule from 'camunda-bpmn-js-behaviors/lib/camunda-platform';
import MinimapModule from 'diagram-js-minimap';
import ColorPickerModule from 'bpmn-js-color-picker';
import camunda from 'camunda-bpmn-moddle/resources/camunda.json';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import 'bpmn-js/dist/assets/bpmn-font/css/bpmn.css';
import '@bpmn-io/properties-panel/assets/properties-panel.css';
import 'bpmn-js-element-templates/dist/assets/element-templates.css';
import 'diagram-js-minimap/assets/diagram-js-minimap.css';
import 'bpmn-js-color-picker/colors/color-picker.css';
import './editor.css';
import { keepSaved } from './autosave.js';
import { betweenDiagrams } from './clipboard.js';
import { bpmnDrawing } from './drawing.js';
import { watchFindings } from './findings.js';
import { fieldsModule } from './fields.js';
import { makeReachable } from './keys.js';
import { start } from './start.js';
import { sayer } from './words.js';

/** Opens the editor in `element`. */
async function edit(element) {
  const { files, templates, locale } = element.dataset;
  const [answer, known] = await Promise.all([fetch(files), fetch(templates).then((found) => found.json())]);
  const { say, unsaid, module } = sayer(locale, known);
  if (!answer.ok) throw new Error(`${files} answered ${answer.status}`);
  const modeler = new Modeler({
    container: element.querySelector('.modeler-canvas'),
    propertiesPanel: { parent: element.querySelector('.modeler-panel') },
    elementTemplates: known,
    maplebridge: { steps: JSON.parse(element.dataset.steps), messages: JSON.parse(element.dataset.messages) },
    additionalModules: [
      BpmnPropertiesPanelModule,
      BpmnPropertiesProviderModule,
      ElementTemplatesPropertiesProviderModule,
      BehaviorsModule,
      MinimapModule,
      ColorPickerModule,
      fieldsModule,
      module,
    ],
    moddleExtensions: { camunda },
  });
  const drawing = bpmnDrawing(modeler);
  const saved = keepSaved(element, drawing, { say, revision: Number(answer.headers.get('ETag').replace(/\D/g, '')) });
  await saved.open(await answer.text());
  betweenDiagrams(modeler);
  const findings = watchFindings(element, drawing, { say });
  makeReachable(element, modeler, { say, findings });
  element.editor = { modeler, unsaid };
  element.dataset.ready = 'true';
}

start(edit);
