// The service worker. Style and scripts come from its store, by fingerprint. Pages come from the network, and from the
// store only without one; signing in or out empties it. A form that cannot be sent, or whose sender is signed out meanwhile,
// is kept and sent later; any other act that fails says so.
const SHELL = {{ shell|tojson }};
const OFFLINE = {{ pages|tojson }};
const PAGES_LIVE_MS = {{ hours }} * 3600 * 1000;
const SHELL_STORE = 'shell-' + {{ version|tojson }};
const PAGES_STORE = 'pages';
const MOST_PAGES = 60;
const KEPT_PAGE = /^\/($|tasks\/\d+$|cases\/(new|\d+)$|documents\/\d+\/preview$|inspections$|inspections\/((checks|logs)\/new|findings\/\d+)$)/;
const SENT_LATER = /^\/(cases|tasks\/\d+\/completion|cases\/\d+\/(comments|supplies|risk-reports|documents)|inspections\/(checks|logs|findings\/\d+\/rechecks))$/;
const SIGNS = /^\/sign-(in|out)/;

self.addEventListener('install', (event) => event.waitUntil(fill().then(() => self.skipWaiting())));
self.addEventListener('activate', (event) => event.waitUntil(tidy().then(() => self.clients.claim())));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (pathname.startsWith('/static/')) return event.respondWith(fromShell(request));
  if (SIGNS.test(pathname)) return event.respondWith(signing(request));
  if (request.method === 'GET' && KEPT_PAGE.test(pathname)) return event.respondWith(fromNetwork(request));
  if (request.mode !== 'navigate') return;
  if (request.method === 'GET') return event.respondWith(fetch(request).catch(() => offlinePage()));
  if (request.method === 'POST' && request.isHistoryNavigation) return event.respondWith(formAnew(request));
  if (request.method === 'POST') event.respondWith(post(request, SENT_LATER.test(pathname) && fromOwnPage(request)));
});

async function fill() {
  const store = await caches.open(SHELL_STORE);
  await store.addAll(SHELL);
  await store.addAll(OFFLINE.map((address) => new Request(address, { credentials: 'omit' })));
}

async function tidy() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== SHELL_STORE && name !== PAGES_STORE).map((name) => caches.delete(name)));
}

async function fromShell(request) {
  const ignoreSearch = !new URL(request.url).search; // a module imports its neighbour without the fingerprint
  return (await caches.match(request, { cacheName: SHELL_STORE, ignoreSearch })) ?? fetch(request);
}

/** Somebody else may sit here next: what was kept of the pages goes. */
async function signing(request) {
  await caches.delete(PAGES_STORE);
  return fetch(request).catch(() => offlinePage());
}

async function fromNetwork(request) {
  try {
    const answer = await fetch(request);
    const never = answer.headers.has('x-in-the-clear'); // personal data are shown for a quarter of an hour, not longer
    if (answer.ok && answer.type === 'basic' && !answer.redirected && !never) await keepPage(request, answer.clone());
    else if (never || answer.status === 404 || answer.status === 403) await (await caches.open(PAGES_STORE)).delete(request);
    return answer;
  } catch {
    const kept = await caches.match(request, { cacheName: PAGES_STORE });
    const age = kept ? Date.now() - Date.parse(kept.headers.get('date') ?? 0) : Infinity;
    if (age < PAGES_LIVE_MS) return kept;
    return request.mode === 'navigate' ? offlinePage() : Response.error();
  }
}

async function keepPage(request, answer) {
  const store = await caches.open(PAGES_STORE);
  await store.put(request, answer);
  const keys = await store.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST_PAGES)).map((key) => store.delete(key)));
}

/** What is kept goes out with a token of ours, so a form of somebody else's page is never kept. */
const fromOwnPage = ({ referrer }) => referrer.startsWith(`${location.origin}/`);

/** Who goes back to the answer to a form wants the form, not to send it again: the browser holds that answer no more.
 *  It was sent from its own page, or from such an answer, which nobody can open: then its page stands one step above. */
async function formAnew(request) {
  for (const page of [request.referrer, request.url.replace(/\/[^/]*$/, '')]) {
    const answer = page.startsWith(`${location.origin}/`) ? await fetch(page).catch(() => 'no network') : null;
    if (answer === 'no network' || answer?.ok) return Response.redirect(page, 303);
  }
  return Response.redirect('/', 303);
}

async function post(request, later) {
  const copy = later ? request.clone() : null;
  const answer = await fetch(request).catch(() => null);
  if (answer && !(later && answer.headers.has('x-sign-in-again'))) return answer;
  const who = later && (await whoIs());
  if (!who) return answer ?? Response.redirect('/offline?undone', 303);
  const fields = [...(await copy.formData())].filter(([name]) => name !== 'csrf_token');
  const { pathname } = new URL(request.url);
  await keep({ address: pathname, fields, title: await titleOf(request.referrer), at: Date.now(), person: who.person, language: who.language });
  return Response.redirect(answer ? '/sign-in?next=/offline' : '/offline', 303);
}

async function titleOf(address) {
  const kept = address && (await caches.match(address, { cacheName: PAGES_STORE, ignoreSearch: true }));
  const title = kept && (await kept.text()).match(/<title>([^<]*)<\/title>/)?.[1];
  return title ? title.split(' · ').slice(0, -1).join(' · ') : '';
}

async function offlinePage() {
  const who = await whoIs();
  const wanted = OFFLINE.find((address) => address.endsWith(who?.language ?? 'zh_CN')) ?? OFFLINE[0];
  return (await caches.match(wanted, { cacheName: SHELL_STORE })) ?? Response.error();
}

{{ store }}
