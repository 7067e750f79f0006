// A real network on real photographs: the page's scores are the native program's. And how long it takes.
//
// SPDX-License-Identifier: MIT
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { inBuild } from '../../tools/build/run.mjs';
import { expect, modelFacts, serveModel, showPhoto, test } from './fixtures.mjs';

const labrador = 208;
const { RESNET_DATA: data, RESNET_TEST_MODEL: model } = process.env;
const photos = data ? listPhotos(path.join(data, 'images/labrador')) : [];

test.skip(!model, 'RESNET_DATA is not set, or has no resnet50-pqf');

function listPhotos(folder) {
  return fs.readdirSync(folder).filter((name) => /\.(jpe?g|png)$/i.test(name)).sort().map((name) => path.join(folder, name));
}

/** What the native program says: by file, all classes' scores. */
function nativeScores() {
  const text = execFileSync(inBuild('native/resnet'), ['classify', model, ...photos, '--top', '0', '--json'], { maxBuffer: 1 << 28 });
  return JSON.parse(text).map(({ predictions }) => new Map(predictions.map(({ index, score }) => [index, score])));
}

test('the page ranks every Labrador first or second, and shows the native scores', async ({ page }) => {
  await serveModel(page, 'real.safetensors');
  await page.goto('/');
  await expect(modelFacts(page)).toBeVisible();
  const native = nativeScores();
  expect(photos.length).toBeGreaterThan(0);
  for (const [i, file] of photos.entries()) {
    const rank = (await showPhoto(page, file)).indexOf('Labrador retriever');
    expect(rank, path.basename(file)).toBeGreaterThanOrEqual(0);
    expect(rank, path.basename(file)).toBeLessThan(2);
    const shown = parseFloat(await page.locator('.photo-panel .results .score').nth(rank).textContent());
    expect(Math.abs(shown / 100 - native[i].get(labrador))).toBeLessThan(1e-3 + 5e-4); // the page rounds to 0.1 %
  }
  await page.screenshot({ path: inBuild('screenshots', 'labrador.png'), fullPage: true });
});

for (const build of ['simd', 'relaxed']) {
  test(`build ${build}: scores equal the native ones; time to the first answer`, async ({ page }) => {
    await serveModel(page, undefined);
    await page.goto('/');
    const files = photos.map((file) => [...fs.readFileSync(file)]);
    const { results, first, warm, heap, info } = await page.evaluate(async ({ wanted, images }) => {
      const { Classifier } = await import('/package/index.js');
      const from = performance.now();
      const classifier = await Classifier.load('/models/real.safetensors', { build: wanted, threads: 1 });
      const answers = [await classifier.classify(new Uint8Array(images[0]), { maxResults: 0 })];
      const firstAnswer = performance.now() - from;
      for (const image of images.slice(1)) answers.push(await classifier.classify(new Uint8Array(image), { maxResults: 0 }));
      const times = [];
      for (let i = 0; i < 15; ++i) times.push((await classifier.classify(new Uint8Array(images[0]))).timing.inference);
      return { results: answers, first: firstAnswer, warm: times, heap: await classifier.heapBytes(), info: classifier.info };
    }, { wanted: build, images: files });
    expect(info).toMatchObject({ build, architecture: 'resnet50', classes: 1000 });
    let largest = 0;
    for (const [i, scores] of nativeScores().entries()) {
      for (const { index, score } of results[i].predictions) largest = Math.max(largest, Math.abs(score - scores.get(index)));
      expect(results[i].predictions.slice(0, 2).map(({ index }) => index)).toContain(labrador);
    }
    expect(largest).toBeLessThan(1e-3);
    warm.sort((a, b) => a - b);
    console.log(`  ${build}: load to first answer ${first.toFixed(0)} ms; warm inference ${warm[7].toFixed(0)} ms `
      + `(median; least ${warm[0].toFixed(0)}); heap ${(heap / 2 ** 20).toFixed(0)} MiB; largest difference to native ${largest.toExponential(1)}`);
  });
}
