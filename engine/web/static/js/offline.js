// On every page of somebody signed in: sends what waited as soon as there is a network, and says what waits.
import { forms, remember, send, whoIs } from './phone.js';

const note = document.querySelector('#offline');
const me = Number(note.dataset.person);
const token = () => document.querySelector('input[name="csrf_token"]').value;
const AGAIN_MS = 20_000;
let sending = false;
let reached = true;

if (isSecureContext && 'serviceWorker' in navigator) start();

async function start() {
  navigator.serviceWorker.register('/worker.js').catch(() => {});
  const before = (await whoIs())?.person ?? null;
  await remember({ person: me, language: document.documentElement.lang.startsWith('zh') ? 'zh_CN' : 'en' });
  if (before !== null && before !== me) await caches.delete('pages');
  addEventListener('online', flush);
  addEventListener('offline', tell);
  document.querySelector('form[data-leave]')?.addEventListener('submit', leave, { capture: true }); // before once.js counts it
  if (navigator.onLine) await flush();
  await tell();
}

async function flush() {
  if (sending) return;
  sending = true;
  reached = true;
  for (const form of await mine()) {
    if (form.refused) continue;
    reached = (await send(form, token())) !== 'waiting';
    if (!reached) break;
  }
  sending = false;
  if (!reached) setTimeout(flush, AGAIN_MS); // a phone often thinks it has a network where there is none
  dispatchEvent(new Event('waiting')); // the page of what waits looks again
  await tell();
}

const mine = async () => (await forms()).filter((form) => form.person === me);

async function tell() {
  const waits = (await mine()).length;
  const sentence = navigator.onLine && reached ? (waits ? note.dataset.waits : '') : note.dataset.without;
  note.querySelector('span').textContent = sentence.replace('%s', waits);
  note.querySelector('a').hidden = !waits;
  note.hidden = !sentence;
}

/** Nothing of one person stays behind for the next: unsent forms are dealt with first. */
async function leave(event) {
  const form = event.currentTarget;
  if (form.dataset.checked) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if ((await mine()).length) return location.assign('/offline');
  await caches.delete('pages');
  form.dataset.checked = 'true';
  form.requestSubmit();
}
