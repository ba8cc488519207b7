// What takes a while to find is looked for when it is asked for, and put where the question stood.
for (const link of document.querySelectorAll('a[data-later]')) {
  link.addEventListener('click', async (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    link.setAttribute('aria-busy', 'true');
    const answer = await fetch(link.href).catch(() => null);
    const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), 'text/html');
    const found = page && page.querySelector('[data-found]');
    if (!found) return location.assign(link.href);
    found.tabIndex = -1;
    link.parentElement.replaceWith(found);
    found.focus();
  });
}
