// A short link carries the tracking code behind "#", which no server sees: it is put into the form and taken out of the
// address at once, also when the page was open already.
const form = document.querySelector('[data-code]');

function take() {
  const code = decodeURIComponent(location.hash.slice(1));
  if (!code || document.getElementById(code)) return; // a place on the page itself
  history.replaceState(null, '', location.pathname);
  form.elements.code.value = code.slice(0, 40);
  form.requestSubmit();
}

addEventListener('hashchange', take);
take();
