// Threads: where the page may have them, the same answers from two as from one; elsewhere one, and why.
//
// SPDX-License-Identifier: MIT
import { expect, png, test } from './fixtures.mjs';

const picture = [...png(200, 150)];
const isolated = /threads: the page is cross-origin isolated/;

/** What a classifier with these options is, and what it says of a picture; or the code of its error. */
async function classify(page, options) {
  await page.route('**/models/index.json', (route) => route.fulfill({ json: { models: [] } }));
  await page.goto('/');
  return page.evaluate(async ({ loadOptions, bytes }) => {
    const { Classifier } = await import('/package/index.js');
    try {
      const classifier = await Classifier.load('/models/slow.safetensors', loadOptions);
      const { predictions } = await classifier.classify(new Uint8Array(bytes));
      const { threads, build, buildReason } = classifier.info;
      classifier.dispose();
      return { threads, build, buildReason, scores: predictions.map(({ score }) => score) };
    } catch ({ code }) {
      return { code };
    }
  }, { loadOptions: options, bytes: picture });
}

for (const build of ['simd', 'relaxed']) {
  test(`build ${build}: two threads give the scores of one`, async ({ page }) => {
    const one = await classify(page, { build, threads: 1 });
    const two = await classify(page, { build, threads: 2 });
    expect(one).toMatchObject({ build, threads: 1 });
    expect(two).toMatchObject({ build, threads: 2, buildReason: expect.stringMatching(isolated) });
    expect(two.scores).toEqual(one.scores);
  });
}

test('takes as many threads as there are cores, at most four, unless told otherwise', async ({ page }) => {
  const { threads } = await classify(page, {});
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  expect(threads).toBe(Math.min(cores, 4));
});

test('takes one where the page is not cross-origin isolated', async ({ page }) => {
  await page.route('/', async (route) => {
    const response = await route.fetch();
    const { 'cross-origin-opener-policy': opener, 'cross-origin-embedder-policy': embedder, ...headers } = response.headers();
    expect([opener, embedder]).toEqual(['same-origin', 'require-corp']); // what is taken away was there
    await route.fulfill({ response, headers });
  });
  const found = await classify(page, { threads: 2 });
  expect(found).toMatchObject({ threads: 1, buildReason: expect.stringContaining('not cross-origin isolated') });
});

test('takes one on the calling thread', async ({ page }) => {
  expect(await classify(page, { threads: 2, worker: false })).toMatchObject({ threads: 1, buildReason: expect.stringContaining('no worker') });
});

test('falls back to one where the threads do not start, and says why', async ({ page }) => {
  await page.route('**/worker-threads.js', (route) => route.fulfill({ status: 404, body: 'no' }));
  const found = await classify(page, { threads: 2 });
  expect(found).toMatchObject({ threads: 1, build: 'relaxed', buildReason: expect.stringContaining('threads did not work here') });
});

for (const threads of [0, 1.5, 'many']) {
  test(`refuses ${threads} threads`, async ({ page }) => {
    expect(await classify(page, { threads })).toEqual({ code: 'bad_argument' });
  });
}
