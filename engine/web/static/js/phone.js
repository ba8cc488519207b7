// What waits on this phone to be sent. Pages import it; the service worker is served with these lines in it.
function database() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('maplebridge', 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore('forms', { keyPath: 'id', autoIncrement: true });
      opening.result.createObjectStore('who');
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function run(store, mode, act) {
  const opened = await database();
  return new Promise((resolve, reject) => {
    const doing = opened.transaction(store, mode);
    const request = act(doing.objectStore(store));
    doing.oncomplete = () => resolve(request.result);
    doing.onabort = () => reject(doing.error);
  }).finally(() => opened.close());
}

export const forms = () => run('forms', 'readonly', (rows) => rows.getAll());
export const change = (form) => run('forms', 'readwrite', (rows) => rows.put(form));
export const drop = (id) => run('forms', 'readwrite', (rows) => rows.delete(id));
export const keep = (form) => run('forms', 'readwrite', (rows) => rows.add(form));
export const whoIs = () => run('who', 'readonly', (rows) => rows.get('me'));
export const remember = (who) => run('who', 'readwrite', (rows) => rows.put(who, 'me'));

/** Sends one form: 'sent', 'refused', 'waiting' (no network, or not just now) or 'signed out'. Sent twice, it counts once. */
export async function send(form, token) {
  const body = new FormData();
  body.append('csrf_token', token);
  for (const [name, value] of form.fields) body.append(name, name === 'step' ? 'file' : value);
  let answer;
  try {
    answer = await fetch(form.address, { method: 'POST', body, headers: { 'X-Sent-Later': new Date(form.at).toISOString() } });
  } catch {
    return 'waiting';
  }
  if (answer.ok) {
    await drop(form.id);
    return 'sent';
  }
  if (answer.headers.has('x-sign-in-again')) return 'signed out';
  if (answer.status >= 500 || answer.status === 429) return 'waiting';
  const told = answer.headers.get('content-type')?.includes('json') ? await answer.json() : {};
  await change({ ...form, refused: told });
  return 'refused';
}
