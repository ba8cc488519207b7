// Saves the chosen part of a form while it is filled in, and shows at once what handlers will see and what the check says.
// Without this the button saves and the page is drawn anew.
import { follow } from './hide.js';

const PAUSE_MS = 600;
const form = document.querySelector('form[data-part]');

if (form) {
  const said = form.querySelector('[role="status"]');
  let timer = 0;
  let sending = Promise.resolve();

  const tell = (what) => {
    said.textContent = said.dataset[what] ?? '';
  };
  form.addEventListener('input', () => {
    tell('waiting');
    clearTimeout(timer);
    timer = setTimeout(() => (sending = sending.then(save)), PAUSE_MS);
  });
  form.addEventListener('submit', () => clearTimeout(timer));

  async function save() {
    const answer = await fetch(form.action, { method: 'POST', body: new FormData(form) }).catch(() => null);
    const page = answer && new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (!page?.querySelector('[data-live]')) return tell('lost');
    for (const place of document.querySelectorAll('[data-live]')) {
      place.replaceChildren(...page.querySelector(`[data-live="${place.dataset.live}"]`).childNodes);
    }
    const { value } = page.querySelector('input[name="seen"]');
    if (answer.ok) for (const seen of document.querySelectorAll('input[name="seen"]')) seen.value = value;
    const preview = document.querySelector('.preview');
    if (preview) follow(preview);
    tell(answer.ok ? 'saved' : '');
  }
}
