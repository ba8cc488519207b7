// The page of what waits: each form with what became of it, and what can be done. Works from the store alone.
import { drop, forms, send, whoIs } from './phone.js';

const page = document.querySelector('[data-waiting]');
const list = page.querySelector('.waiting');
const words = page.dataset;
const WRITTEN = /[^\x21-\x7e]/; // words of a person; what was chosen from a list is a code
const LONGEST_SHOWN = 400;

const asked = location.pathname !== '/offline' ? words.notHere : location.search === '?undone' ? words.undone : ''; // shown in its place
if (asked) sayInstead();
if (!document.querySelector('#offline')) setInterval(lookAgain, 4000); // the copy that was made for times without a network
addEventListener('offline', show);
addEventListener('online', show);
addEventListener('waiting', show);
show();

async function lookAgain() {
  if (!navigator.onLine) return;
  const answer = await fetch('/offline', { method: 'HEAD', cache: 'no-store' }).catch(() => null);
  if (answer?.ok) location.reload();
}

async function show() {
  const all = await forms();
  const me = (await whoIs())?.person;
  const mine = all.filter((form) => form.person === me);
  page.querySelector('[data-without]').classList.toggle('away', navigator.onLine);
  page.querySelector('[data-within]').classList.toggle('away', !navigator.onLine);
  page.querySelector('[data-nothing]').hidden = all.length > 0 || asked;
  list.replaceChildren(...mine.map(row));
  if (mine.length < all.length) list.append(made('li', { className: 'hint', textContent: words.others }));
}

function sayInstead() {
  const [said, back] = page.querySelectorAll('[data-asked], [data-back]');
  page.querySelector('h1').textContent = words.noNetwork;
  page.querySelector('.either').hidden = true;
  said.textContent = asked;
  said.hidden = back.hidden = false;
  back.addEventListener('click', () => history.back());
}

function row(form) {
  const told = form.refused;
  const item = made('li', { className: told ? 'refused' : '' });
  const files = form.fields.filter(([, value]) => value instanceof File && value.size).length;
  item.append(
    made('strong', { textContent: form.title || form.address }),
    made('span', { className: 'hint', textContent: [new Date(form.at).toLocaleString(document.documentElement.lang), files ? words.files.replace('%s', files) : ''].filter(Boolean).join(' · ') }),
  );
  if (told) item.append(made('p', { className: 'wrong', textContent: words.sentenceRefused.replace('%s', told.sentence ?? '') }));
  if (told?.kept) item.append(made('p', { className: 'hint', textContent: words.noteKept }));
  const texts = form.fields.map(([, value]) => value).filter((value) => typeof value === 'string' && WRITTEN.test(value));
  if (texts.length) item.append(made('p', { className: 'written', textContent: texts.join('\n').slice(0, LONGEST_SHOWN) }));
  item.append(acts(form, told));
  return item;
}

function acts(form, told) {
  const line = made('p', { className: 'acts' });
  const token = document.querySelector('#offline') && document.querySelector('input[name="csrf_token"]').value;
  if (told?.case) line.append(made('a', { className: 'button', href: told.case, textContent: words.see }));
  if (navigator.onLine && token && !told) {
    const button = made('button', { type: 'button', className: 'main', textContent: words.send });
    button.addEventListener('click', () => send(form, token).then(show));
    line.append(button);
  }
  const button = made('button', { type: 'button', className: 'quiet', textContent: told?.kept ? words.read : words.drop });
  button.addEventListener('click', () => (told?.kept || confirm(words.really)) && drop(form.id).then(show));
  line.append(button);
  return line;
}

const made = (name, values) => Object.assign(document.createElement(name), values);
