// A short link carries the tracking code behind "#", which no server sees: it is put into the form and taken out of the
// address at once.
const form = document.querySelector('[data-code]');
const code = decodeURIComponent(location.hash.slice(1));

if (form && code) {
  history.replaceState(null, '', location.pathname);
  form.elements.code.value = code.slice(0, 40);
  form.requestSubmit();
}
