// A page about work that goes on by itself: the marked part is looked at again until the work is done.
const EVERY = 1500;

setTimeout(look, EVERY);

async function look() {
  const shown = document.querySelector('[data-again]');
  const answer = document.hidden ? null : await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!answer?.ok) return setTimeout(look, EVERY);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById(shown.id);
  if (!fresh?.hasAttribute('data-again')) return location.reload();
  shown.replaceChildren(...fresh.childNodes);
  return setTimeout(look, EVERY);
}
