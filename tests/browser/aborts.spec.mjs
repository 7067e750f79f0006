// Aborts and the classifier's end: promises reject at once with the reason, the work stops, and what comes next need not wait.
//
// SPDX-License-Identifier: MIT
import { expect, png } from './fixtures.mjs';
import { blank, inPage, test } from './in_page.mjs';

const slow = '/models/slow.safetensors';
const picture = [...png(40, 30)];
// Five times the bars of 100 and 300 ms.
const mostToReject = 500;
const mostToGoOn = 1500;

/** Checks and shows what an aborted call gave: {isReason, rejectedMs, nextMs}. */
function expectPrompt({ isReason, rejectedMs, nextMs }, what) {
  console.log(`  abort during ${what}: rejected after ${rejectedMs.toFixed(1)} ms, the next call began after ${nextMs.toFixed(1)} ms`);
  expect(isReason, what).toBe(true);
  expect(rejectedMs, what).toBeLessThan(mostToReject);
  expect(nextMs, what).toBeLessThan(mostToGoOn);
}

for (const stage of ['download', 'prepare']) {
  test(`a load is aborted: ${stage}`, async ({ page }) => {
    const outcome = await inPage(page, async ({ Classifier }, { model, stage: wanted }) => {
      const reason = new Error('changed my mind');
      const controller = new AbortController();
      let reached = false;
      let from;
      const onProgress = ({ stage: now, loadedBytes }) => {
        if (reached || now !== wanted || loadedBytes === 0) return;
        reached = true;
        setTimeout(() => { // when the next piece, or the packing of the weights, is under way
          from = performance.now();
          controller.abort(reason);
        });
      };
      const error = await Classifier.load(model, { onProgress, signal: controller.signal }).catch((caught) => caught);
      const rejectedMs = performance.now() - from;
      let nextMs;
      const next = await Classifier.load(model, { onProgress: () => { nextMs ??= performance.now() - from; } });
      next.dispose();
      return { isReason: error === reason, rejectedMs, nextMs };
    }, { model: slow, stage });
    expectPrompt(outcome, stage);
    await expect.poll(() => page.workers().length, 'every worker has ended').toBe(0);
  });
}

test('a load from memory is aborted while the engine starts, and leaves none', async ({ page }) => {
  const { reasons, workers } = await inPage(page, async ({ Classifier }, model, { wait }) => {
    const bytes = await (await fetch(model)).arrayBuffer();
    const reason = new Error('changed my mind');
    const found = { reasons: [], workers: 0 };
    for (const ms of [0, 5, 20, 60]) {
      const controller = new AbortController();
      const load = Classifier.load(bytes, { signal: controller.signal }).catch((error) => error === reason);
      await wait(ms);
      controller.abort(reason);
      found.reasons.push(await load);
    }
    await wait(3000); // a load that went on would be done by then
    found.workers = (await navigator.locks.query()).held.length;
    return found;
  }, blank);
  expect(reasons).toEqual([true, true, true, true]);
  expect(workers).toBe(0); // each holds a lock as long as it lives
  expect(page.workers()).toEqual([]);
});

test('a load that runs into a time limit rejects with the limit\'s own reason', async ({ page, serve }) => {
  const { url } = await serve('stalled.wasm', { body: Buffer.alloc(1000), stalls: 100, type: 'application/wasm' });
  const reasons = await inPage(page, async ({ Classifier }, { model, wasm }) => {
    const options = { build: 'simd', threads: 1, wasmUrl: { simd: wasm }, cache: false };
    const bytes = await (await fetch(model)).arrayBuffer();
    const found = [];
    for (const source of [model, bytes]) {
      // The browser itself aborts these: what waits for one listener goes on before the next listener hears of it.
      const signal = AbortSignal.timeout(700);
      found.push(await Classifier.load(source, { ...options, signal }).catch((error) => (error === signal.reason ? error.name : String(error))));
    }
    return found;
  }, { model: blank, wasm: url });
  expect(reasons).toEqual(['TimeoutError', 'TimeoutError']);
});

test('a load is aborted before it begins, and asks for nothing', async ({ page }) => {
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  const isReason = await inPage(page, async ({ Classifier }, model) => {
    const reason = new Error('changed my mind');
    return Classifier.load(model, { signal: AbortSignal.abort(reason) }).then(() => false, (error) => error === reason);
  }, blank);
  expect(isReason).toBe(true);
  expect(asked.filter((url) => url.endsWith(blank))).toEqual([]);
  expect(page.workers()).toEqual([]);
});

for (const worker of [true, false]) {
  const where = worker ? 'in a worker' : 'on the calling thread';

  test(`a call is aborted while it decodes, computes and waits, and the model is not read again: ${where}`, async ({ page }) => {
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    const { decoding, inference, waiting } = await inPage(page, async ({ Classifier }, { model, bytes, options }, tools) => {
      const { wait, filled, fileOf } = tools;
      const classifier = await Classifier.load(model, options);
      const small = new Uint8Array(bytes);
      const large = await fileOf(filled(4000, 3000, 'teal'), 'image/jpeg');
      const reason = new Error('changed my mind');
      /** `ahead`: calls that were made before. */
      const aborted = async (image, after, ahead = []) => {
        const controller = new AbortController();
        const call = classifier.classify(image, { signal: controller.signal }).catch((error) => error);
        await Promise.race([call, wait(after)]);
        const from = performance.now();
        controller.abort(reason);
        const error = await call;
        const rejectedMs = performance.now() - from;
        await Promise.all(ahead);
        const next = await classifier.classify(small);
        return { isReason: error === reason, rejectedMs, nextMs: performance.now() - from - next.timing.total };
      };
      const whole = (await classifier.classify(small)).timing.inference;
      const { decode } = (await classifier.classify(large)).timing;
      return {
        decoding: await aborted(large, decode / 4),
        inference: await aborted(small, whole / 4),
        waiting: await aborted(small, 0, [classifier.classify(small)]),
      };
    }, { model: slow, bytes: picture, options: { worker } });
    expectPrompt(decoding, 'decoding');
    expectPrompt(inference, 'inference');
    expect(waiting.isReason).toBe(true);
    expect(waiting.rejectedMs).toBeLessThan(mostToReject);
    expect(asked.filter((url) => url.endsWith(slow))).toHaveLength(1);
  });

  test(`dispose ends the call under way and those that wait: ${where}`, async ({ page }) => {
    const codes = await inPage(page, async ({ Classifier }, { model, bytes, options }, { wait, codeOf, guarded }) => {
      const classifier = await Classifier.load(model, options);
      const image = new Uint8Array(bytes);
      const calls = [classifier.classify(image), classifier.classify(image), classifier.embed(image), classifier.heapBytes()];
      const ended = calls.map((call) => guarded(codeOf(call)));
      await wait(50);
      classifier.dispose();
      classifier.dispose(); // again does no harm
      return [...await Promise.all(ended), await guarded(codeOf(classifier.classify(image)))];
    }, { model: slow, bytes: picture, options: { worker } });
    expect(codes).toEqual(Array(5).fill('cancelled'));
    await expect.poll(() => page.workers().length).toBe(0);
  });
}

test('a picture whose server does not answer: an abort lets the next call go on, and dispose ends it', async ({ page }) => {
  await page.route('**/pictures/late.png', () => undefined);
  const found = await inPage(page, async ({ Classifier }, { model, bytes }, { wait, codeOf, guarded }) => {
    const classifier = await Classifier.load(model);
    const reason = new Error('changed my mind');
    const controller = new AbortController();
    const late = classifier.classify('/pictures/late.png', { signal: controller.signal }).catch((error) => error);
    const next = guarded(codeOf(classifier.classify(new Uint8Array(bytes))), 10);
    await wait(100);
    controller.abort(reason);
    const isReason = await late === reason;
    const goesOn = await next;
    const last = guarded(codeOf(classifier.classify('/pictures/late.png')), 10);
    await wait(100);
    classifier.dispose();
    return [isReason, goesOn, await last];
  }, { model: blank, bytes: picture });
  expect(found).toEqual([true, 'none', 'cancelled']);
});

test('the classifier ends with its block', async ({ page }) => {
  const code = await inPage(page, async ({ Classifier }, { model, bytes }, { codeOf }) => {
    const classifier = await Classifier.load(model);
    await classifier[Symbol.asyncDispose](); // what `await using` calls
    return codeOf(classifier.classify(new Uint8Array(bytes)));
  }, { model: blank, bytes: picture });
  expect(code).toBe('cancelled');
  await expect.poll(() => page.workers().length).toBe(0);
});
