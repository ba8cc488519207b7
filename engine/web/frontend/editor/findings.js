// What the engine's own check says of the proposal with this file as it stands: marked on the drawing and listed.
import { token } from '../../static/js/token.js';

const PAUSE_MS = 350;

/**
 * `drawing` is what is drawn on: {toXml(), onChange(told), onOpen(told), mark(findings, xml, lead)}. `mark` gives for each
 * finding that stands on the drawing a function that shows the place; `lead(finding)` goes to its line in the list.
 */
export function watchFindings(element, drawing, { say }) {
  const { findings: address, path } = element.dataset;
  const list = element.querySelector('[data-findings]');
  const count = element.querySelector('[data-count]');
  let timer = 0;
  let asked = 0;
  let at = -1;

  async function check() {
    const mine = (asked += 1);
    const xml = await drawing.toXml();
    const answer = await fetch(address, {
      method: 'POST',
      body: xml,
      headers: { 'Content-Type': 'application/xml', 'X-CSRFToken': token(), Accept: 'application/json' },
    }).catch(() => null);
    if (mine !== asked) return;
    if (!answer?.ok) {
      count.textContent = say('Not checked: no answer.');
      return;
    }
    show((await answer.json()).findings, xml);
  }

  function show(findings, xml) {
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    count.dataset.kind = errors ? 'error' : findings.length ? 'warning' : 'none';
    count.textContent = findings.length
      ? say('Errors: {errors}, warnings: {warnings}', { errors, warnings: findings.length - errors })
      : say('No findings');
    const entries = new Map(findings.map((finding) => [finding, entry(finding)]));
    const places = drawing.mark(findings.filter(({ file }) => file === path), xml, (finding) => {
      entries.get(finding).scrollIntoView({ block: 'nearest' });
      entries.get(finding).focus({ preventScroll: true });
    });
    for (const [finding, button] of entries) button.addEventListener('click', () => places.get(finding)?.());
    list.replaceChildren(
      ...[...entries.values()].map((button) => {
        const line = document.createElement('li');
        line.append(button);
        return line;
      }),
    );
    at = -1;
    element.dataset.checked = asked;
  }

  function entry(finding) {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.kind = finding.severity;
    for (const [tag, text] of [
      ['strong', finding.rule],
      ['span', finding.message],
      ['span', finding.hint],
      ['code', finding.file === path ? finding.element : finding.file],
    ]) {
      if (text) button.append(Object.assign(document.createElement(tag), { textContent: text }));
    }
    return button;
  }

  /** The next (1) or previous (-1) of the list, around its ends. */
  function go(step) {
    const entries = [...list.querySelectorAll('button')];
    if (!entries.length) return;
    at = (at + step + entries.length + (at < 0 && step < 0 ? 1 : 0)) % entries.length;
    entries[at].focus();
    entries[at].click();
  }

  drawing.onChange(() => {
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE_MS);
  });
  drawing.onOpen(check);
  check();
  return { go };
}
