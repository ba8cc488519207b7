// Keeps what is typed on the server: a moment after the last key, and when the page is left or put away.
// Files are not part of it (they are sent by themselves); a form that has been sent keeps nothing more.
const AFTER_MS = 1200;
const AGAIN_MS = 8000;

for (const form of document.querySelectorAll('form[data-draft]')) keep(form);

function keep(form) {
  const said = form.querySelector('.draft-said');
  const seen = form.elements.namedItem('draft_seen');
  form.querySelector('.keep-draft')?.setAttribute('hidden', '');
  let timer = 0;
  let dirty = false;
  let sending = false;

  form.addEventListener('input', () => {
    dirty = true;
    later(AFTER_MS);
  });
  form.addEventListener('submit', () => clearTimeout(timer));
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && send());
  addEventListener('pagehide', send);
  addEventListener('online', send);

  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(send, wait);
  }

  async function send() {
    clearTimeout(timer);
    if (!dirty || sending || form.dataset.sent) return;
    dirty = false;
    sending = true;
    try {
      const answer = await fetch(form.dataset.draft, {
        method: 'POST',
        headers: { Accept: 'application/json' },
        body: new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === 'string')),
        keepalive: true,
      });
      if (answer.headers.has('x-sign-in-again')) return say(seen?.dataset.signedOut ?? '', null, null, true);
      const told = answer.headers.get('Content-Type')?.startsWith('application/json') ? await answer.json() : {};
      if (answer.ok && seen) seen.value = told.revision;
      say(told.said ?? '', told.look, told.label);
    } catch {
      dirty = true; // no network: what is typed stands in the page, and is kept as soon as there is one
      later(AGAIN_MS);
    } finally {
      sending = false;
      if (dirty) later(AFTER_MS);
    }
  }

  function say(text, look, label, warns = Boolean(look)) {
    if (!said) return;
    said.textContent = text;
    said.classList.toggle('warns', warns);
    if (look) said.append(' ', Object.assign(document.createElement('a'), { href: look, textContent: label }));
  }
}
