// Models that the browser keeps: no second download, no network needed, never an old or a damaged file for the right one.
//
// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import { expect } from './fixtures.mjs';
import { blank, inPage, modelBytes, test } from './in_page.mjs';
import { seeingModel } from './seeing_model.mjs';
import { shardsOf } from './shards.mjs';

const done = { code: 'none', inputSize: 32 };
let bytes, sha256;

test.beforeAll(() => { // not earlier: the set-up makes the models
  bytes = modelBytes('blank.safetensors');
  sha256 = createHash('sha256').update(bytes).digest('hex');
});

/** Loads a model: {code, inputSize}, the latter where it succeeds. */
const load = (page, source, options = {}) => inPage(page, async ({ Classifier }, given, { codeOf }) => {
  let inputSize;
  const code = await codeOf(Classifier.load(given.source, given.options).then((classifier) => {
    ({ inputSize } = classifier.info);
    classifier.dispose();
  }));
  return { code, inputSize };
}, { source, options });

const isCached = (page, source, options = {}) =>
  inPage(page, ({ Classifier }, given) => Classifier.isCached(given.source, given.options), { source, options });

/** What is kept in the package's cache, or in another one: paths. */
const kept = (page, name = 'resnet-wasm') => inPage(page, async (_, cache) => {
  if (!(await caches.has(cache))) return [];
  return (await (await caches.open(cache)).keys()).map(({ url }) => new URL(url).pathname);
}, name);

test('the second load asks only whether the file is still the same; with a sha256 it asks nothing', async ({ page, serve }) => {
  const { url, asked } = await serve('kept.safetensors', { body: bytes });
  expect(await load(page, url)).toEqual(done);
  expect(asked).toEqual(['GET']);
  expect(await load(page, url)).toEqual(done);
  expect(asked).toEqual(['GET', 'HEAD']);
  expect(await load(page, url, { sha256 })).toEqual(done);
  await page.reload();
  expect(await load(page, url, { sha256 })).toEqual(done);
  expect(asked).toEqual(['GET', 'HEAD']);
  expect(await load(page, url)).toEqual(done);
  expect(asked).toEqual(['GET', 'HEAD', 'HEAD']);
});

test('without a network, what is kept is used, and what is not is an error', async ({ page, serve }) => {
  const { url, go } = await serve('kept.safetensors', { body: bytes });
  const other = await serve('other.safetensors', { body: bytes });
  expect(await load(page, url)).toEqual(done);
  go.offline = true;
  other.go.offline = true;
  expect(await load(page, url)).toEqual(done);
  expect(await load(page, url, { sha256 })).toEqual(done);
  expect(await load(page, other.url)).toEqual({ code: 'io' });
});

test('a server that does not answer keeps nobody from what is kept for longer than some seconds', async ({ page, serve }) => {
  const { url, asked, change } = await serve('kept.safetensors', { body: bytes });
  expect(await load(page, url)).toEqual(done);
  change({ silent: true });
  const isReason = await inPage(page, async ({ Classifier }, source, { wait }) => {
    const controller = new AbortController();
    const call = Classifier.load(source, { signal: controller.signal }).catch((error) => error);
    await wait(500);
    controller.abort(new Error('changed my mind'));
    return await call === controller.signal.reason;
  }, url);
  expect(isReason).toBe(true); // whoever does not want to wait even so long
  expect(await load(page, url)).toEqual(done);
  expect(asked).toEqual(['GET', 'HEAD', 'HEAD']);
});

const changes = [
  ['another ETag', () => ({ body: seeingModel(bytes), etag: '"2"' }), 32],
  ['another length', () => ({ body: modelBytes('slow.safetensors'), etag: null }), 128],
];
for (const [what, change, inputSize] of changes) {
  test(`a file that has changed on the server is fetched anew, told by ${what}`, async ({ page, serve }) => {
    const { url, asked, change: changeServer } = await serve('changing.safetensors', { body: bytes });
    expect(await load(page, url)).toEqual(done);
    changeServer(change());
    expect(await load(page, url)).toEqual({ code: 'none', inputSize });
    expect(asked).toEqual(['GET', 'HEAD', 'GET']);
    expect(await load(page, url)).toEqual({ code: 'none', inputSize }); // and the new one is what is kept
    expect(asked).toEqual(['GET', 'HEAD', 'GET', 'HEAD']);
  });
}

test('a file of which the server says nothing is fetched anew', async ({ page, serve }) => {
  const { url, asked } = await serve('unknown.safetensors', { body: bytes, etag: null, sized: false });
  for (let i = 0; i < 2; ++i) expect(await load(page, url)).toEqual(done);
  expect(asked).toEqual(['GET', 'HEAD', 'GET']);
});

test('a file that is gone from the server is not used any more', async ({ page, serve }) => {
  const { url, change } = await serve('gone.safetensors', { body: bytes });
  expect(await load(page, url)).toEqual(done);
  change({ status: 404 });
  expect(await load(page, url)).toEqual({ code: 'io' });
  expect(await kept(page)).toEqual([]);
});

test('says what is kept, and forgets one or all', async ({ page, serve }) => {
  const first = await serve('first.safetensors', { body: bytes });
  const second = await serve('second.safetensors', { body: bytes });
  const both = async () => [await isCached(page, first.url), await isCached(page, second.url)];
  const clear = (source) => inPage(page, ({ Classifier }, url) => Classifier.clearCache(url), source);
  expect(await both()).toEqual([false, false]);
  await load(page, first.url);
  expect(await both()).toEqual([true, false]);
  await load(page, second.url);
  expect(await both()).toEqual([true, true]);
  await clear(first.url);
  expect(await both()).toEqual([false, true]);
  await load(page, first.url);
  expect(first.asked).toEqual(['GET', 'GET']);
  await clear(undefined);
  expect(await inPage(page, () => caches.keys())).toEqual([]);
  expect(await both()).toEqual([false, false]);
});

test('says of every kind of source whether it is kept', async ({ page }) => {
  await load(page, blank);
  const found = await inPage(page, ({ Classifier }, url) => Promise.all([
    Classifier.isCached(url), Classifier.isCached(new URL(url, location)), Classifier.isCached(new Request(url)),
    Classifier.isCached(new Blob(['x'])), Classifier.isCached(new ArrayBuffer(1)), Classifier.isCached('http://'),
  ]), blank);
  expect(found).toEqual([true, true, true, false, false, false]);
});

test.describe('a model in parts', () => {
  const url = '/models/parts/blank.index.json';
  let index, parts, files;

  test.beforeAll(() => {
    ({ index, parts } = shardsOf(bytes, 8e6, 'blank'));
    files = index.parts.map(({ file }) => `/models/parts/${file}`);
  });

  async function serveParts(page) {
    const asked = [];
    const go = { offline: false };
    await page.route('**/models/parts/*', (route) => {
      const { pathname } = new URL(route.request().url());
      asked.push(`${route.request().method()} ${pathname}`);
      if (go.offline) return route.abort('internetdisconnected');
      const body = pathname === url ? JSON.stringify(index) : parts[pathname.split('/').at(-1)];
      const isHead = route.request().method() === 'HEAD';
      return route.fulfill({ headers: { etag: '"1"', 'content-length': String(body.length) }, body: isHead ? '' : body });
    });
    return { asked, go };
  }

  test('the second load fetches none, with or without a sha256, online or not', async ({ page }) => {
    const { asked, go } = await serveParts(page);
    expect(await load(page, url)).toEqual(done);
    expect(asked).toEqual([url, ...files].map((path) => `GET ${path}`));
    asked.length = 0;
    for (const options of [{}, { sha256: index.sha256 }]) {
      for (const offline of [false, true]) {
        go.offline = offline;
        expect(await load(page, url, options)).toEqual(done);
      }
    }
    expect(asked).toEqual(Array(4).fill(`HEAD ${url}`));
  });

  test('is kept when all of it is, and forgotten with all of it', async ({ page }) => {
    await serveParts(page);
    expect(await isCached(page, url)).toBe(false);
    await load(page, url);
    expect(await isCached(page, url)).toBe(true);
    expect((await kept(page)).sort()).toEqual([url, ...files].sort());
    await inPage(page, async (_, part) => (await caches.open('resnet-wasm')).delete(part), files[1]);
    expect(await isCached(page, url)).toBe(false);
    await inPage(page, ({ Classifier }, source) => Classifier.clearCache(source), url);
    expect(await kept(page)).toEqual([]);
  });
});

test('an aborted download leaves nothing', async ({ page, serve }) => {
  const { url } = await serve('aborted.safetensors', { body: bytes, stalls: 1 << 20 });
  const reached = await inPage(page, async ({ Classifier }, source) => {
    const controller = new AbortController();
    let loaded = 0;
    const onProgress = ({ loadedBytes }) => {
      loaded = loadedBytes;
      if (loaded > 0) controller.abort();
    };
    await Classifier.load(source, { signal: controller.signal, onProgress }).catch(() => undefined);
    return loaded;
  }, url);
  expect(reached).toBeGreaterThan(0);
  expect(reached).toBeLessThan(bytes.length);
  expect(await inPage(page, async (_, source, { wait }) => {
    await wait(500); // what is written too late would be there by now
    return await caches.match(source) === undefined;
  }, url)).toBe(true);
});

test('a download that breaks off leaves nothing', async ({ page, serve }) => {
  const { url } = await serve('broken.safetensors', { body: bytes, breaks: [1 << 20] });
  expect(await load(page, url)).toEqual({ code: 'io' });
  expect(await kept(page)).toEqual([]);
});

const brokenCaches = {
  'there is no room': () => {
    Cache.prototype.put = () => Promise.reject(new DOMException('there is no room', 'QuotaExceededError'));
  },
  'it cannot be opened': () => {
    CacheStorage.prototype.open = () => Promise.reject(new DOMException('not in a private window', 'SecurityError'));
  },
  'it cannot be read': () => {
    Cache.prototype.match = () => Promise.reject(new DOMException('damaged', 'UnknownError'));
  },
  'there is none': () => {
    Object.defineProperty(self, 'caches', { value: undefined });
  },
  'it must not be looked at': () => {
    Object.defineProperty(self, 'caches', { get() { throw new DOMException('in a sandbox', 'SecurityError'); } });
  },
};
for (const [what, breakIt] of Object.entries(brokenCaches)) {
  test(`without a cache that works, everything else does: ${what}`, async ({ page }) => {
    await page.addInitScript(breakIt);
    for (const options of [{}, { sha256 }]) expect(await load(page, blank, options)).toEqual(done);
    expect(await isCached(page, blank)).toBe(false);
    await inPage(page, ({ Classifier }, url) => Classifier.clearCache(url), blank);
  });
}

test('keeps nothing where it is told so, and under another name where it is told that', async ({ page, serve }) => {
  const { url, asked } = await serve('named.safetensors', { body: bytes });
  for (let i = 0; i < 2; ++i) expect(await load(page, url, { cache: false })).toEqual(done);
  expect(asked).toEqual(['GET', 'GET']);
  expect(await inPage(page, () => caches.keys())).toEqual([]);
  expect(await isCached(page, url, { cache: false })).toBe(false);
  await load(page, url, { cache: 'mine' });
  expect(await kept(page, 'mine')).toEqual([url]);
  expect([await isCached(page, url), await isCached(page, url, { cache: 'mine' })]).toEqual([false, true]);
  await inPage(page, ({ Classifier }) => Classifier.clearCache(undefined, { cache: 'mine' }));
  expect(await inPage(page, () => caches.has('mine'))).toBe(false);
});

test('a copy that is not what the sha256 says is replaced', async ({ page, serve }) => {
  const { url, asked } = await serve('kept.safetensors', { body: bytes });
  const tamper = () => inPage(page, async (_, source) => {
    await (await caches.open('resnet-wasm')).put(source, new Response('something else'));
  }, url);
  await tamper();
  expect(await load(page, url, { sha256 })).toEqual(done);
  expect(asked).toEqual(['GET']);
  expect(await load(page, url, { sha256 })).toEqual(done);
  expect(asked).toEqual(['GET']); // the right one is kept in its place
});
