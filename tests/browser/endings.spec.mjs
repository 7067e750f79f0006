// Workers that end: whoever ends them and whenever, every call succeeds or fails with a typed error, and the next one works.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import { dist } from '../../tools/build/bundle.mjs';
import { headers as policy } from '../../tools/build/policy.mjs';
import { expect, png } from './fixtures.mjs';
import { blank, inPage, modelBytes, recordWorkers, test } from './in_page.mjs';

const picture = [...png(40, 30)];
const typed = ['none', 'worker_lost'];

/** In front of a worker's script: closes the worker in place of taking the first message for which this is true. */
const closingAt = (condition) => `
  let heard = 0;
  addEventListener('message', (event) => {
    ++heard;
    if (!(${condition})) return;
    event.stopImmediatePropagation();
    self.close();
  });
`;

/** Has the worker's script be `change(script, number)`: `number` counts from 1 how often it was asked for. For one thread. */
async function serveWorker(page, change) {
  const script = fs.readFileSync(dist('package/worker.js'), 'utf8');
  const state = { asked: 0, change };
  await page.route('**/package/worker.js', (route) => {
    const body = state.change(script, ++state.asked);
    return route.fulfill({ contentType: 'text/javascript', headers: policy, body });
  });
  return state;
}

test('ended at 100 random moments, from outside', async ({ page }) => {
  test.setTimeout(600_000);
  await recordWorkers(page);
  const { loads, calls, after, build } = await inPage(page, async ({ Classifier }, { model, bytes }, { codeOf, guarded, wait }) => {
    let state = 20261121;
    const random = () => { // the same moments every time
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const image = new Uint8Array(bytes);
    /** Before a worker says that it is there, its end shows later: see the next test. */
    const endLast = async (ms) => {
      const worker = self.workers.at(-1);
      await worker.ready;
      await wait(ms);
      worker.terminate();
    };
    const from = performance.now();
    const classifier = await Classifier.load(model);
    await classifier.classify(image);
    const wholeMs = performance.now() - from;
    const { timing } = await classifier.classify(image);
    const worker = self.workers.at(-1);
    const found = { loads: [], calls: [] };
    for (let i = 0; i < 50; ++i) {
      const loading = Classifier.load(model);
      const ended = endLast(random() * wholeMs);
      found.loads.push(await guarded(codeOf(loading)));
      const loaded = await loading.catch(() => undefined);
      if (loaded !== undefined) found.loads.push(await guarded(codeOf(loaded.classify(image))));
      await guarded(ended);
      loaded?.dispose();
    }
    worker.terminate(); // after this call, the one that is last is this classifier's again
    found.calls.push(await guarded(codeOf(classifier.classify(image))));
    for (let i = 0; i < 50; ++i) {
      const calls = [classifier.classify(image), classifier.embed(image)];
      const ended = endLast(1.2 * random() * timing.total);
      for (const call of calls) found.calls.push(await guarded(codeOf(call)));
      await guarded(ended);
    }
    const result = await guarded(classifier.classify(image));
    return { ...found, after: result.predictions?.[0].index, build: classifier.info.build };
  }, { model: blank, bytes: picture });
  const count = (codes, code) => codes.filter((found) => found === code).length;
  console.log(`  ${build}: ${count(loads, 'none')} of ${loads.length} calls in and right after a load, `
    + `and ${count(calls, 'none')} of ${calls.length} others succeeded`);
  for (const code of [...loads, ...calls]) expect(typed).toContain(code);
  expect(count(loads, 'worker_lost'), 'some were hit').toBeGreaterThan(0);
  expect(count(calls, 'none'), 'a call is done once more by another worker').toBeGreaterThan(90);
  expect(after).toBe(1);
});

test('ended before they could say that they are there', async ({ page }) => {
  test.setTimeout(300_000);
  await recordWorkers(page);
  const codes = await inPage(page, async ({ Classifier }, { model, bytes }, { codeOf, guarded, wait }) => {
    const loads = Array.from({ length: 6 }, async (_, i) => {
      const loading = Classifier.load(model);
      const worker = self.workers.at(-1);
      void wait(5 * i).then(() => worker.terminate());
      // Nothing but silence tells of it: half a minute of it, and the next choice of build has a worker of its own.
      const code = await guarded(codeOf(loading), 90);
      if (code !== 'none') return [code];
      const classifier = await loading;
      const after = await guarded(codeOf(classifier.classify(new Uint8Array(bytes))), 90);
      classifier.dispose();
      return [code, after];
    });
    return (await Promise.all(loads)).flat();
  }, { model: blank, bytes: picture });
  for (const code of codes) expect(typed).toContain(code);
});

test('a worker that closes itself after the n-th message', async ({ page }) => {
  test.setTimeout(300_000);
  const state = await serveWorker(page, undefined);
  for (let n = 2; n <= 11; ++n) {
    const before = state.asked;
    state.change = (script, number) => (number > before + 1 ? script : closingAt(`heard === ${n}`) + script);
    const codes = await inPage(page, async ({ Classifier }, { model, bytes }, { codeOf, guarded }) => {
      const whole = await (await fetch(model)).arrayBuffer(); // six pieces of at most 4 MiB
      const loading = Classifier.load(whole, { threads: 1 });
      const code = await guarded(codeOf(loading));
      if (code !== 'none') return [code];
      const classifier = await loading;
      const call = await guarded(codeOf(classifier.classify(new Uint8Array(bytes))));
      classifier.dispose();
      return [code, call];
    }, { model: blank, bytes: picture });
    // Start, begin, six pieces, finish and self-test are ten messages; the eleventh is the picture, which another worker gets.
    expect(codes, `message ${n}`).toEqual(n <= 10 ? ['worker_lost'] : ['none', 'none']);
  }
});

test('a worker that is lost twice over one call is reported, and replaced for the next', async ({ page }) => {
  const state = await serveWorker(page, (script) => closingAt("event.data.name === 'run'") + script);
  const classify = (again) => inPage(page, async ({ Classifier }, { model, bytes, goOn }, { codeOf, guarded }) => {
    if (!goOn) self.classifier = await Classifier.load(model, { threads: 1 });
    const call = self.classifier.classify(new Uint8Array(bytes));
    return [await guarded(codeOf(call)), await call.catch(({ message }) => message)];
  }, { model: blank, bytes: picture, goOn: again });
  const [code, message] = await classify(false);
  expect(code).toBe('worker_lost');
  expect(message).toContain('twice');
  expect(state.asked).toBe(2);
  state.change = (script) => script;
  const [after, result] = await classify(true);
  expect([after, result.predictions[0].index]).toEqual(['none', 1]);
  expect(state.asked).toBe(3);
});

test('a replacement takes the model from the cache, and the caller sees nothing of it', async ({ page, serve }) => {
  await recordWorkers(page);
  const { url, asked } = await serve('kept.safetensors', { body: modelBytes('blank.safetensors') });
  const found = await inPage(page, async ({ Classifier }, { model, bytes }, { codeOf }) => {
    const stages = [];
    const classifier = await Classifier.load(model, { onProgress: ({ stage }) => stages.push(stage) });
    const before = stages.length;
    const codes = [];
    for (const n of [1, 2]) {
      self.workers.at(-1).terminate();
      codes.push(await codeOf(classifier.classify(new Uint8Array(bytes))), self.workers.length - n);
    }
    return { codes, more: stages.length - before };
  }, { model: url, bytes: picture });
  expect(found).toEqual({ codes: ['none', 1, 'none', 1], more: 0 });
  expect(asked).toEqual(['GET', 'HEAD', 'HEAD']);
});

/** Lets this thread's engines run into a trap, a real one: `self.trapAfter` of their calls to the outside from now on. */
function trapping() {
  // A module whose function `trap` is nothing but "unreachable".
  const bytes = [
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 0x74, 0x72, 0x61, 0x70, 0, 0, 10, 5, 1, 3, 0, 0, 0x0b,
  ];
  const { trap } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes))).exports;
  const { instantiate } = WebAssembly;
  const each = (object, change) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
  const trapped = (imported) => (typeof imported !== 'function' ? imported : (...values) => {
    if (self.trapAfter-- === 0) trap();
    return imported(...values);
  });
  WebAssembly.instantiate = (module, imports) => instantiate(module, each(imports, (space) => each(space, trapped)));
}

test('a trap in a worker', async ({ page }) => {
  const onRun = `
    (${trapping})();
    addEventListener('message', ({ data }) => { if (data.name === 'run') self.trapAfter = 3; });`;
  const state = await serveWorker(page, (script, number) => (number === 1 ? onRun + script : script));
  const classify = () => inPage(page, async ({ Classifier }, { model, bytes }, { codeOf, guarded }) => {
    const classifier = await Classifier.load(model, { threads: 1 });
    const call = classifier.classify(new Uint8Array(bytes));
    return [await guarded(codeOf(call)), await call.catch(({ message }) => message)];
  }, { model: blank, bytes: picture });
  const [once, result] = await classify();
  expect([once, result.predictions[0].index, state.asked]).toEqual(['none', 1, 2]);
  state.change = (script) => onRun + script;
  const [always, message] = await classify();
  expect([always, state.asked]).toEqual(['worker_lost', 4]);
  expect(message).toContain('unreachable');
});

test('a trap on the calling thread', async ({ page }) => {
  await page.addInitScript(trapping);
  const codes = await inPage(page, async ({ Classifier }, { model, bytes }, { codeOf }) => {
    const classifier = await Classifier.load(model, { worker: false });
    const image = new Uint8Array(bytes);
    const all = [];
    for (const trapAfter of [3, NaN, 20, NaN]) {
      self.trapAfter = trapAfter;
      all.push(await codeOf(classifier.classify(image)), self.trapAfter < 0);
    }
    return all;
  }, { model: blank, bytes: picture });
  expect(codes).toEqual(['none', true, 'none', false, 'none', true, 'none', false]); // done once more, by another engine
});
