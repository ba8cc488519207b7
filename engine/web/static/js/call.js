// One tap calls: the number is asked for (and that is noted), then dialled. Without a script the page shows it first.
for (const form of document.querySelectorAll('form[data-call]')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      const answer = await fetch(form.action, {
        method: 'POST',
        body: new FormData(form),
        headers: { Accept: 'application/json' },
        credentials: 'same-origin',
      });
      const { phone } = answer.ok ? await answer.json() : {};
      if (!phone) throw new Error(`answered ${answer.status}`);
      form.replaceWith(link(phone));
      location.assign(address(phone));
    } catch {
      form.submit(); // the page itself says what went wrong
    }
  });
}

function link(phone) {
  const made = document.createElement('a');
  made.className = 'button call';
  made.href = address(phone);
  made.textContent = phone;
  return made;
}

function address(phone) {
  return `tel:${phone.replaceAll(' ', '')}`;
}
