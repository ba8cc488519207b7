// A form is sent once, however often its button is tapped; coming back to the page makes it ready again. One that gives
// a file leaves its page as it is, so it may be sent again.
// What was marked as wrong gets the focus, so that a screen reader and a thumb find it.
for (const form of document.querySelectorAll('form[method="post"]:not([data-download])')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = 'true';
    for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true');
  });
}

addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled');
  }
});

const first = document.querySelector('[aria-invalid="true"]') ?? document.querySelector('.summary, .grade');
first?.focus();
first?.scrollIntoView({ block: 'center' });
