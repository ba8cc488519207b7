// Draws a diagram into every <div class="diagram" data-src="…"> and marks where the case stands.
//
//   data-src       address of the BPMN 2.0 XML
//   data-states    optional JSON {"element id": "done" | "active" | "overdue" | "waiting" | "added" | "removed" | "changed" | "moved" | "tested" | "untested"} (or a list of these words)
//   data-counts    optional JSON {"element or flow id": how often}, written on them
//   data-chart     instead of it: {"states": as above, "limits": {"element id": {"text": "today 18:00", "late": false}}}
//   data-stops     selector of a list whose items (data-element="id") say who and when: a tap on the element opens it
//   data-error     optional sentence shown when the diagram cannot be drawn
//   aria-label     spoken name of the diagram
//
// A tap on something drawn is told as an event "element" with its id; an event "states" with new states marks anew.
// When drawn the element carries data-drawn="true", a failed one data-drawn="false". The states become classes
// (`diagram-done` …) whose colours a page may change through custom properties. The bpmn.io mark in the lower right
// corner belongs to the licence of bpmn-js: keep it visible and uncovered.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import './viewer.css';

const STATES = new Set(['done', 'active', 'overdue', 'waiting', 'added', 'removed', 'changed', 'moved', 'tested', 'untested']);

/** Draws one element and gives its viewer; a failure is shown in the element and thrown. */
export async function draw(element) {
  element.classList.add('diagram');
  element.setAttribute('aria-busy', 'true');
  const viewer = new NavigatedViewer({ container: element });
  try {
    await viewer.importXML(await read(element.dataset.src));
    const chart = JSON.parse(element.dataset.chart || '{}');
    mark(viewer, chart.states ?? JSON.parse(element.dataset.states || '{}'));
    badge(viewer, chart.limits ?? {});
    count(viewer, JSON.parse(element.dataset.counts || '{}'));
    tellAndListen(viewer, element);
    const stops = element.dataset.stops && document.querySelector(element.dataset.stops);
    if (stops) openStops(viewer, stops);
    fit(viewer, element);
    makeReachable(viewer, element);
    element.dataset.drawn = 'true';
    return viewer;
  } catch (error) {
    viewer.destroy();
    element.dataset.drawn = 'false';
    const notice = document.createElement('p');
    notice.setAttribute('role', 'alert');
    notice.textContent = element.dataset.error ?? 'The diagram cannot be drawn.';
    element.append(notice);
    throw error;
  } finally {
    element.removeAttribute('aria-busy');
  }
}

async function read(address) {
  const response = await fetch(address, { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return response.text();
}

/** Elements the diagram does not draw (a collapsed subprocess hides its content) are passed over. */
function mark(viewer, states) {
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  for (const [id, words] of Object.entries(states)) {
    if (!registry.get(id)) continue;
    for (const word of [words].flat()) {
      if (STATES.has(word)) canvas.addMarker(id, `diagram-${word}`);
    }
  }
}

/** Writes the time limits that run beside their timers. */
function badge(viewer, limits) {
  const overlays = viewer.get('overlays');
  const registry = viewer.get('elementRegistry');
  for (const [id, { text, late }] of Object.entries(limits)) {
    if (!registry.get(id)) continue;
    const made = document.createElement('span');
    made.className = late ? 'diagram-limit late' : 'diagram-limit';
    made.textContent = text;
    overlays.add(id, 'limit', { position: { bottom: -4, left: 20 }, html: made });
  }
}

/** Writes how often: on the upper right corner of an element, in the middle of a flow. */
function count(viewer, counts) {
  const overlays = viewer.get('overlays');
  const registry = viewer.get('elementRegistry');
  for (const [id, times] of Object.entries(counts)) {
    const drawn = registry.get(id);
    if (!drawn) continue;
    const made = document.createElement('span');
    made.className = times ? 'diagram-count' : 'diagram-count none';
    made.textContent = times;
    overlays.add(id, 'count', { position: drawn.waypoints ? middle(drawn.waypoints) : { top: -10, right: 12 }, html: made });
  }
}

/** The middle of the longest stretch of a line, as overlays want it: from the corner of its box. */
function middle(points) {
  const stretches = points.slice(1).map((to, place) => [points[place], to]);
  const length = ([from, to]) => Math.hypot(to.x - from.x, to.y - from.y);
  const [from, to] = stretches.reduce((best, each) => (length(each) > length(best) ? each : best));
  const corner = (axis) => Math.min(...points.map((point) => point[axis]));
  return { left: (from.x + to.x) / 2 - corner('x') - 7, top: (from.y + to.y) / 2 - corner('y') - 8 };
}

function tellAndListen(viewer, element) {
  const canvas = viewer.get('canvas');
  viewer.get('eventBus').on('element.click', ({ element: { id } }) => {
    element.dispatchEvent(new CustomEvent('element', { detail: id.replace(/_label$/, ''), bubbles: true }));
  });
  element.addEventListener('states', ({ detail }) => {
    for (const drawn of viewer.get('elementRegistry').getAll()) {
      for (const word of STATES) if (canvas.hasMarker(drawn, `diagram-${word}`)) canvas.removeMarker(drawn, `diagram-${word}`);
    }
    mark(viewer, detail);
    const here = element.querySelector('.diagram-active');
    if (here) canvas.scrollToElement(here.dataset.elementId, 80);
  });
}

/** A tap on an element that the list tells about shows what it says in the dialog beside the list. */
function openStops(viewer, stops) {
  const dialog = stops.closest('section')?.querySelector('dialog');
  if (!dialog) return;
  const canvas = viewer.get('canvas');
  for (const item of stops.querySelectorAll('[data-element]')) {
    if (viewer.get('elementRegistry').get(item.dataset.element)) canvas.addMarker(item.dataset.element, 'diagram-tappable');
  }
  viewer.get('eventBus').on('element.click', ({ element }) => {
    const item = stops.querySelector(`[data-element="${CSS.escape(element.id.replace(/_label$/, ''))}"]`);
    if (!item) return;
    dialog.querySelector('div').replaceChildren(...[...item.childNodes].map((node) => node.cloneNode(true)));
    dialog.showModal();
  });
}

/** Shows the whole diagram where it can be read so; else life-size where the case stands. Never larger than life. */
function fit(viewer, element) {
  const canvas = viewer.get('canvas');
  canvas.zoom('fit-viewport', 'auto');
  if (canvas.zoom() > 1) canvas.zoom(1, 'auto');
  const here = element?.querySelector('.diagram-overdue, .diagram-active');
  if (!here || canvas.zoom() >= READABLE) return;
  const { x, y, width, height } = viewer.get('elementRegistry').get(here.dataset.elementId);
  canvas.zoom(READABLE, { x: 0, y: 0 });
  const { outer } = canvas.viewbox();
  const [wide, high] = [outer.width / READABLE, outer.height / READABLE];
  canvas.viewbox({ x: x + width / 2 - wide / 2, y: y + height / 2 - high / 2, width: wide, height: high });
}

const READABLE = 0.7;

/** Arrow keys move the diagram, + and - zoom, 0 shows the whole of it, while the drawing has the focus. */
function makeReachable(viewer, element) {
  const canvas = viewer.get('canvas');
  element.setAttribute('role', 'group');
  const drawing = element.querySelector('svg[tabindex]') ?? element;
  drawing.setAttribute('tabindex', '0');
  if (element.hasAttribute('aria-label')) drawing.setAttribute('aria-label', element.getAttribute('aria-label'));
  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = KEYS[event.key];
    if (!act || event.target.closest('a')) return;
    event.preventDefault();
    act(canvas, viewer);
  });
  new ResizeObserver(() => canvas.resized()).observe(element);
}

const STEP = 60;
const KEYS = {
  ArrowLeft: (canvas) => canvas.scroll({ dx: STEP, dy: 0 }),
  ArrowRight: (canvas) => canvas.scroll({ dx: -STEP, dy: 0 }),
  ArrowUp: (canvas) => canvas.scroll({ dx: 0, dy: STEP }),
  ArrowDown: (canvas) => canvas.scroll({ dx: 0, dy: -STEP }),
  '+': (canvas) => canvas.zoom(Math.min(canvas.zoom() * 1.2, 4)),
  '=': (canvas) => canvas.zoom(Math.min(canvas.zoom() * 1.2, 4)),
  '-': (canvas) => canvas.zoom(Math.max(canvas.zoom() / 1.2, 0.2)),
  0: (_canvas, viewer) => fit(viewer),
};

for (const element of document.querySelectorAll('.diagram[data-src]:not([data-drawn])')) {
  draw(element).catch((error) => console.error(error));
}
