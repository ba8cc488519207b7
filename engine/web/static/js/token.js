// The token that every request of a page carries. Whoever was signed out while working may sign in again in another tab;
// what is sent then carries the token of now.
export const SIGNED_OUT = [400, 401]; // a token of a session that is over is a request that cannot be read

export const token = () => document.querySelector('input[name="csrf_token"]').value;

/** Nothing changes while nobody, or somebody else, is signed in. */
export async function renewToken() {
  const answer = await fetch(location.href).catch(() => null);
  const page = answer && new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (!page || person(page) !== person(document)) return;
  const { value } = page.querySelector('input[name="csrf_token"]');
  for (const each of document.querySelectorAll('input[name="csrf_token"]')) each.value = value;
}

const person = (page) => page.querySelector('#offline')?.dataset.person;
