/** Opens an editor in each place of the page that waits for one; a failure is shown there. */
export function start(edit) {
  for (const element of document.querySelectorAll('.modeler[data-files]:not([data-ready])')) {
    edit(element).catch((error) => {
      element.dataset.ready = 'false';
      const notice = document.createElement('p');
      notice.setAttribute('role', 'alert');
      notice.textContent = element.dataset.error;
      element.prepend(notice);
      console.error(error);
    });
  }
}
