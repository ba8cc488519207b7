// A check on the phone: how far it has come, and nothing goes off incomplete, for without a network nobody could say so.
// The instant at which it was opened tells two checks of one place apart that were written on the same kept page.
const form = document.querySelector('[data-check]');
const items = [...form.querySelectorAll('.check-item')];
const soFar = form.querySelector('[data-so-far]');
const chosen = (item, name) => item.querySelector(`input[name^="${name}-"]:checked`)?.value;

form.addEventListener('change', tell);
form.addEventListener('submit', refuse, { capture: true }); // before once.js counts it
addEventListener('pageshow', tell);
form.elements.begun.value ||= new Date().toISOString();

function tell() {
  soFar.textContent = soFar.dataset.soFar.replace('%s', items.filter((item) => chosen(item, 'answer')).length);
  for (const item of items.filter((each) => each.classList.contains('lacks'))) mark(item);
}

function refuse(event) {
  const lacking = items.filter(mark);
  if (!lacking.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  lacking[0].scrollIntoView({ block: 'center' });
  lacking[0].querySelector('[data-lacks-answer]:not([hidden]) ~ .answers input, .item-more input')?.focus({ preventScroll: true });
}

/** Shows what an item lacks; gives whether it lacks anything. */
function mark(item) {
  const failed = chosen(item, 'answer') === 'fail';
  const photo = item.querySelector('input[name^="kept-"]:checked') || [...item.querySelectorAll('input[type="file"]')].some((input) => input.files.length);
  const lacks = { answer: !chosen(item, 'answer'), photo: failed && !photo, then: failed && !chosen(item, 'then') };
  for (const [name, yes] of Object.entries(lacks)) item.querySelector(`[data-lacks-${name}]`).hidden = !yes;
  const any = Object.values(lacks).some(Boolean);
  item.classList.toggle('lacks', any);
  return any;
}
