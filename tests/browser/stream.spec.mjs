// Streams: the newest frame each time, frames dropped rather than a result that lags, and an end that leaves nothing behind.
//
// SPDX-License-Identifier: MIT
import { expect } from './fixtures.mjs';
import { blank, inPage, serveSeeing, test } from './in_page.mjs';

// A "camera": a canvas that is painted anew every 20 ms. In the page as `camera(colour)`: {track, paint, frames, stop}.
test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => {
    self.camera = (first) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 48 });
      const context = canvas.getContext('2d');
      const state = { colour: first, frames: 0 };
      const draw = () => {
        if (state.colour === undefined) return;
        Object.assign(context, { fillStyle: state.colour }).fillRect(0, 0, canvas.width, canvas.height);
        context.clearRect(state.frames % canvas.width, 0, 1, 1); // no two frames are the same
        ++state.frames;
      };
      draw();
      const [track] = canvas.captureStream().getVideoTracks();
      const timer = setInterval(draw, 20);
      return {
        track,
        paint: (colour) => { state.colour = colour; },
        frames: () => state.frames,
        stop: () => clearInterval(timer),
      };
    };
  });
});

for (const kind of ['a track', 'a video element']) {
  test(`gives a result for frame after frame of ${kind}, and leaves it as it was`, async ({ page }) => {
    const model = await serveSeeing(page);
    const found = await inPage(page, async ({ Classifier }, { url, ofVideo }) => {
      const classifier = await Classifier.load(url);
      const { track, stop } = self.camera('red');
      let source = track;
      if (ofVideo) {
        source = Object.assign(document.createElement('video'), { muted: true, srcObject: new MediaStream([track]) });
        await source.play();
      }
      const outcomes = [];
      for await (const { timestamp, result, error } of classifier.classifyStream(source, { maxResults: 1 })) {
        outcomes.push({ timestamp, best: result?.predictions[0].index, width: result?.width, error: error?.message });
        if (outcomes.length === 5) break;
      }
      const left = { live: track.readyState, shown: ofVideo ? !source.paused && source.srcObject !== null : true };
      stop();
      track.stop();
      return { outcomes, left };
    }, { url: model, ofVideo: kind === 'a video element' });
    expect(found.outcomes).toHaveLength(5);
    for (const { best, width, error } of found.outcomes) expect([best, width, error]).toEqual([0, 64, undefined]);
    const times = found.outcomes.map(({ timestamp }) => timestamp);
    for (const [i, time] of times.entries()) expect(time).toBeGreaterThan(times[i - 1] ?? -1);
    expect(found.left).toEqual({ live: 'live', shown: true });
  });
}

test('drops frames while the network is busy: what is shown now is what is seen', async ({ page }) => {
  const model = await serveSeeing(page, 'slow.safetensors');
  const { results, frames, lag, late } = await inPage(page, async ({ Classifier }, url) => {
    const classifier = await Classifier.load(url);
    const { track, paint, frames: painted, stop } = self.camera('red');
    let seen = 0;
    let changed;
    let stillRed = 0;
    for await (const { result } of classifier.classifyStream(track, { maxResults: 1 })) {
      ++seen;
      const isBlue = result.predictions[0].index === 2;
      if (changed !== undefined && isBlue) break;
      if (changed !== undefined) ++stillRed;
      if (seen === 4) {
        changed = performance.now();
        paint('blue');
        await new Promise((resolve) => { setTimeout(resolve, 500); }); // the consumer is slow too; meanwhile blue frames come
      }
    }
    const total = painted();
    const lagMs = performance.now() - changed;
    stop();
    track.stop();
    return { results: seen, frames: total, lag: lagMs, late: stillRed };
  }, model);
  console.log(`  stream: ${results} results for ${frames} frames; a change was seen after ${lag.toFixed(0)} ms`);
  expect(frames).toBeGreaterThan(2 * results);
  expect(late).toBe(0);
});

test('ends with the track', async ({ page }) => {
  const found = await inPage(page, async ({ Classifier }, model, { guarded }) => {
    const classifier = await Classifier.load(model);
    const { track, stop } = self.camera('red');
    let results = 0;
    const all = async () => {
      for await (const { result } of classifier.classifyStream(track)) {
        if (result) ++results;
        if (results === 2) track.stop();
      }
      return 'ended';
    };
    const end = await guarded(all(), 10);
    stop();
    const again = await guarded((async () => {
      for await (const _ of classifier.classifyStream(track)) return 'a frame of a track that has ended';
      return 'ended';
    })(), 10);
    return { end, again, results };
  }, blank);
  expect(found).toMatchObject({ end: 'ended', again: 'ended' });
  expect(found.results).toBeGreaterThanOrEqual(2);
  expect(found.results).toBeLessThanOrEqual(3); // one frame may have been there already
});

test('an abort ends it at once with its reason: between frames, and before the first one', async ({ page }) => {
  const found = await inPage(page, async ({ Classifier }, model, { guarded, wait, codeOf }) => {
    const classifier = await Classifier.load(model);
    const reason = new Error('changed my mind');
    const aborted = async (source, first) => {
      const controller = new AbortController();
      const outcomes = classifier.classifyStream(source, { signal: controller.signal });
      if (first) await first(outcomes);
      const next = outcomes.next().catch((error) => error);
      await wait(100);
      const from = performance.now();
      controller.abort(reason);
      const error = await guarded(next, 10);
      const ms = performance.now() - from;
      return { isReason: error === reason, ms, done: (await outcomes.next()).done };
    };
    const moving = self.camera('red');
    const still = self.camera('red');
    const empty = document.createElement('canvas').captureStream().getVideoTracks()[0];
    const all = {
      'before the first frame': await aborted(empty),
      'between frames': await aborted(still.track, async (outcomes) => {
        await outcomes.next();
        still.paint(undefined);
        await wait(300);
        await outcomes.next(); // the last one painted
      }),
      'an element without a frame': await aborted(document.createElement('video')),
    };
    moving.stop();
    still.stop();
    return { all, after: await codeOf(classifier.classify(new ImageData(4, 4))) };
  }, blank);
  for (const [what, { isReason, ms, done }] of Object.entries(found.all)) {
    expect(isReason, what).toBe(true);
    expect(ms, what).toBeLessThan(500); // the bar is 100 ms
    expect(done, what).toBe(true);
  }
  expect(found.after).toBe('none');
});

test('an abort ends it while the network is busy', async ({ page }) => {
  const found = await inPage(page, async ({ Classifier }, model, { wait }) => {
    const classifier = await Classifier.load(model);
    const reason = new Error('changed my mind');
    const controller = new AbortController();
    const { track, stop } = self.camera('red');
    const outcomes = classifier.classifyStream(track, { signal: controller.signal });
    const { value } = await outcomes.next();
    const next = outcomes.next().catch((error) => error);
    await wait(value.result.timing.inference / 4);
    const from = performance.now();
    controller.abort(reason);
    const error = await next;
    const ms = performance.now() - from;
    const { timing } = await classifier.classify(new ImageData(4, 4));
    stop();
    return { isReason: error === reason, ms, waited: performance.now() - from - timing.total };
  }, '/models/slow.safetensors');
  expect(found.isReason).toBe(true);
  expect(found.ms).toBeLessThan(500);
  expect(found.waited).toBeLessThan(1500); // the bar is 300 ms
});

test('whoever leaves lets go of the element that showed the frames', async ({ page }) => {
  const found = await inPage(page, async ({ Classifier }, model) => {
    const made = [];
    const { createElement } = document;
    document.createElement = (name) => {
      const element = createElement.call(document, name);
      if (name === 'video') made.push(element);
      return element;
    };
    const classifier = await Classifier.load(model);
    const { track, stop } = self.camera('red');
    for await (const { timestamp } of classifier.classifyStream(track)) {
      if (timestamp >= 0) break;
    }
    stop();
    return made.map(({ srcObject }) => srcObject);
  }, blank);
  expect(found).toEqual([null]);
});

test('dispose ends it', async ({ page }) => {
  const code = await inPage(page, async ({ Classifier }, model, { codeOf, guarded }) => {
    const classifier = await Classifier.load(model);
    const { track, stop } = self.camera('red');
    const all = async () => {
      for await (const { result } of classifier.classifyStream(track)) {
        if (result) setTimeout(() => classifier.dispose(), 20);
      }
    };
    const ended = await guarded(codeOf(all()), 10);
    stop();
    return ended;
  }, blank);
  expect(code).toBe('cancelled');
});

test('refuses what is no stream of frames', async ({ page }) => {
  const codes = await inPage(page, async ({ Classifier }, model, { codeOf, canvas }) => {
    const classifier = await Classifier.load(model);
    const [sound] = new AudioContext().createMediaStreamDestination().stream.getAudioTracks();
    const sources = [undefined, {}, canvas(4, 4), new MediaStream(), sound];
    return Promise.all(sources.map((source) => codeOf(classifier.classifyStream(source).next())));
  }, blank);
  expect(codes).toEqual(Array(5).fill('bad_argument'));
});
