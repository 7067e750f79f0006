// Pictures of every kind: the same pixels give the same answer, whoever holds them; and what is said of those that are none.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { builtInModel } from '../../tools/build/model_list.mjs';
import { root } from '../../tools/build/run.mjs';
import { expect, png } from './fixtures.mjs';
import { blank, inPage, serveSeeing, test } from './in_page.mjs';
import { seenScores } from './seeing_model.mjs';

const close = 1e-3;
const red = [255, 0, 0];
const blue = [0, 0, 255];

function expectScores(found, expected, what, tolerance = close) {
  expect(found, what).toHaveLength(expected.length);
  for (const [i, score] of found.entries()) {
    expect(Math.abs(score - expected[i]), `${what}: ${score} of class ${i}, not ${expected[i]}`).toBeLessThan(tolerance);
  }
}

/** Has /pictures/NAME be this file. */
const servePicture = (page, name, body) => page.route(`**/pictures/${name}`, (route) => route.fulfill({ body }));

/** A PNG of 96 x 64 pixels, hardly two of which are alike. */
async function colourfulPng(page) {
  return Buffer.from(await inPage(page, async (_, __, { canvas, context, fileOf }) => {
    const surface = canvas(96, 64);
    const image = new ImageData(96, 64);
    for (let i = 0; i < image.data.length; i += 4) {
      const x = (i / 4) % 96;
      const y = Math.floor(i / 4 / 96);
      image.data.set([2 * x, 4 * y, (37 * x + 11 * y) % 256, 255], i);
    }
    context(surface).putImageData(image, 0, 0);
    return [...new Uint8Array(await (await fileOf(surface, 'image/png')).arrayBuffer())];
  }));
}

/** A photograph as a PNG: what is in it is exact, whoever decodes it. */
async function photoPng(page) {
  await servePicture(page, 'photo.jpg', fs.readFileSync(path.join(root, 'web/app/samples/cat.jpg')));
  return Buffer.from(await inPage(page, async (_, __, { canvas, context, fileOf }) => {
    const bitmap = await createImageBitmap(await (await fetch('/pictures/photo.jpg')).blob());
    const surface = canvas(400, 300);
    context(surface).drawImage(bitmap, 0, 0, 400, 300);
    return [...new Uint8Array(await (await fileOf(surface, 'image/png')).arrayBuffer())];
  }));
}

/** What a model says of the picture /pictures/same.png in every form that a picture can have. */
const everyKind = (page, model) => inPage(page, async ({ Classifier }, url, { canvas, context, scoresOf }) => {
  const address = '/pictures/same.png';
  const file = await (await fetch(address)).blob();
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  const surface = canvas(width, height);
  context(surface).drawImage(bitmap, 0, 0);
  const offscreen = new OffscreenCanvas(width, height);
  offscreen.getContext('2d').drawImage(bitmap, 0, 0);
  const image = context(surface).getImageData(0, 0, width, height);
  const rgb = image.data.filter((_, i) => i % 4 !== 3);
  const element = new Image();
  element.src = address; // not waited for: classify does that
  const bytes = await file.arrayBuffer();
  const padded = new Uint8Array(bytes.byteLength + 7);
  padded.set(new Uint8Array(bytes), 5);
  const sources = {
    file: new File([file], 'same.png'), blob: file, address, 'URL object': new URL(address, location), bytes,
    'part of a buffer': padded.subarray(5, 5 + bytes.byteLength), DataView: new DataView(bytes),
    ImageData: image, RGB: { data: new Uint8Array(rgb), width, height }, 'RGB, clamped': { data: rgb, width, height },
    RGBA: { data: new Uint8Array(image.data), width, height },
    ImageBitmap: bitmap, img: element, canvas: surface, OffscreenCanvas: offscreen, VideoFrame: new VideoFrame(surface, { timestamp: 0 }),
  };
  const answers = {};
  for (const worker of [true, false]) {
    const classifier = await Classifier.load(url, { worker });
    for (const [kind, source] of Object.entries(sources)) {
      const result = await classifier.classify(source, { maxResults: 0 });
      answers[`${kind}, ${worker ? 'in a worker' : 'on the calling thread'}`] =
        { width: result.width, height: result.height, decodedBy: result.decodedBy, scores: scoresOf(result) };
    }
    classifier.dispose();
  }
  return answers;
}, model);

const drawn = ['ImageBitmap', 'img', 'canvas', 'OffscreenCanvas', 'VideoFrame'];
const given = ['ImageData', 'RGB', 'RGB, clamped', 'RGBA'];

function expectAlike(answers, width, height) {
  const first = Object.values(answers)[0].scores;
  const best = first.indexOf(Math.max(...first));
  expect(Object.keys(answers)).toHaveLength(32);
  for (const [kind, answer] of Object.entries(answers)) {
    const starts = (names) => names.some((name) => kind.startsWith(`${name}, `));
    const decodedBy = starts(drawn) ? 'browser' : starts(given) ? 'caller' : 'resnet-wasm';
    expect(answer, kind).toMatchObject({ width, height, decodedBy });
    expectScores(answer.scores, first, kind);
    expect(answer.scores.indexOf(Math.max(...answer.scores)), kind).toBe(best);
  }
}

test('every kind of picture gives the same answer', async ({ page }) => {
  const model = await serveSeeing(page);
  await servePicture(page, 'same.png', await colourfulPng(page));
  expectAlike(await everyKind(page, model), 96, 64);
});

test.describe(() => {
  test.skip(builtInModel() === undefined, 'models/default holds no model');
  test('every kind of picture gives the same answer: a photograph, and a real network', async ({ page }) => {
    await servePicture(page, 'same.png', await photoPng(page));
    expectAlike(await everyKind(page, `/models/${path.basename(builtInModel())}`), 400, 300);
  });
});

test('the colours are the right ones: files, and pixels in every layout', async ({ page }) => {
  const model = await serveSeeing(page);
  const colour = [200, 30, 90];
  const found = await inPage(page, async ({ Classifier }, { url, file, rgb }, { scoresOf }) => {
    const classifier = await Classifier.load(url);
    const pixels = (...values) => {
      const data = Uint8Array.from({ length: 40 * 30 * values.length }, (_, i) => values[i % values.length]);
      return { data, width: 40, height: 30 };
    };
    const sources = {
      file: new Uint8Array(file), RGB: pixels(...rgb), RGBA: pixels(...rgb, 255), grey: pixels(77), 'grey with alpha': pixels(77, 255),
      'nothing but alpha': pixels(...rgb, 0), half: pixels(...rgb, 128),
    };
    const scores = {};
    for (const [name, source] of Object.entries(sources)) scores[name] = scoresOf(await classifier.classify(source));
    return scores;
  }, { url: model, file: [...png(40, 30, colour)], rgb: colour });
  for (const name of ['file', 'RGB', 'RGBA']) expectScores(found[name], seenScores(colour), name);
  for (const name of ['grey', 'grey with alpha']) expectScores(found[name], seenScores([77, 77, 77]), name);
  expectScores(found['nothing but alpha'], seenScores([255, 255, 255]), 'transparent is white');
  const half = colour.map((value) => (value * 128 + 255 * 127) / 255);
  expectScores(found.half, seenScores(half), 'half transparent', 0.01); // rounded to whole values
});

test('formats that are not ours are read by the browser, and it is said so', async ({ page }) => {
  const model = await serveSeeing(page);
  // One red pixel; its compressed data are "clear", index 0 and "end" in three bits each.
  const image = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0];
  const gif = [...Buffer.from('GIF89a'), 1, 0, 1, 0, 0x80, 0, 0, ...red, ...blue, ...image, 0x3b];
  const found = await inPage(page, async ({ Classifier }, { url, gifBytes }, { filled, fileOf, scoresOf }) => {
    const webp = await fileOf(filled(60, 40, 'rgb(0 0 255)'), 'image/webp', 1);
    const all = { type: webp.type };
    for (const worker of [true, false]) {
      const classifier = await Classifier.load(url, { worker });
      for (const [name, source] of [['webp', webp], ['gif', new Uint8Array(gifBytes)]]) {
        const { width, height, decodedBy, timing, ...rest } = await classifier.classify(source);
        all[`${name} ${worker}`] = { width, height, decodedBy, timing, scores: scoresOf(rest) };
      }
    }
    return all;
  }, { url: model, gifBytes: gif });
  expect(found.type).toBe('image/webp');
  for (const worker of [true, false]) {
    const webp = found[`webp ${worker}`];
    expect(webp).toMatchObject({ width: 60, height: 40, decodedBy: 'browser' });
    expectScores(webp.scores, seenScores(blue), 'WebP', 0.01);
    expect(webp.timing.decode).toBeGreaterThan(0);
    expect(webp.timing.total).toBeGreaterThanOrEqual(webp.timing.decode + webp.timing.inference);
    const seen = found[`gif ${worker}`];
    expect(seen).toMatchObject({ width: 1, height: 1, decodedBy: 'browser' });
    expectScores(seen.scores, seenScores(red), 'GIF');
  }
});

test('a picture of 12 megapixels', async ({ page }) => {
  const model = await serveSeeing(page);
  const { decodedBy, width, height, scores } = await inPage(page, async ({ Classifier }, url, { filled, fileOf, scoresOf }) => {
    const classifier = await Classifier.load(url);
    const file = await fileOf(filled(4000, 3000, 'rgb(200 30 90)'), 'image/jpeg', 1);
    const result = await classifier.classify(file);
    return { ...result, scores: scoresOf(result) };
  }, model);
  expect({ decodedBy, width, height }).toEqual({ decodedBy: 'resnet-wasm', width: 4000, height: 3000 });
  expectScores(scores, seenScores([200, 30, 90]), 'JPEG', 0.02); // within a few steps of 255
});

test('a photograph is turned as the camera says, whoever decodes it', async ({ page }) => {
  const model = await serveSeeing(page);
  const { applied, ignored } = await inPage(page, async ({ Classifier }, url, { filled, context, fileOf }) => {
    const surface = filled(60, 40, 'red');
    Object.assign(context(surface), { fillStyle: 'blue' }).fillRect(30, 0, 30, 40);
    const jpeg = new Uint8Array(await (await fileOf(surface, 'image/jpeg', 1)).arrayBuffer());
    // After the two bytes of its start: a segment with nothing but the orientation 6, "turn by 90 degrees clockwise".
    const entry = [1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0];
    const exif = [0xff, 0xe1, 0, 34, ...new TextEncoder().encode('Exif\0\0MM\0*'), 0, 0, 0, 8, 0, 1, ...entry, 0, 0, 0, 0];
    const file = new Blob([jpeg.slice(0, 2), new Uint8Array(exif), jpeg.slice(2)], { type: 'image/jpeg' });
    const element = new Image();
    element.src = URL.createObjectURL(file);
    const classifier = await Classifier.load(url);
    const all = {};
    for (const [name, orientation] of [['applied', 'apply'], ['ignored', 'ignore']]) {
      all[name] = [];
      for (const source of [file, element]) {
        const { width, height, decodedBy, heatmap } = await classifier.classify(source, { orientation, heatmap: 0 });
        all[name].push({ width, height, decodedBy, reds: [...heatmap.values], side: heatmap.size });
      }
    }
    return all;
  }, model);
  for (const [i, decodedBy] of ['resnet-wasm', 'browser'].entries()) {
    expect(applied[i]).toMatchObject({ width: 40, height: 60, decodedBy });
    const { side } = applied[i];
    const last = side * (side - 1); // the lower left corner
    expect(applied[i].reds[0], 'red is above').toBeGreaterThan(2 * applied[i].reds[last] + 1);
  }
  const [file, element] = ignored;
  expect(file).toMatchObject({ width: 60, height: 40, decodedBy: 'resnet-wasm' });
  const last = file.side * (file.side - 1);
  expect(file.reds[0], 'red is on the left').toBeGreaterThan(2 * file.reds[file.side - 1] + 1);
  expect(Math.abs(file.reds[0] - file.reds[last])).toBeLessThan(0.1);
  expect(element).toEqual({ ...applied[1] }); // the browser turns what it decodes
});

test('a video shows its present frame', async ({ page }) => {
  const model = await serveSeeing(page);
  const found = await inPage(page, async ({ Classifier }, url, { filled, scoresOf, wait }) => {
    const surface = filled(64, 48, 'rgb(255 0 0)');
    const video = Object.assign(document.createElement('video'), { muted: true, srcObject: surface.captureStream() });
    const classifier = await Classifier.load(url);
    const early = await classifier.classify(video).catch(({ code }) => code);
    const timer = setInterval(() => filled(64, 48, 'rgb(255 0 0)', surface), 20);
    await video.play();
    await wait(200);
    const result = await classifier.classify(video);
    clearInterval(timer);
    return { early, ...result, scores: scoresOf(result) };
  }, model);
  expect(found.early).toBe('bad_argument');
  expect(found).toMatchObject({ width: 64, height: 48, decodedBy: 'browser' });
  expectScores(found.scores, seenScores(red), 'video', 0.02); // its colours are those of video, a few steps of 255 off
});

test('what is given is copied at the call: the caller may change or close it right after', async ({ page }) => {
  const model = await serveSeeing(page);
  const scores = await inPage(page, async ({ Classifier }, { url, file }, { filled, context, scoresOf }) => {
    const classifier = await Classifier.load(url);
    const shown = (surface) => filled(40, 30, 'rgb(255 0 0)', surface);
    const cases = [ // each with what the caller does next
      ['pixels', context(shown()).getImageData(0, 0, 40, 30), ({ data }) => data.fill(255)],
      ['bytes', new Uint8Array(file), (bytes) => bytes.fill(0)],
      ['buffer', new Uint8Array(file).buffer, (buffer) => structuredClone(buffer, { transfer: [buffer] })],
      ['canvas', shown(), (surface) => filled(40, 30, 'blue', surface)],
      ['OffscreenCanvas', shown(new OffscreenCanvas(40, 30)), (surface) => filled(40, 30, 'blue', surface)],
      ['ImageBitmap', await createImageBitmap(shown()), (bitmap) => bitmap.close()],
      ['VideoFrame', new VideoFrame(shown(), { timestamp: 0 }), (frame) => frame.close()],
    ];
    const calls = [classifier.classify(filled(40, 30, 'green'))]; // what follows has to wait
    for (const [, source, change] of cases) {
      calls.push(classifier.classify(source));
      change(source);
    }
    const [, ...results] = await Promise.all(calls);
    return results.map((result, i) => [cases[i][0], scoresOf(result)]);
  }, { url: model, file: [...png(40, 30, red)] });
  for (const [kind, found] of scores) expectScores(found, seenScores(red), kind, 0.01);
});

test('what is no picture is refused by a code, and the next call works', async ({ page }) => {
  await page.route('**/pictures/page.png', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
  const codes = await inPage(page, async ({ Classifier }, { model, file }, { codeOf, canvas, filled }) => {
    const classifier = await Classifier.load(model);
    const closed = await createImageBitmap(filled(4, 4, 'red'));
    closed.close();
    const closedFrame = new VideoFrame(filled(4, 4, 'red'), { timestamp: 0 });
    closedFrame.close();
    const gone = new ArrayBuffer(9);
    structuredClone(gone, { transfer: [gone] });
    const broken = new Image();
    broken.src = '/pictures/none.png';
    const cases = {
      text: [new File(['this is no picture'], 'holiday.jpg')], empty: [new Blob([])], 'a web page': ['/pictures/page.png'],
      'not there': ['/pictures/none.png'], 'no address': ['http://'], 'broken element': [broken], 'empty element': [new Image()],
      'video without a frame': [document.createElement('video')], 'canvas without a side': [canvas(0, 10)],
      'closed bitmap': [closed], 'closed frame': [closedFrame], 'text element': [document.createElement('p')],
      number: [5], nothing: [null], transferred: [gone],
      'no sides': [{ data: new Uint8Array(12) }], 'no pixels': [{ data: new Uint8Array(0), width: 0, height: 0 }],
      'sides that do not fit': [{ data: new Uint8Array(12), width: 5, height: 1 }],
      'sides below zero': [{ data: new Uint8Array(12), width: -2, height: -2 }],
      'other numbers': [{ data: new Float32Array(12), width: 2, height: 2 }],
      'large canvas': [filled(20, 20, 'red'), { maxImagePixels: 399 }],
      'large file at an address': ['/pictures/page.png', { maxImageBytes: 3 }],
    };
    const found = {};
    for (const [what, [source, options]] of Object.entries(cases)) found[what] = await codeOf(classifier.classify(source, options));
    found.after = await codeOf(classifier.classify(new Uint8Array(file)));
    return found;
  }, { model: blank, file: [...png(40, 30)] });
  const bad = 'bad_argument';
  expect(codes).toEqual({
    text: 'not_an_image', empty: 'not_an_image', 'a web page': 'not_an_image', 'not there': 'io', 'no address': 'io',
    'broken element': 'not_an_image', 'empty element': 'not_an_image', 'video without a frame': bad, 'canvas without a side': bad,
    'closed bitmap': bad, 'closed frame': bad, 'text element': bad, number: bad, nothing: bad, 'no sides': bad, 'no pixels': bad,
    'sides that do not fit': bad, 'sides below zero': bad, 'other numbers': bad,
    'large canvas': 'image_too_large', 'large file at an address': 'image_too_large', transferred: bad, after: 'none',
  });
});

test('pictures of another origin, which the browser does not show to scripts', async ({ browser, baseURL }) => {
  // Our own policy lets no such picture into the page: so one without it, and a foreign server that is made up.
  const context = await browser.newContext({ baseURL, bypassCSP: true });
  const page = await context.newPage();
  await page.route('http://elsewhere.test/*', (route) =>
    route.fulfill({ contentType: 'image/png', headers: { 'cross-origin-resource-policy': 'cross-origin' }, body: png(40, 30) }));
  const found = await inPage(page, async ({ Classifier }, model, { codeOf, canvas, context: contextOf }) => {
    const element = new Image();
    element.src = 'http://elsewhere.test/photo.png';
    await element.decode();
    const tainted = canvas(40, 30);
    contextOf(tainted).drawImage(element, 0, 0);
    const offscreen = new OffscreenCanvas(40, 30);
    offscreen.getContext('2d').drawImage(element, 0, 0);
    let readable = true;
    try {
      contextOf(tainted).getImageData(0, 0, 1, 1);
    } catch {
      readable = false;
    }
    const sources = [element, tainted, offscreen, await createImageBitmap(element)];
    const codes = [];
    for (const worker of [true, false]) {
      const classifier = await Classifier.load(model, { worker });
      for (const source of sources) codes.push(await codeOf(classifier.classify(source)));
      codes.push(await codeOf(classifier.classify(new ImageData(4, 4))));
    }
    return { readable, codes };
  }, blank);
  expect(found.readable).toBe(false); // or nothing of this would have been tested
  const perPlace = [...Array(4).fill('bad_argument'), 'none'];
  expect(found.codes).toEqual([...perPlace, ...perPlace]);
  await context.close();
});
