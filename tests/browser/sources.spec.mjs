// Where a model, and the package's own files, may come from; and what is said when they do not come whole.
//
// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { dist } from '../../tools/build/bundle.mjs';
import { headers as policy } from '../../tools/build/policy.mjs';
import { expect, png } from './fixtures.mjs';
import { blank, inPage, modelBytes, test } from './in_page.mjs';
import { shardsOf } from './shards.mjs';

const picture = [...png(40, 30)];
const indexUrl = '/models/parts/blank.index.json';
const sha256Of = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Has a model in parts be at /models/parts/; those that are undefined are not there. Returns what is asked for, by name. */
async function serveParts(page, index, parts) {
  const asked = [];
  await page.route('**/models/parts/*', (route) => {
    const name = new URL(route.request().url()).pathname.split('/').at(-1);
    asked.push(name);
    if (name === 'blank.index.json') return route.fulfill({ json: index });
    if (parts[name] === undefined) return route.fulfill({ status: 404, body: 'no' });
    return route.fulfill({ contentType: 'application/octet-stream', body: parts[name] });
  });
  return asked;
}

/** The error of a load: {code, message}; code 'none' where there is none. */
const loadError = (page, source, options = {}) => inPage(page, async ({ Classifier, ResnetError }, given) => {
  const error = await Classifier.load(given.source, given.options).catch((caught) => caught);
  if (!(error instanceof Error)) return { code: 'none' };
  return { code: error instanceof ResnetError ? error.code : 'not typed', message: error.message };
}, { source, options });

/** What a classifier with these options is, and the best class of a picture. */
const loadAndClassify = (page, source, options = {}) => inPage(page, async ({ Classifier }, given) => {
  const classifier = await Classifier.load(given.source, given.options);
  const { predictions } = await classifier.classify(new Uint8Array(given.bytes));
  return { ...classifier.info, best: predictions[0].index };
}, { source, options, bytes: picture });

/** The addresses that are asked for from now on. */
function recordRequests(page) {
  const paths = [];
  page.on('request', (request) => paths.push(new URL(request.url()).pathname));
  return paths;
}

test('a Request is asked as it is', async ({ page, serve }) => {
  const server = await serve('asked.safetensors', { body: modelBytes('blank.safetensors') });
  const best = await inPage(page, async ({ Classifier }, { url, bytes }) => {
    const classifier = await Classifier.load(new Request(url, { headers: { 'x-of-the-request': 'yes' } }));
    return (await classifier.classify(new Uint8Array(bytes))).predictions[0].index;
  }, { url: server.url, bytes: picture });
  expect(best).toBe(1);
  expect(server.requests.map((headers) => headers['x-of-the-request'])).toEqual(['yes']);
});

test('a Response that has been read is asked for again by its address, one without an address is refused', async ({ page }) => {
  const codes = await inPage(page, async ({ Classifier }, model, { codeOf }) => {
    const used = await fetch(model);
    const bytes = await used.arrayBuffer();
    const made = new Response(bytes);
    return [await codeOf(Classifier.load(used)), await codeOf(Classifier.load(made)), await codeOf(Classifier.load(made))];
  }, blank);
  expect(codes).toEqual(['none', 'none', 'bad_argument']);
});

test('a server that does not say the length', async ({ page, serve }) => {
  const body = modelBytes('blank.safetensors');
  const server = await serve('endless.safetensors', { body, sized: false });
  const { stages, modelBytes: size } = await inPage(page, async ({ Classifier }, url) => {
    const progress = [];
    const classifier = await Classifier.load(url, { onProgress: (stage) => progress.push(stage) });
    return { stages: progress, modelBytes: classifier.info.modelBytes };
  }, server.url);
  expect(size).toBe(body.length);
  const downloads = stages.filter(({ stage }) => stage === 'download');
  for (const { totalBytes, fraction } of downloads) expect([totalBytes, fraction]).toEqual([undefined, undefined]);
  expect(downloads.at(-1).loadedBytes).toBe(body.length);
  expect(stages.at(-1)).toEqual({ stage: 'prepare', loadedBytes: body.length, totalBytes: body.length, fraction: 1 });
});

test('a connection that breaks off', async ({ page, serve }) => {
  const { url } = await serve('broken.safetensors', { body: modelBytes('blank.safetensors'), breaks: [1 << 20] });
  expect(await loadError(page, url)).toMatchObject({ code: 'io', message: expect.stringContaining('broken.safetensors') });
  expect(await loadError(page, url)).toEqual({ code: 'none' }); // the second answer is whole: nothing of the first is left
});

test('the sha256 that is asked for: the right one, another one, and none at all', async ({ page }) => {
  const sha256 = sha256Of(modelBytes('blank.safetensors'));
  const other = sha256.replace(/^../, (digits) => (digits === '00' ? '01' : '00'));
  for (const right of [sha256, sha256.toUpperCase()]) expect(await loadError(page, blank, { sha256: right })).toEqual({ code: 'none' });
  const wrong = await loadError(page, blank, { sha256: other });
  expect(wrong).toMatchObject({ code: 'bad_model', message: expect.stringContaining(other) });
  expect(wrong.message).toContain(sha256);
  const asked = recordRequests(page);
  for (const malformed of ['', 'abc', `${sha256}0`, sha256.replace(/.$/, 'g')]) {
    expect(await loadError(page, blank, { sha256: malformed })).toMatchObject({ code: 'bad_argument' });
  }
  expect(asked).not.toContain(blank);
});

test('the sha256 of bytes and files in memory', async ({ page }) => {
  const sha256 = sha256Of(modelBytes('blank.safetensors'));
  const codes = await inPage(page, async ({ Classifier }, { model, right }, { codeOf }) => {
    const bytes = await (await fetch(model)).arrayBuffer();
    const all = [];
    for (const source of [() => bytes, () => new Blob([bytes]), () => fetch(model)]) {
      all.push(await codeOf(Classifier.load(await source(), { sha256: right })));
      all.push(await codeOf(Classifier.load(await source(), { sha256: right.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) })));
    }
    return all;
  }, { model: blank, right: sha256 });
  expect(codes).toEqual(Array(3).fill(['none', 'bad_model']).flat());
});

test('a model in parts, with the progress of the whole', async ({ page }) => {
  const whole = modelBytes('blank.safetensors');
  const { index, parts } = shardsOf(whole, 8e6, 'blank');
  expect(index.parts.length).toBeGreaterThan(2);
  const asked = await serveParts(page, index, parts);
  const { stages, info, best } = await inPage(page, async ({ Classifier }, { url, sha256, bytes }) => {
    const progress = [];
    const classifier = await Classifier.load(url, { sha256, onProgress: (stage) => progress.push(stage) });
    const { predictions } = await classifier.classify(new Uint8Array(bytes));
    return { stages: progress, info: classifier.info, best: predictions[0].index };
  }, { url: indexUrl, sha256: index.sha256, bytes: picture });
  expect(best).toBe(1);
  expect(info.modelBytes).toBe(whole.length);
  expect(asked).toEqual(['blank.index.json', ...index.parts.map(({ file }) => file)]);
  const downloads = stages.filter(({ stage }) => stage === 'download').map(({ loadedBytes, totalBytes }) => [loadedBytes, totalBytes]);
  expect(downloads[0]).toEqual([0, whole.length]);
  expect(downloads.at(-1)).toEqual([whole.length, whole.length]);
});

test.describe('a model in parts that are not what the index says', () => {
  const { index, parts } = shardsOf(Buffer.alloc(3000, 'no model'), 1000, 'blank');
  const [first] = index.parts;
  const changed = (bytes) => ({ ...parts, [first.file]: bytes });
  const damaged = Buffer.from(parts[first.file]);
  damaged[500] ^= 1;
  const cases = [
    ['one is missing', index, changed(undefined), 'io', /404/],
    ['one is damaged', index, changed(damaged), 'bad_model', new RegExp(first.file.replaceAll('.', '\\.'))],
    ['one is too short', index, changed(parts[first.file].subarray(1)), 'bad_model', /999 bytes/],
    ['they are too few', { ...index, parts: index.parts.slice(1) }, parts, 'bad_model', /2000 bytes/],
    ['a size is no number', { ...index, parts: [{ ...first, bytes: '1000' }] }, parts, 'bad_model', /"1000"/],
    ['a sha256 is none', { ...index, parts: [{ ...first, sha256: 'abc' }] }, parts, 'bad_model', /"abc"/],
    ['the format is of another version', { ...index, format: 'resnet-wasm shards 2' }, parts, 'unsupported_model', /shards 2/],
    ['it is other JSON', { format: 'of something else' }, parts, 'not_a_model', /convert --shard/],
  ];
  for (const [what, served, files, code, words] of cases) {
    test(what, async ({ page }) => {
      await serveParts(page, served, files);
      expect(await loadError(page, indexUrl)).toMatchObject({ code, message: expect.stringMatching(words) });
    });
  }

  for (const file of ['../blank.safetensors', '/models/blank.safetensors', 'http://elsewhere.test/x', 'a/b', '..', 'a%2fb', 'a?b', '', 7]) {
    test(`a part must lie beside its index: ${JSON.stringify(file)}`, async ({ page }) => {
      const asked = await serveParts(page, { ...index, bytes: 1000, parts: [{ ...first, file }] }, parts);
      expect(await loadError(page, indexUrl)).toMatchObject({ code: 'bad_model', message: expect.stringContaining(JSON.stringify(file)) });
      expect(asked).toEqual(['blank.index.json']);
    });
  }

  test('another model than the one that is asked for', async ({ page }) => {
    const asked = await serveParts(page, index, parts);
    expect(await loadError(page, indexUrl, { sha256: sha256Of('another') })).toMatchObject({ code: 'bad_model' });
    expect(asked).toEqual(['blank.index.json']);
  });

  test('an index without an address has no place where its parts could be', async ({ page }) => {
    const code = await inPage(page, ({ Classifier }, text, { codeOf }) => codeOf(Classifier.load(new Blob([text]))), JSON.stringify(index));
    expect(code).toBe('bad_argument');
  });
});

test('a module that is compiled already is not fetched again', async ({ page }) => {
  await page.route('**/resnet-*.wasm', (route) => (route.request().url().endsWith('?mine') ? route.continue() : route.abort()));
  const found = await inPage(page, async ({ Classifier }, { model, bytes }) => {
    const wasmModule = { simd: await WebAssembly.compileStreaming(fetch('/package/resnet-simd.wasm?mine')) };
    const all = [];
    for (const worker of [true, false]) {
      const classifier = await Classifier.load(model, { build: 'simd', threads: 1, wasmModule, worker });
      all.push((await classifier.classify(new Uint8Array(bytes))).predictions[0].index);
    }
    return all;
  }, { model: blank, bytes: picture });
  expect(found).toEqual([1, 1]);
  expect(await loadError(page, blank, { build: 'simd', threads: 1 })).toMatchObject({ code: 'io' }); // without it there is none
});

for (const type of ['application/wasm', 'application/octet-stream']) {
  test(`a wasm file elsewhere, as ${type}: the address is the page's`, async ({ page }) => {
    const wasm = fs.readFileSync(dist('package/resnet-simd.wasm'));
    await page.route('**/elsewhere/engine', (route) => route.fulfill({ contentType: type, body: wasm }));
    const asked = recordRequests(page);
    const options = { build: 'simd', threads: 1, wasmUrl: { simd: 'elsewhere/engine' } };
    expect(await loadAndClassify(page, blank, options)).toMatchObject({ build: 'simd', best: 1 });
    expect(asked).toContain('/elsewhere/engine');
    expect(asked.filter((path) => path.endsWith('.wasm'))).toEqual([]);
  });
}

test('a worker script elsewhere', async ({ page }) => {
  const body = fs.readFileSync(dist('package/worker.js'));
  await page.route('**/elsewhere/script.js', (route) => route.fulfill({ contentType: 'text/javascript', headers: policy, body }));
  const asked = recordRequests(page);
  expect(await loadAndClassify(page, blank, { threads: 1, workerUrl: '/elsewhere/script.js' })).toMatchObject({ worker: true, best: 1 });
  expect(asked).toContain('/elsewhere/script.js');
  expect(asked).not.toContain('/package/worker.js');
});

test('a worker script that is not there, or not of this origin', async ({ page }) => {
  for (const workerUrl of ['/elsewhere/none.js', 'http://elsewhere.test/worker.js']) {
    const error = await loadError(page, blank, { threads: 1, workerUrl });
    expect(error).toMatchObject({ code: 'io', message: expect.stringContaining('the worker could not be started') });
  }
});
