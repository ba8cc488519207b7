const REST = 1500; // what is shown comes first, and whoever only passes through wants nothing ahead

// Pages somebody will want where there is no network are fetched while there is one; the service worker keeps them.
if (navigator.serviceWorker?.controller && navigator.onLine && !navigator.connection?.saveData) setTimeout(fetchAhead, REST);

async function fetchAhead() {
  for (const link of document.querySelectorAll('a[data-ahead]')) {
    if (!(await caches.match(link.href, { cacheName: 'pages' }))) await fetch(link.href).catch(() => {});
  }
}
