// The editor of decision tables: like the one of diagrams (../editor/index.js), with dmn-js in its middle and a tab for
// each decision of the file. What it needs stands in data attributes of the page (templates/design/tables.html).
import Modeler from 'dmn-js/lib/Modeler';
import 'dmn-js/dist/assets/diagram-js.css';
import 'dmn-js/dist/assets/dmn-js-shared.css';
import 'dmn-js/dist/assets/dmn-js-drd.css';
import 'dmn-js/dist/assets/dmn-js-decision-table.css';
import 'dmn-js/dist/assets/dmn-js-decision-table-controls.css';
import 'dmn-js/dist/assets/dmn-js-literal-expression.css';
import 'dmn-js/dist/assets/dmn-js-boxed-expression.css';
import 'dmn-js/dist/assets/dmn-js-boxed-expression-controls.css';
import 'dmn-js/dist/assets/dmn-font/css/dmn.css';
import '../editor/editor.css';
import './tables.css';
import { keepSaved } from '../editor/autosave.js';
import { watchFindings } from '../editor/findings.js';
import { start } from '../editor/start.js';
import { sayer } from '../editor/words.js';
import { tableDrawing } from './drawing.js';
import { makeReachable } from './tabs.js';
import zh_CN from './words/zh_CN.json';

const TYPES = ['string', 'integer', 'number', 'boolean'];

async function edit(element) {
  const { files, locale } = element.dataset;
  const answer = await fetch(files);
  if (!answer.ok) throw new Error(`${files} answered ${answer.status}`);
  const { say, unsaid, module } = sayer(locale, TYPES, { zh_CN });
  const modeler = new Modeler({
    container: element.querySelector('.modeler-canvas'),
    common: { dataTypes: TYPES },
    drd: { additionalModules: [module] },
    decisionTable: { additionalModules: [module] },
    literalExpression: { additionalModules: [module] },
    boxedExpression: { additionalModules: [module] },
  });
  const drawing = tableDrawing(modeler);
  const saved = keepSaved(element, drawing, { say, revision: Number(answer.headers.get('ETag').replace(/\D/g, '')) });
  await saved.open(await answer.text());
  const findings = watchFindings(element, drawing, { say });
  makeReachable(element, modeler, { say, findings });
  element.editor = { modeler, unsaid };
  element.dataset.ready = 'true';
}

start(edit);
