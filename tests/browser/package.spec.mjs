// The package, imported by a page under the strict policy: what its API promises.
//
// SPDX-License-Identifier: MIT
import { labelIds, labels, scores } from './blank_model.mjs';
import { expect, png } from './fixtures.mjs';
import { blank, inPage, test } from './in_page.mjs';

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
  expect(result).toMatchObject({ width: 40, height: 30, decodedBy: 'resnet-wasm' });
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
    info: { architecture: 'resnet18', precision: 'f16', classes: 3, inputSize: 32, build: 'relaxed', worker: true, labels, labelIds },
  });
});

test('rejects with a code: bad options, bad pictures, bad models', async ({ page }) => {
  const codes = await inPage(page, async ({ Classifier }, bytes, { codeOf }) => {
    const classifier = await Classifier.load('/models/blank.safetensors');
    const image = new Uint8Array(bytes);
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
      noModel: await codeOf(Classifier.load(undefined)),
      address: await codeOf(Classifier.load('http://')),
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
    model: 'truncated', noModel: bad, address: bad, missing: 'io', golden: 'bad_model', after: 'none', disposed: 'cancelled',
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
      all.push({ stages, size: classifier.info.modelBytes });
      classifier.dispose();
    }
    return { all, size: bytes.byteLength };
  });
  for (const { stages, size } of loads.all) {
    const bytes = (stage, loadedBytes, fraction) => ({ stage, loadedBytes, totalBytes: loads.size, fraction });
    const downloads = stages.filter(({ stage }) => stage === 'download');
    expect(downloads[0]).toEqual(bytes('download', 0, 0));
    expect(downloads.at(-1)).toEqual(bytes('download', loads.size, expect.closeTo(0.9, 9)));
    expect(stages.slice(downloads.length)).toEqual([0.9, 0.95, 1].map((fraction) => bytes('prepare', loads.size, fraction)));
    for (const [i, { fraction }] of stages.entries()) expect(fraction).toBeGreaterThanOrEqual(stages[i - 1]?.fraction ?? 0);
    expect(size).toBe(loads.size);
  }
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
  const info = await inPage(page, async ({ Classifier }, model) => (await Classifier.load(model, { threads: 1 })).info, blank);
  expect(info.build).toBe('simd');
  expect(info.buildReason).toContain('the server answered with a web page');
});
