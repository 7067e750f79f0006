// The package, imported by a page under the strict policy: what its API promises.
//
// SPDX-License-Identifier: MIT
import { labels, scores } from './blank_model.mjs';
import { expect, png, test } from './fixtures.mjs';

/** Runs `work(api, argument)` in a page; what it needs beside the API it gets as `argument`. */
async function inPage(page, work, argument) {
  if (page.url() === 'about:blank') {
    await page.route('**/models/index.json', (route) => route.fulfill({ json: { models: [] } }));
    await page.goto('/');
  }
  return page.evaluate(`(async () => (${work})(await import('/package/index.js'), ${JSON.stringify(argument)}))()`);
}

const picture = [...png(40, 30)];

test('gives predictions, timing, size and crop', async ({ page }) => {
  const result = await inPage(page, async ({ Classifier }, bytes) => {
    const classifier = await Classifier.load('/models/blank.safetensors');
    return classifier.classify(new Uint8Array(bytes).buffer);
  }, picture);
  expect(result.predictions.map(({ index }) => index)).toEqual([1, 2, 0]);
  for (const { index, label, score } of result.predictions) {
    expect(label).toBe(labels[index]);
    expect(score).toBeCloseTo(scores[index], 5);
  }
  expect(result).toMatchObject({ width: 40, height: 30 });
  expect(result.crop.left).toBeCloseTo(1 / 8, 1); // a square from the middle of 4:3
  expect(result.timing.total).toBeGreaterThanOrEqual(result.timing.inference);
});

test('takes options as MediaPipe names them', async ({ page }) => {
  const found = await inPage(page, async ({ Classifier }, bytes) => {
    const classifier = await Classifier.load(new URL('/models/blank.safetensors', location));
    const image = new Blob([new Uint8Array(bytes)]);
    const indices = async (options) => (await classifier.classify(image, options)).predictions.map(({ index }) => index);
    const { heatmap } = await classifier.classify(image, { heatmap: true });
    return {
      one: await indices({ maxResults: 1 }),
      sure: await indices({ scoreThreshold: 0.5 }),
      allowed: await indices({ categoryAllowlist: ['anything', 0] }),
      denied: await indices({ categoryDenylist: ['something'] }),
      turned: (await classifier.classify(image, { rotationDegrees: 90, orientation: 'ignore',
        regionOfInterest: { left: 0.25, top: 0, right: 1, bottom: 1 } })).predictions.length,
      pixels: (await classifier.classify(new ImageData(20, 10))).width,
      heatmap: [heatmap.index, heatmap.values.length === heatmap.size ** 2],
      embedding: (await classifier.embed(image)).length,
      info: classifier.info,
    };
  }, picture);
  expect(found).toMatchObject({
    one: [1], sure: [1], allowed: [2, 0], denied: [2, 0], turned: 3, pixels: 20, heatmap: [1, true], embedding: 512,
    info: { architecture: 'resnet18', precision: 'f16', classes: 3, inputSize: 32, build: 'relaxed', worker: true, labels },
  });
});

test('rejects with a code: bad options, bad pictures, bad models', async ({ page }) => {
  const codes = await inPage(page, async ({ Classifier, ResnetError }, bytes) => {
    const classifier = await Classifier.load('/models/blank.safetensors');
    const image = new Uint8Array(bytes);
    const codeOf = (promise) => promise.then(() => 'none', (error) => (error instanceof ResnetError ? error.code : String(error)));
    return {
      results: await codeOf(classifier.classify(image, { maxResults: 1.5 })),
      rotation: await codeOf(classifier.classify(image, { rotationDegrees: 45 })),
      region: await codeOf(classifier.classify(image, { regionOfInterest: { left: 0.5, top: 0, right: 0.2, bottom: 1 } })),
      lists: await codeOf(classifier.classify(image, { categoryAllowlist: [0], categoryDenylist: [1] })),
      unknown: await codeOf(classifier.classify(image, { categoryAllowlist: ['no such label'] })),
      heatmap: await codeOf(classifier.classify(image, { heatmap: 1000 })),
      pixels: await codeOf(classifier.classify({ data: new Uint8Array(7), width: 2, height: 2 })),
      nothing: await codeOf(classifier.classify(undefined)),
      limit: await codeOf(classifier.classify(image, { maxImageBytes: 10 })),
      pixelLimit: await codeOf(classifier.classify(image, { maxImagePixels: 10 })),
      model: await codeOf(Classifier.load(new ArrayBuffer(4))),
      missing: await codeOf(Classifier.load('/models/none.safetensors')),
      golden: await codeOf(Classifier.load('/models/wrong-golden.safetensors')),
      after: await codeOf(classifier.classify(image)),
      disposed: (classifier.dispose(), await codeOf(classifier.classify(image))),
    };
  }, picture);
  const bad = 'bad_argument';
  expect(codes).toEqual({
    results: bad, rotation: bad, region: bad, lists: bad, unknown: bad, heatmap: bad, pixels: bad, nothing: bad,
    limit: 'image_too_large', pixelLimit: 'image_too_large',
    model: 'truncated', missing: 'io', golden: 'bad_model', after: 'none', disposed: 'cancelled',
  });
});

test('answers on the calling thread as in a worker, and in both builds alike', async ({ page }) => {
  const answers = await inPage(page, async ({ Classifier }, bytes) => {
    const all = [];
    for (const options of [{}, { worker: false }, { build: 'simd' }, { build: 'relaxed', worker: false }]) {
      const classifier = await Classifier.load('/models/blank.safetensors', options);
      all.push((await classifier.classify(new Uint8Array(bytes))).predictions);
      classifier.dispose();
    }
    return all;
  }, picture);
  for (const predictions of answers) expect(predictions).toEqual(answers[0]);
});

test('loads from an address, a file, bytes and a response, with the progress in bytes', async ({ page }) => {
  const loads = await inPage(page, async ({ Classifier }) => {
    const url = '/models/blank.safetensors';
    const bytes = await (await fetch(url)).arrayBuffer();
    const all = [];
    for (const source of [url, new Blob([bytes]), bytes, await fetch(url)]) {
      const stages = [];
      const classifier = await Classifier.load(source, { onProgress: (progress) => stages.push(progress) });
      all.push({ first: stages[0], last: stages.at(-1), lastBytes: stages.at(-2), size: classifier.info.modelBytes });
      classifier.dispose();
    }
    return { all, size: bytes.byteLength };
  });
  for (const { first, last, lastBytes, size } of loads.all) {
    expect(first).toEqual({ stage: 'download', loadedBytes: 0, totalBytes: loads.size });
    expect(lastBytes).toEqual({ stage: 'download', loadedBytes: loads.size, totalBytes: loads.size });
    expect(last).toEqual({ stage: 'prepare' });
    expect(size).toBe(loads.size);
  }
});

test('aborts at once with the reason, while it loads and while it computes, and goes on', async ({ page }) => {
  const times = await inPage(page, async ({ Classifier }, bytes) => {
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const reason = new Error('changed my mind');
    const aborted = async (start, after) => {
      const controller = new AbortController();
      const promise = start(controller.signal).then(() => 'done', (error) => error);
      await wait(after);
      const from = performance.now();
      controller.abort(reason);
      const outcome = await promise;
      return { isReason: outcome === reason, ms: performance.now() - from };
    };
    const load = await aborted((signal) => Classifier.load('/models/slow.safetensors', { signal }), 5);
    const before = await aborted((signal) => Classifier.load('/models/slow.safetensors', { signal }), 0);
    const classifier = await Classifier.load('/models/slow.safetensors');
    const image = new Uint8Array(bytes);
    const whole = (await classifier.classify(image)).timing.inference;
    const run = await aborted((signal) => classifier.classify(image, { signal }), whole / 4);
    const from = performance.now();
    const { timing } = await classifier.classify(image);
    return { load, before, run, whole, wait: performance.now() - from - timing.total };
  }, picture);
  for (const { isReason, ms } of [times.load, times.before, times.run]) {
    expect(isReason).toBe(true);
    expect(ms).toBeLessThan(500); // the bar is 100 ms
  }
  expect(times.wait).toBeLessThan(1500); // the bar is 300 ms
  console.log(`  abort: load ${times.load.ms.toFixed(1)} ms, inference ${times.run.ms.toFixed(1)} ms; `
    + `the next call began ${times.wait.toFixed(1)} ms later (a whole inference takes ${times.whole.toFixed(0)} ms)`);
});

test('answers calls in the order in which they came, a failing one included', async ({ page }) => {
  const order = await inPage(page, async ({ Classifier }, bytes) => {
    const classifier = await Classifier.load('/models/blank.safetensors');
    const ended = [];
    const images = [new Uint8Array(bytes), new Uint8Array(3), new Uint8Array(bytes)];
    await Promise.all(images.map((image, i) => classifier.classify(image).then(() => ended.push(i), () => ended.push(-i))));
    return ended;
  }, picture);
  expect(order).toEqual([0, -1, 2]);
});

test('falls back to the plain build where the other does not work, and says why', async ({ page }) => {
  await page.route('**/resnet-relaxed.wasm', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
  const info = await inPage(page, async ({ Classifier }) => (await Classifier.load('/models/blank.safetensors')).info);
  expect(info.build).toBe('simd');
  expect(info.buildReason).toContain('the server answered with a web page');
});

test('does not grow', async ({ page }) => {
  const [early, late] = await inPage(page, async ({ Classifier }, bytes) => {
    const classifier = await Classifier.load('/models/blank.safetensors');
    const heaps = [];
    for (const count of [10, 100]) {
      for (let i = 0; i < count; ++i) await classifier.classify(new Uint8Array(bytes), { heatmap: true });
      heaps.push(await classifier.heapBytes());
    }
    return heaps;
  }, picture);
  expect(late).toBe(early);
});
