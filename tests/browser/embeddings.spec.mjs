// Embeddings: of length 1 where that is asked for, near for like pictures, and only comparable with their own kind.
//
// SPDX-License-Identifier: MIT
import { expect } from './fixtures.mjs';
import { blank, inPage, serveSeeing, test } from './in_page.mjs';

test('like pictures are near, others are not', async ({ page }) => {
  const model = await serveSeeing(page);
  const found = await inPage(page, async ({ Classifier, cosineSimilarity }, url, { filled }) => {
    const classifier = await Classifier.load(url);
    const length = (vector) => Math.hypot(...vector);
    const [red, alsoRed, orange, blue] = await Promise.all(['red', 'rgb(128 0 0)', 'rgb(255 60 0)', 'blue']
      .map((colour) => classifier.embed(filled(40, 30, colour))));
    const unit = await classifier.embed(filled(40, 30, 'rgb(255 60 0)'), { l2Normalize: true });
    return {
      kind: [red instanceof Float32Array, red.length === classifier.info.embeddingSize],
      lengths: [length(orange), length(unit)],
      dot: unit.reduce((sum, value, i) => sum + value * unit[i], 0),
      same: [cosineSimilarity(orange, orange), cosineSimilarity(orange, unit), cosineSimilarity(red, alsoRed)],
      near: cosineSimilarity(red, orange),
      far: cosineSimilarity(red, blue),
    };
  }, model);
  expect(found.kind).toEqual([true, true]);
  expect(found.lengths[0]).toBeCloseTo(Math.hypot(255, 60) / 255, 5); // the mean of each colour
  expect(found.lengths[1]).toBeCloseTo(1, 6);
  for (const similarity of found.same) expect(similarity).toBeCloseTo(1, 6);
  expect(found.near).toBeCloseTo(255 / Math.hypot(255, 60), 5);
  expect(found.far).toBeCloseTo(0, 6);
});

test('a vector of zeros has no direction: it stays, and is like nothing', async ({ page }) => {
  const found = await inPage(page, async ({ Classifier, cosineSimilarity }, model, { filled }) => {
    const classifier = await Classifier.load(model);
    const zeros = await classifier.embed(filled(8, 8, 'red'), { l2Normalize: true }); // of a network that knows nothing
    return [Math.max(...zeros.map(Math.abs)), cosineSimilarity(zeros, zeros)];
  }, blank);
  expect(found).toEqual([0, 0]);
});

test('embeddings of two networks cannot be compared', async ({ page }) => {
  const code = await inPage(page, ({ cosineSimilarity }, _, { codeOf }) =>
    codeOf((async () => cosineSimilarity(new Float32Array(3), new Float32Array(4)))()));
  expect(code).toBe('bad_argument');
});
