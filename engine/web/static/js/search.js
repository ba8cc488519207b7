// The key / goes to the search field of the page, or to the search page where there is none. Never while typing.
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target;
  if (at instanceof Element && at.closest('input, textarea, select, dialog, [contenteditable]')) return;
  event.preventDefault();
  const field = document.querySelector('main input[type="search"]');
  if (field) {
    field.focus();
    field.select();
  } else {
    document.querySelector('a.seek')?.click();
  }
});
