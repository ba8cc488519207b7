// A way out of a task chooses its answer in the form at once, so that nothing typed is lost by loading the page anew.
for (const link of document.querySelectorAll('a[data-choose]')) {
  const { choose, value } = link.dataset;
  const fields = [...document.querySelectorAll(`.task-form .field[data-key="${choose}"] :is(input, select)`)];
  if (!fields.length) continue;
  link.addEventListener('click', (event) => {
    event.preventDefault();
    for (const field of fields) {
      if (field.type === 'radio') field.checked = field.value === value;
      else field.value = value;
    }
    const chosen = fields.find((field) => field.checked) ?? fields[0];
    chosen.dispatchEvent(new Event('input', { bubbles: true }));
    chosen.focus({ preventScroll: true });
    chosen.closest('.field').scrollIntoView({ block: 'start', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
  });
}
