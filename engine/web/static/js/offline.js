// On every page of somebody signed in: sends what waited as soon as there is a network, and says what waits.
import { forms, remember, send, whoIs } from './phone.js';

const note = document.querySelector('#offline');
const me = Number(note.dataset.person);
const token = () => document.querySelector('input[name="csrf_token"]').value;
const AGAIN_MS = 20_000;
let sending = false;
let last = 'sent';
let sent = 0;

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
  last = 'sent';
  let stale = false;
  for (const form of await mine()) {
    if (form.refused) continue;
    last = await send(form, token());
    if (last === 'waiting' || last === 'signed out') break;
    sent += last === 'sent' ? 1 : 0;
    stale ||= Boolean(lineOf(form));
  }
  sending = false;
  if (stale) return location.reload(); // the list shows what is done now
  if (last === 'waiting') setTimeout(flush, AGAIN_MS); // a phone often thinks it has a network where there is none
  dispatchEvent(new Event('waiting')); // the page of what waits looks again
  await tell();
}

const mine = async () => (await forms()).filter((form) => form.person === me);

/** The line of the work list about the task whose form this is. */
const lineOf = ({ address }) => document.querySelector(`a.item[href="${address.replace('/completion', '')}"] .where`);

async function tell() {
  const forms = await mine();
  for (const form of forms) mark(lineOf(form));
  const signedOut = last === 'signed out';
  const sentence = signedOut ? note.dataset.signedOut : sentenceOf(forms);
  const [see, signIn] = note.querySelectorAll('a');
  note.querySelector('span').textContent = sentence.replace('%s', forms.length || sent);
  see.hidden = signedOut || !forms.length;
  signIn.hidden = !signedOut;
  note.hidden = !sentence;
}

function sentenceOf(forms) {
  const words = note.dataset;
  if (forms.some((form) => !form.refused && document.querySelector(`form[action="${form.address}"]`))) return words.here;
  if (!navigator.onLine || last === 'waiting') return words.without;
  return forms.length ? words.waits : sent ? words.sent : '';
}

function mark(line) {
  if (!line || line.querySelector('.to-send')) return;
  line.append(Object.assign(document.createElement('span'), { className: 'chip to-send', textContent: note.dataset.chip }));
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
