// Saves the chosen part of a form while it is filled in, and shows at once what handlers will see and what the check says.
// Without this the button saves and the page is drawn anew.
import { follow } from './hide.js';
import { renewToken } from './token.js';

const PAUSE_MS = 600;
const AGAIN_MS = 5000;
const form = document.querySelector('form[data-part]');

if (form) {
  const said = form.querySelector('[role="status"]');
  let timer = 0;
  let dirty = false;
  let refused = false;
  let signedOut = false;
  let sending = Promise.resolve();

  const tell = (what) => {
    said.textContent = said.dataset[what] ?? '';
  };
  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(() => (sending = sending.then(save).then(draw)), wait);
  };
  form.addEventListener('input', () => {
    dirty = true;
    refused = false;
    tell('waiting');
    later(PAUSE_MS);
  });
  form.addEventListener('submit', () => {
    clearTimeout(timer);
    dirty = false;
  });
  addEventListener('beforeunload', (event) => dirty && event.preventDefault());

  // Whoever goes on before the pause is over takes along what was typed.
  document.addEventListener(
    'click',
    async (event) => {
      const target = event.target.closest('a[href], button');
      if (!dirty || refused || !target || form.contains(target)) return;
      event.preventDefault();
      event.stopPropagation();
      clearTimeout(timer);
      const page = await sending.then(save);
      if (dirty) draw(page);
      else target.click();
    },
    true,
  );

  async function save() {
    dirty = false;
    if (signedOut) await renewToken();
    const answer = await fetch(form.action, { method: 'POST', body: new FormData(form) }).catch(() => null);
    const page = answer && new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (!page?.querySelector('[data-live]')) {
      dirty = true;
      tell(answer ? 'out' : 'lost');
      signedOut = Boolean(answer);
      later(AGAIN_MS);
      return null;
    }
    signedOut = false;
    const { value } = page.querySelector('input[name="seen"]');
    if (answer.ok) for (const seen of document.querySelectorAll('input[name="seen"]')) seen.value = value;
    refused = !answer.ok;
    dirty ||= refused;
    if (refused) tell('');
    else if (!dirty) tell('saved');
    return page;
  }

  function draw(page) {
    if (!page) return;
    for (const place of document.querySelectorAll('[data-live]')) {
      place.replaceChildren(...page.querySelector(`[data-live="${place.dataset.live}"]`).childNodes);
    }
    const preview = document.querySelector('.preview');
    if (preview) follow(preview);
  }
}
