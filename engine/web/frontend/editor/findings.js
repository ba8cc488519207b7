// What the engine's own check says of the proposal with this diagram as it stands: pinned on the elements and listed.
const PAUSE_MS = 350;

export function watchFindings(element, modeler, { say, links }) {
  const { findings: address, path } = element.dataset;
  const list = element.querySelector('[data-findings]');
  const count = element.querySelector('[data-count]');
  const token = document.querySelector('input[name="csrf_token"]').value;
  const overlays = modeler.get('overlays');
  const registry = modeler.get('elementRegistry');
  let timer = 0;
  let asked = 0;
  let at = -1;

  async function check() {
    const mine = (asked += 1);
    const answer = await fetch(address, {
      method: 'POST',
      body: await links.toXml(),
      headers: { 'Content-Type': 'application/xml', 'X-CSRFToken': token, Accept: 'application/json' },
    }).catch(() => null);
    if (mine !== asked) return;
    if (!answer?.ok) {
      count.textContent = say('Not checked: no answer.');
      return;
    }
    show((await answer.json()).findings);
  }

  function show(findings) {
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    count.dataset.kind = errors ? 'error' : findings.length ? 'warning' : 'none';
    count.textContent = findings.length
      ? say('Errors: {errors}, warnings: {warnings}', { errors, warnings: findings.length - errors })
      : say('No findings');
    list.replaceChildren(...findings.map(item));
    at = -1;
    overlays.remove({ type: 'finding' });
    const pinned = grouped(findings.filter(here));
    for (const [id, told] of pinned) pin(id, told);
    element.dataset.checked = asked;
  }

  const here = (finding) => finding.file === path && registry.get(finding.element);

  function item(finding) {
    const line = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.kind = finding.severity;
    button.dataset.element = here(finding) ? finding.element : '';
    const where = finding.file === path ? finding.element : finding.file;
    for (const [tag, text] of [
      ['strong', finding.rule],
      ['span', finding.message],
      ['span', finding.hint],
      ['code', where],
    ]) {
      if (text) button.append(Object.assign(document.createElement(tag), { textContent: text }));
    }
    button.addEventListener('click', () => reveal(finding));
    line.append(button);
    return line;
  }

  function reveal(finding) {
    const found = here(finding);
    if (!found) return;
    const canvas = modeler.get('canvas');
    const root = canvas.findRoot(found);
    if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
    canvas.scrollToElement(found, { top: 80, bottom: 80, left: 80, right: 80 });
    modeler.get('selection').select(found);
  }

  function pin(id, told) {
    const mark = document.createElement('button');
    mark.type = 'button';
    mark.tabIndex = -1; // the list is the way for the keyboard
    mark.className = 'finding-mark';
    mark.dataset.kind = told.some(({ severity }) => severity === 'error') ? 'error' : 'warning';
    mark.textContent = told.length;
    mark.title = told.map(({ rule, message, hint }) => [rule, message, hint].filter(Boolean).join('\n')).join('\n\n');
    mark.addEventListener('click', () => {
      reveal(told[0]);
      const entry = list.querySelector(`[data-element="${CSS.escape(id)}"]`);
      entry.scrollIntoView({ block: 'nearest' });
      entry.focus({ preventScroll: true });
    });
    overlays.add(id, 'finding', { position: { top: -14, left: -14 }, html: mark });
  }

  /** The next (1) or previous (-1) of the list, around its ends. */
  function go(step) {
    const entries = [...list.querySelectorAll('button')];
    if (!entries.length) return;
    at = (at + step + entries.length + (at < 0 && step < 0 ? 1 : 0)) % entries.length;
    entries[at].focus();
    entries[at].click();
  }

  modeler.on('commandStack.changed', () => {
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE_MS);
  });
  modeler.on('import.done', () => check());
  check();
  return { go };
}

function grouped(findings) {
  const groups = new Map();
  for (const each of findings) groups.set(each.element, [...(groups.get(each.element) ?? []), each]);
  return groups;
}
