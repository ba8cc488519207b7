// Plays a scenario while it is written, and says what is wrong with which line; a tap on it goes there.
const form = document.querySelector('form#scenario');
const result = document.querySelector('#result');
const WAIT = 500;

if (form && result) {
  const text = form.elements.text;
  let timer;
  let asked = 0;
  text.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  result.addEventListener('click', ({ target }) => {
    const line = Number(target.closest('[data-line]')?.dataset.line);
    if (line) go(text, line);
  });

  async function ask() {
    asked += 1;
    const mine = asked;
    try {
      const answer = await fetch(form.dataset.trial, { method: 'POST', body: new FormData(form), credentials: 'same-origin' });
      const told = await answer.json();
      if (mine === asked && answer.ok) show(told);
    } catch (error) {
      console.warn(error);
    }
  }
}

function show({ passed, said, faults }) {
  const verdict = result.querySelector('[data-verdict]');
  if (verdict) {
    verdict.textContent = said;
    verdict.className = `chip ${passed ? 'green' : 'red'}`;
  }
  result.querySelector('[data-faults]').replaceChildren(...faults.map(item));
}

function item({ line, where, said }) {
  const made = document.createElement('li');
  made.className = 'error';
  made.dataset.line = line;
  if (where) {
    const place = document.createElement('span');
    place.className = 'where';
    place.textContent = where;
    made.append(place, ' ');
  }
  made.append(said);
  return made;
}

function go(text, line) {
  const lines = text.value.split('\n');
  const start = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  text.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(text).lineHeight));
}
