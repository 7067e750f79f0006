// Many pictures: in their order, one error does not end the rest, and nothing is taken before there is a place for it.
//
// SPDX-License-Identifier: MIT
import { expect, png } from './fixtures.mjs';
import { blank, inPage, serveSeeing, test } from './in_page.mjs';

const picture = [...png(40, 30)];

test('the outcomes come in the order of the pictures, an error in its place', async ({ page }) => {
  const model = await serveSeeing(page);
  for (const concurrency of [undefined, 1, 4]) {
    const found = await inPage(page, async ({ Classifier, ResnetError }, { url, options }, { filled }) => {
      const classifier = await Classifier.load(url);
      const [red, blue, green] = ['red', 'blue', 'lime'].map((colour) => filled(40, 30, colour));
      const images = [red, new Blob(['no picture']), blue, green, '/pictures/none.png', filled(4, 4, 'red')];
      const outcomes = [];
      for await (const { index, image, result, error } of classifier.classifyAll(new Set(images), options)) {
        const answer = error instanceof ResnetError ? error.code : result.predictions[0].index;
        outcomes.push([index, images.indexOf(image), answer, (result === undefined) !== (error === undefined)]);
      }
      classifier.dispose();
      return outcomes;
    }, { url: model, options: { concurrency } });
    const answers = [0, 'not_an_image', 2, 1, 'io', 0]; // red, green, blue are the classes
    expect(found, `concurrency ${concurrency}`).toEqual(answers.map((answer, i) => [i, i, answer, true]));
  }
});

test('no pictures give no outcomes', async ({ page }) => {
  const count = await inPage(page, async ({ Classifier }, model) => {
    const classifier = await Classifier.load(model);
    let outcomes = 0;
    for await (const _ of classifier.classifyAll([])) ++outcomes;
    return outcomes;
  }, blank);
  expect(count).toBe(0);
});

for (const concurrency of [1, 2, 5]) {
  test(`takes pictures only as there is a place for them: ${concurrency}`, async ({ page }) => {
    const { before, ahead, results, ended } = await inPage(page, async ({ Classifier }, { model, bytes, places }, { wait }) => {
      const classifier = await Classifier.load(model);
      let pulled = 0;
      let delivered = 0;
      let done = false;
      const distances = [];
      async function* source() {
        try {
          while (pulled < 12) {
            distances.push(++pulled - delivered);
            yield new Uint8Array(bytes);
          }
        } finally {
          done = true;
        }
      }
      const outcomes = classifier.classifyAll(source(), { concurrency: places });
      await wait(50);
      const atFirst = pulled;
      for await (const { result } of outcomes) {
        if (result) ++delivered;
        await wait(30); // whoever takes them is slow
      }
      return { before: atFirst, ahead: distances, results: delivered, ended: done };
    }, { model: blank, bytes: picture, places: concurrency });
    expect(before).toBe(0); // nobody had asked yet
    expect(results).toBe(12);
    expect(ended).toBe(true);
    expect(Math.max(...ahead)).toBe(concurrency);
  });
}

test('a source that takes its time holds back nothing that is done', async ({ page }) => {
  const order = await inPage(page, async ({ Classifier }, { model, bytes }, { guarded }) => {
    const classifier = await Classifier.load(model);
    const events = [];
    let release;
    const released = new Promise((resolve) => { release = resolve; });
    async function* source() {
      yield new Uint8Array(bytes);
      await released;
      events.push('next picture');
      yield new Uint8Array(bytes);
    }
    const outcomes = classifier.classifyAll(source(), { concurrency: 3 });
    const first = await guarded(outcomes.next(), 10);
    events.push(first === 'hangs' ? first : `outcome ${first.value.index}`);
    release();
    const second = await outcomes.next();
    events.push(`outcome ${second.value.index}`, String((await outcomes.next()).done));
    return events;
  }, { model: blank, bytes: picture });
  expect(order).toEqual(['outcome 0', 'next picture', 'outcome 1', 'true']);
});

for (const concurrency of [0, -1, 1.5, null, '2']) {
  test(`refuses a concurrency of ${JSON.stringify(concurrency)}`, async ({ page }) => {
    const found = await inPage(page, async ({ Classifier }, { model, given }, { codeOf }) => {
      const classifier = await Classifier.load(model);
      let touched = false;
      const source = { [Symbol.iterator]: () => { touched = true; return [].values(); } };
      return [await codeOf(classifier.classifyAll(source, { concurrency: given }).next()), touched];
    }, { model: blank, given: concurrency });
    expect(found).toEqual(['bad_argument', false]);
  });
}

test('an abort ends it with its reason, and lets go of the source', async ({ page }) => {
  const found = await inPage(page, async ({ Classifier }, { model, bytes }, { guarded, codeOf }) => {
    const classifier = await Classifier.load(model);
    const reason = new Error('changed my mind');
    let returned = 0;
    const endless = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: new Uint8Array(bytes) }),
        return: () => { ++returned; return { done: true }; },
      }),
    };
    const waiting = (async function* source() {
      yield new Uint8Array(bytes);
      await new Promise(() => undefined);
    })();
    const all = {};
    for (const [what, source] of [['while it works', endless], ['while it waits for the source', waiting]]) {
      const controller = new AbortController();
      const outcomes = classifier.classifyAll(source, { signal: controller.signal, concurrency: 3 });
      await outcomes.next();
      const next = outcomes.next().catch((error) => error);
      const from = performance.now();
      controller.abort(reason);
      const error = await guarded(next);
      all[what] = { isReason: error === reason, ms: performance.now() - from, done: (await outcomes.next()).done };
    }
    const early = classifier.classifyAll(endless, { signal: AbortSignal.abort(reason) });
    all.early = { isReason: await early.next().catch((error) => error) === reason, ms: 0, done: (await early.next()).done };
    return { all, returned, after: await codeOf(classifier.classify(new Uint8Array(bytes))) };
  }, { model: blank, bytes: picture });
  for (const [what, { isReason, ms, done }] of Object.entries(found.all)) {
    expect(isReason, what).toBe(true);
    expect(ms, what).toBeLessThan(500);
    expect(done, what).toBe(true);
  }
  expect(found.returned).toBe(2);
  expect(found.after).toBe('none');
});

test('leaving the loop lets go of the source, and the classifier goes on', async ({ page }) => {
  const found = await inPage(page, async ({ Classifier }, { model, bytes }, { codeOf }) => {
    const classifier = await Classifier.load(model);
    let ended = false;
    async function* endless() {
      try {
        for (;;) yield new Uint8Array(bytes);
      } finally {
        ended = true;
      }
    }
    for await (const { index } of classifier.classifyAll(endless(), { concurrency: 3 })) {
      if (index === 2) break;
    }
    return [ended, await codeOf(classifier.classify(new Uint8Array(bytes)))];
  }, { model: blank, bytes: picture });
  expect(found).toEqual([true, 'none']);
});

test('an error of the source itself ends it', async ({ page }) => {
  const found = await inPage(page, async ({ Classifier }, { model, bytes }) => {
    const classifier = await Classifier.load(model);
    const reason = new Error('no more film');
    async function* source() {
      yield new Uint8Array(bytes);
      throw reason;
    }
    const outcomes = classifier.classifyAll(source(), { concurrency: 1 });
    const first = await outcomes.next();
    return [first.value.index, await outcomes.next().then(() => false, (error) => error === reason)];
  }, { model: blank, bytes: picture });
  expect(found).toEqual([0, true]);
});
