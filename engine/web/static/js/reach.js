// A form of somebody without a sign-in leaves its page only while the server can be reached: sent into a dead network, it
// would be gone with its page, words, photos and all. Nothing is kept on the phone; the page says so, and keeps everything.
const note = document.querySelector('#unsent');
const WITHIN_MS = 10_000;
const reached = new WeakSet();
let asking = false;

for (const form of document.querySelectorAll('main form[method="post"]')) {
  form.addEventListener('submit', ask, { capture: true }); // before once.js counts it
}

async function ask(event) {
  const { currentTarget: form, submitter } = event;
  if (reached.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (asking) return;
  asking = true;
  note.hidden = true;
  submitter?.setAttribute('aria-disabled', 'true');
  const there = navigator.onLine && (await answers());
  submitter?.removeAttribute('aria-disabled');
  asking = false;
  if (!there) return tell(form);
  reached.add(form);
  form.requestSubmit(submitter);
}

/** Whatever it answers: a phone often thinks it has a network where there is none. */
const answers = () =>
  fetch(note.dataset.ask, { cache: 'no-store', signal: AbortSignal.timeout(WITHIN_MS) }).then(() => true, () => false);

function tell(form) {
  (form.querySelector('.send') ?? form).before(note);
  note.hidden = false;
  note.scrollIntoView({ block: 'nearest' });
}
