// The service worker: the page opens without its server, and has the headers that threads need whatever the server sends.
//
// It answers from a precache with the files of one build, each checked by its hash; a build whose files have not all come
// whole is never taken into use. Models are not its business: the package keeps those. It keeps their list as it last came.
// SPDX-License-Identifier: MIT
import { PrecacheController } from 'workbox-precaching/PrecacheController.js';
import type { PrecacheEntry } from 'workbox-precaching/_types.js';
import type { ServiceWorkerScope } from './service_worker_scope.js';
import { useNow } from './messages.js';

// Both put in by the bundler: tools/build/offline.mjs.
declare const precachedFiles: PrecacheEntry[];
declare const addedHeaders: Record<string, string>;

const scope = self as unknown as ServiceWorkerScope;
const place = scope.registration.scope; // several such pages may share an origin, and with it the names of caches
const precache = new PrecacheController({ cacheName: `resnet-wasm-page ${place}` });
const listCache = `resnet-wasm-list ${place}`;
const listAddress = new URL('models/index.json', place).href;

precache.addToCacheList(precachedFiles);

scope.addEventListener('install', (event) => {
  event.waitUntil(precache.install(event));
  // The page that registers us has asked for the list already, and not through us. There may be none.
  event.waitUntil(listOfModels(new Request(listAddress)).catch(() => undefined));
});

// The files of the build before, and what is left of one that did not come whole.
scope.addEventListener('activate', (event) => event.waitUntil(precache.activate(event)));

scope.addEventListener('message', ({ data }) => {
  if (data === useNow) void scope.skipWaiting();
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  if (request.url === listAddress) return event.respondWith(listOfModels(request));
  const cacheKey = cacheKeyOf(request);
  if (cacheKey === undefined) return; // a model, or something else beside the page
  const params = { cacheKey, integrity: precache.getIntegrityForCacheKey(cacheKey) };
  // Where somebody has emptied the cache, the server may have another build by now: better that than no answer.
  const answer = precache.strategy.handle({ event, request, params }).catch(() => fetch(request));
  event.respondWith(answer.then(withHeaders));
});

/** Undefined for what is not precached. The page itself goes by several addresses. */
function cacheKeyOf({ url, mode }: Request): string | undefined {
  const address = new URL(url);
  address.hash = '';
  if (mode === 'navigate') address.search = '';
  if (address.href === place) address.pathname += 'index.html';
  return precache.getCacheKeyForURL(address.href);
}

function withHeaders(response: Response): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(addedHeaders)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/** The server's; where that cannot be had, what came the last time. */
async function listOfModels(request: Request): Promise<Response> {
  const cache = await caches.open(listCache);
  const response = await fetch(request).catch((error: unknown) => error);
  if (response instanceof Response && response.ok) {
    await cache.put(listAddress, response.clone()).catch(() => undefined); // no room
    return response;
  }
  const missing = response instanceof Response && response.status === 404; // the server has none: that too is an answer
  const kept = missing ? undefined : await cache.match(listAddress);
  if (kept !== undefined) return kept;
  if (response instanceof Response) return response;
  throw response;
}
