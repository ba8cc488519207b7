// The player of a process without a reload: a step is sent, what comes back takes the place of what stood there, and
// the drawing is marked anew. A tap on a waiting element does what its button does. Without a script the page reloads.
import { follow } from './hide.js';
import { SIGNED_OUT, renewToken } from './token.js';

const player = document.querySelector('form.player');
const address = player?.getAttribute('action'); // a question of a form may be called "action" or "submit"
if (player) {
  player.addEventListener('submit', (event) => {
    if (event.submitter?.hasAttribute('formaction')) return; // keeping it leads elsewhere
    event.preventDefault();
    step(event.submitter);
  });
  player.addEventListener('element', ({ detail }) => {
    const found = player.querySelector(`[data-element="${CSS.escape(detail)}"]`);
    if (found?.matches('button')) step(found);
    else found?.querySelector('input, select, textarea, button')?.focus();
  });
}

let signedOut = false;

async function step(button) {
  if (player.getAttribute('aria-busy') === 'true') return;
  player.setAttribute('aria-busy', 'true');
  try {
    if (signedOut) await renewToken();
    const sent = { method: 'POST', body: new FormData(player, button), headers: { 'X-Player': 'script' }, credentials: 'same-origin' };
    const answer = await fetch(address, sent);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.querySelector('form.player');
    signedOut = SIGNED_OUT.includes(answer.status);
    const refused = (signedOut || answer.status === 422) && page.querySelector('.door .lead');
    if (refused) tell(refused.textContent);
    else if (fresh) await show(fresh);
    else throw new Error(`answered ${answer.status}`);
  } catch (error) {
    console.warn(error);
    reload(button);
  } finally {
    player.removeAttribute('aria-busy');
    delete player.dataset.sent; // js/once.js takes every form for one that is sent once
    for (const each of player.querySelectorAll('button[aria-disabled]')) each.removeAttribute('aria-disabled');
  }
}

/** What was recorded stays, and the step can be tried again: once others have mended the files, or one is signed in. */
function tell(sentence) {
  const said = player.querySelector('.doing > .summary') ?? document.createElement('div');
  Object.assign(said, { className: 'summary', tabIndex: -1, textContent: sentence });
  said.setAttribute('role', 'alert');
  player.querySelector('.doing').prepend(said);
  said.focus();
}

/** The page itself says what went wrong. */
function reload(button) {
  const sent = document.createElement('input');
  sent.type = 'hidden';
  sent.name = button.name;
  sent.value = button.value;
  player.append(sent);
  HTMLFormElement.prototype.submit.call(player);
}

async function show(fresh) {
  const [diagram, next] = [player.querySelector('.diagram'), fresh.querySelector('.diagram')];
  for (const hidden of player.querySelectorAll(':scope > input[type=hidden]')) {
    hidden.value = fresh.querySelector(`:scope > input[name="${hidden.name}"]`)?.value ?? hidden.value;
  }
  player.querySelector('.scene .chips')?.remove();
  const chips = fresh.querySelector('.scene .chips');
  if (chips) player.querySelector('.scene').prepend(document.adoptNode(chips));
  const doing = document.adoptNode(fresh.querySelector('.doing'));
  player.querySelector('.doing').replaceWith(doing);
  for (const form of doing.querySelectorAll('.task-form')) follow(form);
  (doing.querySelector('[aria-invalid="true"], .summary') ?? doing.querySelector('[data-stands]')).focus({ preventScroll: innerWidth >= 1024 });
  if (!diagram || !next) return;
  if (diagram.dataset.src === next.dataset.src) {
    diagram.dispatchEvent(new CustomEvent('states', { detail: JSON.parse(next.dataset.states) }));
  } else {
    const drawn = document.adoptNode(next);
    diagram.replaceWith(drawn);
    const { draw } = await import(player.dataset.viewer);
    await draw(drawn);
  }
}
