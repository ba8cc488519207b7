// Token simulation: <div class="simulation" data-src="…" data-locale="…"> shows a diagram through which tokens run as the
// viewer likes. It knows neither conditions nor answers: for play, and to explain a diagram to people.
//
// When ready the element carries data-ready="true". The library says its words without `translate`, and its buttons
// cannot be reached by keyboard: both are mended here, on everything it puts into the element.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import SimulationModule from 'bpmn-js-token-simulation/lib/viewer';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import 'bpmn-js/dist/assets/bpmn-font/css/bpmn.css';
import 'bpmn-js-token-simulation/assets/css/bpmn-js-token-simulation.css';
import './simulation.css';
import zh_CN from './words/zh_CN.json';

const DICTIONARIES = { zh_CN };
const BUTTONS = '.bts-toggle-mode, .bts-palette .bts-entry, .bts-context-pad, .bts-set-animation-speed [data-speed], .bts-scopes .bts-scope';

async function simulate(element) {
  const { src, locale } = element.dataset;
  const answer = await fetch(src, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`${src} answered ${answer.status}`);
  const mend = mender(DICTIONARIES[locale]);
  const seen = new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === 'childList') addedNodes.forEach(mend);
      else mend(target);
    }
  });
  seen.observe(element, { childList: true, subtree: true, attributeFilter: ['title'] });
  const viewer = new NavigatedViewer({ container: element, additionalModules: [SimulationModule] });
  await viewer.importXML(await answer.text());
  show(viewer);
  viewer.get('toggleMode').toggleMode(true);
  viewer.get('log').toggle(false);
  element.addEventListener('keydown', (event) => {
    if (!['Enter', ' '].includes(event.key) || !event.target.matches(`:is(${BUTTONS}):not(button)`)) return;
    event.preventDefault();
    event.target.click();
  });
  new ResizeObserver(() => viewer.get('canvas').resized()).observe(element);
  element.dataset.ready = 'true';
}

/** The whole diagram where its buttons can be used at that size; else its upper left, where it starts. */
function show(viewer) {
  const canvas = viewer.get('canvas');
  canvas.zoom('fit-viewport', 'auto');
  if (canvas.zoom() >= SMALLEST) return;
  const { x, y } = canvas.viewbox().inner;
  const { outer } = canvas.viewbox();
  canvas.viewbox({ x: x - 20, y: y - 20, width: outer.width / SMALLEST, height: outer.height / SMALLEST });
}

const SMALLEST = 0.55; // the library hides its buttons below a half

/** Puts words into the reader's language and makes buttons buttons; what the dictionary lacks stays (names, numbers). */
function mender(dictionary) {
  const patterns = Object.entries(dictionary ?? {}).map(([text, said]) => {
    const names = [...text.matchAll(/{(\w+)}/g)].map(([, name]) => name);
    const source = text.replace(/[.*+?^$()|[\]\\/]/g, '\\$&').replace(/{\w+}/g, '(.+)');
    return { pattern: new RegExp(`^\\s*${source}\\s*$`), names, said };
  });
  function say(text) {
    for (const { pattern, names, said } of patterns) {
      const found = text.match(pattern);
      if (found) return names.reduce((all, name, place) => all.replace(`{${name}}`, say(found[place + 1])), said);
    }
    return text;
  }
  return function mend(node) {
    if (node.nodeType === Node.TEXT_NODE) return void put(node, 'data', say(node.data));
    if (node.nodeType !== Node.ELEMENT_NODE || node.closest('.djs-container .layer-root-0, .djs-element')) return;
    for (const each of [node, ...node.querySelectorAll('*')]) {
      if (each.title) put(each, 'title', say(each.title));
      if (each.matches(BUTTONS) && !each.hasAttribute('tabindex')) {
        if (each.tagName !== 'BUTTON') each.setAttribute('role', 'button');
        each.setAttribute('tabindex', '0');
        if (each.title && !each.textContent.trim()) each.setAttribute('aria-label', each.title);
      }
      for (const text of each.childNodes) if (text.nodeType === Node.TEXT_NODE) put(text, 'data', say(text.data));
    }
  };
}

/** Only what changes, or the observer would see its own work for ever. */
function put(node, key, value) {
  if (node[key] !== value) node[key] = value;
}

for (const element of document.querySelectorAll('.simulation[data-src]')) {
  simulate(element).catch((error) => {
    element.dataset.ready = 'false';
    const notice = document.createElement('p');
    notice.setAttribute('role', 'alert');
    notice.textContent = element.dataset.error;
    element.prepend(notice);
    console.error(error);
  });
}
