// Typing @ offers the names that a comment may tell: arrows and Enter choose, Escape closes. The server reads the text.
const MOST = 6;

for (const form of document.querySelectorAll('[data-mention]')) {
  const text = form.querySelector('textarea');
  const names = [...form.querySelectorAll('[data-name]')].map((box) => box.dataset.name);
  if (text && names.length) offer(text, names);
}

function offer(text, names) {
  const list = Object.assign(document.createElement('ul'), { className: 'offers', id: `${text.id}-names`, hidden: true });
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', text.form.dataset.mention);
  text.setAttribute('aria-controls', list.id);
  text.setAttribute('aria-autocomplete', 'list');
  text.after(list);
  let at = 0;

  text.addEventListener('input', show);
  text.addEventListener('blur', () => setTimeout(close, 150));
  text.addEventListener('keydown', (event) => {
    if (list.hidden || event.isComposing) return;
    const acts = { ArrowDown: () => mark(at + 1), ArrowUp: () => mark(at - 1), Enter: () => take(list.children[at]), Tab: () => take(list.children[at]), Escape: close };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  });

  function begun() {
    return /[@＠]([^\s@＠]{0,20})$/u.exec(text.value.slice(0, text.selectionStart));
  }

  function show() {
    const found = begun();
    const fit = found ? names.filter((name) => name.toLowerCase().includes(found[1].toLowerCase())).slice(0, MOST) : [];
    list.replaceChildren(...fit.map((name, number) => {
      const row = Object.assign(document.createElement('li'), { textContent: name, id: `${list.id}-${number}` });
      row.setAttribute('role', 'option');
      row.addEventListener('pointerdown', (event) => {
        event.preventDefault();
        take(row);
      });
      return row;
    }));
    list.hidden = !fit.length;
    if (fit.length) mark(0);
    else close();
  }

  function mark(number) {
    at = (number + list.children.length) % list.children.length;
    [...list.children].forEach((row, each) => row.setAttribute('aria-selected', String(each === at)));
    text.setAttribute('aria-activedescendant', list.children[at].id);
  }

  function take(row) {
    const found = begun();
    const start = text.selectionStart - found[0].length;
    text.setRangeText(`@${row.textContent} `, start, text.selectionStart, 'end');
    close();
  }

  function close() {
    list.hidden = true;
    text.removeAttribute('aria-activedescendant');
  }
}
