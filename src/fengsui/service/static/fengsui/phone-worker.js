// Answers for the phone page when the network does not. Data never goes into this cache: see phone.js.
const CACHE = "fengsui-phone-VERSION";
const SHELL = ["/phone", "/phone/manifest.json", "/static/fengsui/phone.js", "/static/fengsui/phone.css", "/static/fengsui/beacon.svg"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))));
  event.waitUntil(old.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  if (event.request.method !== "GET" || !SHELL.includes(path)) return;
  event.respondWith(fresh(event.request, path));
});

// The network first, so that a page is never older than it must be; what it answered is kept for later.
async function fresh(request, path) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await cache.put(path, answer.clone());
    return answer;
  } catch (gone) {
    const kept = await cache.match(path);
    if (kept) return kept;
    throw gone;
  }
}
