// Keys of the work list. Nothing is taken from fields, dialogs or combinations that belong to the browser.
const list = document.querySelector('[data-keys]');
const items = list ? [...list.querySelectorAll('a.item')] : [];
const help = document.querySelector('#keys');
const button = document.querySelector('[data-help]');

if (button && matchMedia('(hover: hover)').matches) {
  button.hidden = false;
  button.addEventListener('click', () => help.showModal());
}

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help?.open) return;
  if (event.target.closest('input:not([type="checkbox"]), select, textarea, [contenteditable]')) return;
  const act = ACTS[event.key];
  if (act && act() !== false) event.preventDefault();
});

const ACTS = {
  j: () => go(1),
  k: () => go(-1),
  ArrowDown: () => at() >= 0 && go(1),
  ArrowUp: () => at() >= 0 && go(-1),
  c: claim,
  x: pick,
  a: acts,
  '/': filter,
  '?': () => help?.showModal(),
};

function at() {
  return items.indexOf(document.activeElement?.closest('.line')?.querySelector('a.item'));
}

function go(step) {
  if (!items.length) return false;
  const next = Math.min(Math.max(at() + step, 0), items.length - 1);
  items[next].focus();
  items[next].scrollIntoView({ block: 'nearest' });
  return true;
}

function claim() {
  const address = items[at()]?.closest('.line').dataset.claim;
  const form = document.querySelector('#claim');
  if (!address || !form) return false;
  form.action = address;
  form.requestSubmit();
  return true;
}

function pick() {
  const box = items[at()]?.closest('.line').querySelector('input[type="checkbox"]');
  box?.click();
  return Boolean(box);
}

function acts() {
  const first = document.querySelector('[data-acts] button');
  first?.focus();
  return Boolean(first);
}

function filter() {
  const field = document.querySelector('.sifting input[type="search"]');
  if (!field) return false;
  field.closest('details').open = true;
  field.focus();
  field.select();
  return true;
}
