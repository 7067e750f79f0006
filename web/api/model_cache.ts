// Model files kept in the browser's Cache API, so that they are there the next time, online or not.
//
// A file whose sha256 is known is used without asking anybody, and fetched again if it proves to be another one. For others the
// server is asked with a HEAD request whether it still has the same; where it cannot be reached, what is kept is used. No room, a
// private window, no Cache API (Node, pages that are not secure): everything works as without a cache.
// SPDX-License-Identifier: MIT
import { ResnetError } from './errors.js';
import { abortable } from './queue.js';

export const defaultCacheName = 'resnet-wasm';

// A network that is there and carries nothing must not keep anybody from what lies here already.
const answerMs = 4_000;

/** `false`: none. A name: a cache of that name, in place of `resnet-wasm`. */
export type CacheOption = boolean | string;

export interface FetchOptions {
  signal?: AbortSignal | undefined;
  cache: CacheOption;
  /** What the file must have, which whoever reads it checks: what is kept need not be compared with the server's. */
  sha256?: string | undefined;
}

/** A file from the cache or else from its server, which the cache then keeps; `kept` resolves when it has. */
export interface Fetched {
  response: Response;
  /** It was in the cache. */
  stored: boolean;
  kept: Promise<void>;
}

/** Errors: `io`; the signal's reason. A refusal by the server is a response like any other. */
export async function fetchModel(request: Request, options: FetchOptions): Promise<Fetched> {
  const store = await open(options.cache, request);
  const stored = store && await storedResponse(store, request, options);
  if (stored !== undefined) return { response: stored, stored: true, kept: Promise.resolve() };
  const response = await ask(request, options.signal);
  const kept = store && response.status === 200 ? keep(store, request, response.clone()) : Promise.resolve();
  return { response, stored: false, kept };
}

/** Whether `fetchModel` would find it here. */
export async function isKept(request: Request, cache: CacheOption): Promise<boolean> {
  return await find(await open(cache, request), request) !== undefined;
}

export async function keptText(request: Request, cache: CacheOption): Promise<string | undefined> {
  return (await find(await open(cache, request), request))?.text();
}

/** Forgets one file, or without a request all of them. */
export async function forget(request: Request | undefined, cache: CacheOption): Promise<void> {
  if (cache === false) return;
  if (request === undefined) await storage()?.delete(nameOf(cache));
  else await (await open(cache, request))?.delete(request, { ignoreVary: true });
}

const nameOf = (cache: CacheOption) => (typeof cache === 'string' ? cache : defaultCacheName);

async function open(cache: CacheOption, request: Request): Promise<Cache | undefined> {
  if (cache === false || !/^https?:/.test(request.url) || request.method !== 'GET') return undefined;
  return storage()?.open(nameOf(cache)).catch(() => undefined);
}

function storage(): CacheStorage | undefined {
  try {
    return globalThis.caches;
  } catch {
    return undefined; // looking at it is an error already: a sandboxed frame, or cookies are blocked
  }
}

async function find(store: Cache | undefined, request: Request): Promise<Response | undefined> {
  return store?.match(request, { ignoreVary: true }).catch(() => undefined);
}

async function storedResponse(store: Cache, request: Request, { sha256, signal }: FetchOptions): Promise<Response | undefined> {
  const stored = await find(store, request);
  if (stored === undefined || stored.body === null) return undefined;
  if (sha256 !== undefined || await isCurrent(request, stored, signal)) return stored;
  await store.delete(request, { ignoreVary: true });
  return undefined;
}

/** Whether the server still has the file that was stored; true where it cannot be asked, or does not answer. */
async function isCurrent(request: Request, stored: Response, signal: AbortSignal | undefined): Promise<boolean> {
  let now: Response;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), answerMs);
  try {
    now = await abortable(fetch(new Request(request, { method: 'HEAD', cache: 'no-cache', signal: limit.signal })), signal);
  } catch {
    signal?.throwIfAborted();
    return true;
  } finally {
    clearTimeout(timer);
    limit.abort(); // nobody waits for it any more
  }
  const compared = ['etag', 'last-modified', 'content-length'].filter((name) => now.headers.has(name) && stored.headers.has(name));
  return now.ok && compared.length > 0 && compared.every((name) => now.headers.get(name) === stored.headers.get(name));
}

async function keep(store: Cache, request: Request, response: Response): Promise<void> {
  await store.put(request, response).catch(() => undefined);
}

async function ask(request: Request, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await fetch(request.clone(), signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new ResnetError('io', `${request.url}: the model could not be fetched: ${String(error)}`);
  }
}
