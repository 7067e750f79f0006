// The package in Node: models and pictures from files, the worker, and programs that end.
//
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { dist } from '../../tools/build/bundle.mjs';
import { writeBlankModel } from '../browser/blank_model.mjs';
import { seeingModel, seenScores } from '../browser/seeing_model.mjs';
import { shardsOf } from '../browser/shards.mjs';
import { serveFile } from '../build/file_server.mjs';

const entry = pathToFileURL(dist('package/node.js')).href;
const colour = [200, 30, 90];
const workers = []; // all that the package has started, in order
let folder, model, slow, picture, bytes, Classifier, ResnetError, cosineSimilarity;

before(async () => {
  recordWorkers();
  ({ Classifier, ResnetError, cosineSimilarity } = await import(entry));
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'resnet-node-'));
  const blank = path.join(folder, 'blank.safetensors');
  writeBlankModel(blank);
  bytes = seeingModel(fs.readFileSync(blank));
  model = write('seeing.safetensors', bytes);
  slow = path.join(folder, 'slow.safetensors');
  writeBlankModel(slow, { crop: 128 }); // sixteen times the work
  picture = write('photo.bmp', bmp(40, 30, colour));
});
after(() => fs.rmSync(folder, { recursive: true }));

function write(name, content) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, content);
  return file;
}

/** The package's workers are then in `workers`: a test can end them. */
function recordWorkers() {
  const threads = createRequire(import.meta.url)('node:worker_threads');
  threads.Worker = class extends threads.Worker {
    constructor(...options) {
      super(...options);
      workers.push(this);
    }
  };
  syncBuiltinESMExports();
}

/** A BMP of one colour. */
function bmp(width, height, [red, green, blue]) {
  const row = Math.ceil(width * 3 / 4) * 4;
  const file = Buffer.alloc(54 + row * height);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10); // where the pixels begin
  file.writeUInt32LE(40, 14); // size of the second header
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26); // planes
  file.writeUInt16LE(24, 28); // bits a pixel
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) file.set([blue, green, red], 54 + y * row + 3 * x);
  }
  return file;
}

/** The bytes in a buffer of their own. */
const bufferOf = (view) => view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);

const pixels = () => ({ data: Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => colour[i % 3]), width: 40, height: 30 });

/** Has a classifier of the seeing model's file, or of another source, do `work`. */
async function withClassifier(work, source = model, options = {}) {
  const classifier = await Classifier.load(source, options);
  try {
    return await work(classifier);
  } finally {
    classifier.dispose();
  }
}

function assertSeen({ predictions }, what) {
  const expected = seenScores(colour);
  assert.deepEqual(predictions.map(({ index }) => index), [0, 2, 1], what);
  for (const { index, score } of predictions) assert.ok(Math.abs(score - expected[index]) < 1e-5, `${what}: ${score} of class ${index}`);
}

/** Rejects with an error of ours. */
const rejects = (promise, code, message = /./) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof ResnetError, `not typed: ${error}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });

/** Runs a program of its own to its end. */
function program(code) {
  const from = performance.now();
  const options = ['--input-type=module', '-e', code];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8', timeout: 10_000 });
  return { status, signal, stdout, stderr, ms: performance.now() - from };
}

test('loads a model from a path, an address, bytes and a file in memory', async () => {
  const sources = {
    path: model,
    'relative path': path.relative(process.cwd(), model),
    address: pathToFileURL(model),
    'address in words': pathToFileURL(model).href,
    bytes: bufferOf(bytes),
    'in memory': new Blob([bytes]),
    response: new Response(bytes),
  };
  for (const [what, source] of Object.entries(sources)) {
    await withClassifier(async (classifier) => {
      assert.equal(classifier.info.modelBytes, bytes.length, what);
      assert.equal(classifier.info.worker, true);
      assertSeen(await classifier.classify(picture), what);
    }, source);
  }
});

test('loads a model in parts from a folder', async () => {
  const { index, parts } = shardsOf(bytes, 8e6);
  const parted = path.join(folder, 'parted');
  fs.mkdirSync(parted);
  for (const [name, part] of Object.entries(parts)) fs.writeFileSync(path.join(parted, name), part);
  fs.writeFileSync(path.join(parted, 'seeing.index.json'), JSON.stringify(index));
  for (const source of [path.join(parted, 'seeing.index.json'), pathToFileURL(path.join(parted, 'seeing.index.json'))]) {
    await withClassifier(async (classifier) => assertSeen(await classifier.classify(picture), String(source)), source);
  }
  fs.rmSync(path.join(parted, index.parts[1].file));
  await rejects(Classifier.load(path.join(parted, 'seeing.index.json')), 'io', /there is no such file/);
});

test('loads a model from a server, whether or not it says the length', async () => {
  for (const sized of [true, false]) {
    const server = await serveFile({ body: bytes, sized });
    const stages = [];
    const onProgress = (stage) => stages.push(stage);
    assertSeen(await withClassifier((classifier) => classifier.classify(picture), server.url, { onProgress }), server.url);
    assert.equal(stages[0].totalBytes, sized ? bytes.length : undefined);
    assert.deepEqual(stages.at(-1), { stage: 'prepare', loadedBytes: bytes.length, totalBytes: bytes.length, fraction: 1 });
    await server.close();
  }
});

test('checks the sha256 that is asked for', async () => {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const other = sha256.replace(/^../, (digits) => (digits === '00' ? '01' : '00'));
  const checked = await Classifier.load(model, { sha256: sha256.toUpperCase() });
  checked.dispose();
  await rejects(Classifier.load(model, { sha256: other }), 'bad_model', /sha256/);
  await rejects(Classifier.load(model, { sha256: 'abc' }), 'bad_argument', /64/);
});

test('reads a picture from a path, an address, bytes, a file in memory and pixels', async () => {
  const file = fs.readFileSync(picture);
  const sources = {
    path: picture,
    address: pathToFileURL(picture),
    'address in words': pathToFileURL(picture).href,
    Buffer: file,
    bytes: bufferOf(file),
    view: new Uint8Array(file),
    'in memory': new Blob([file]),
    pixels: pixels(),
  };
  await withClassifier(async (classifier) => {
    for (const [what, source] of Object.entries(sources)) {
      const result = await classifier.classify(source);
      assertSeen(result, what);
      assert.deepEqual([result.width, result.height], [40, 30], what);
      assert.equal(result.decodedBy, what === 'pixels' ? 'caller' : 'resnet-wasm', what);
    }
  });
});

test('reads a picture from a server', async () => {
  const server = await serveFile({ body: fs.readFileSync(picture), type: 'image/bmp' });
  await withClassifier(async (classifier) => {
    assertSeen(await classifier.classify(server.url), server.url);
    server.change({ status: 404 });
    await rejects(classifier.classify(server.url), 'io', /404/);
  });
  await server.close();
});

test('answers on the calling thread as in a worker', async () => {
  await withClassifier(async (classifier) => {
    assert.equal(classifier.info.worker, false);
    assertSeen(await classifier.classify(picture));
  }, model, { worker: false });
});

test('says by a code that a build which was asked for does not run here', async (t) => {
  if (WebAssembly.validate(fs.readFileSync(dist('package/resnet-relaxed.wasm')))) return t.skip('this Node knows relaxed SIMD');
  await rejects(Classifier.load(model, { build: 'relaxed' }), 'unsupported_engine', /relaxed SIMD/);
  await rejects(Classifier.load(model, { build: 'relaxed', worker: false }), 'unsupported_engine', /relaxed SIMD/);
});

test('says by a code what is wrong with a model', async () => {
  const nowhere = path.join(folder, 'nowhere.safetensors');
  await rejects(Classifier.load(nowhere), 'io', /nowhere.*no such file/);
  await rejects(Classifier.load(pathToFileURL(nowhere)), 'io', /nowhere.*no such file/);
  await rejects(Classifier.load(folder), 'io', /no such file/);
  await rejects(Classifier.load('no\0name'), 'io');
  await rejects(Classifier.load('http://'), 'bad_argument');
  await rejects(Classifier.load('http://127.0.0.1:9/model.safetensors'), 'io'); // nobody listens at the port of "discard"
  await rejects(Classifier.load(undefined), 'bad_argument');
  await rejects(Classifier.load(new ArrayBuffer(3)), 'truncated');
  await rejects(Classifier.load(write('page.safetensors', '<!doctype html>')), 'not_a_model', /web page/);
  await rejects(Classifier.load(write('other.json', '{"a": 1}')), 'not_a_model', /index/);
});

test('says by a code what is wrong with a picture, and goes on', async () => {
  const webp = Buffer.from('RIFF\x1a\0\0\0WEBPVP8 ', 'latin1');
  await withClassifier(async (classifier) => {
    await rejects(classifier.classify(path.join(folder, 'nowhere.png')), 'io', /nowhere.*no such file/);
    await rejects(classifier.classify(folder), 'io');
    await rejects(classifier.classify(Buffer.from('this is no picture')), 'not_an_image');
    await rejects(classifier.classify(webp), 'not_an_image', /WebP/); // there is no browser that could read it
    await rejects(classifier.classify(picture, { maxImageBytes: 10 }), 'image_too_large');
    await rejects(classifier.classify(undefined), 'bad_argument');
    const gone = bufferOf(fs.readFileSync(picture));
    structuredClone(gone, { transfer: [gone] });
    await rejects(classifier.classify(gone), 'bad_argument', /transferred/);
    assertSeen(await classifier.classify(picture));
  });
});

test('many pictures, and embeddings', async () => {
  await withClassifier(async (classifier) => {
    const outcomes = [];
    const pictures = [picture, Buffer.from('no picture'), pathToFileURL(picture)];
    for await (const outcome of classifier.classifyAll(pictures)) outcomes.push(outcome);
    assert.deepEqual(outcomes.map(({ index, error }) => [index, error?.code]), [[0, undefined], [1, 'not_an_image'], [2, undefined]]);
    for (const index of [0, 2]) assertSeen(outcomes[index].result);
    const embedding = await classifier.embed(picture);
    assert.ok(Math.abs(cosineSimilarity(embedding, await classifier.embed(picture, { l2Normalize: true })) - 1) < 1e-6);
  });
});

test('a load is aborted while the engine starts, and leaves none', async () => {
  const before = workers.length;
  const whole = bufferOf(bytes);
  const reason = new Error('changed my mind');
  for (const ms of [0, 5, 20, 60]) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), ms);
    const load = Classifier.load(whole, { signal: controller.signal });
    await assert.rejects(load, (error) => error === reason, `after ${ms} ms`);
  }
  await new Promise((resolve) => { setTimeout(resolve, 1500); }); // a load that went on would be done by then
  assert.deepEqual(workers.slice(before).filter(({ threadId }) => threadId !== -1), []);
});

for (const worker of [true, false]) {
  const where = worker ? 'in a worker' : 'on the calling thread';

  test(`an abort rejects with its reason, and the work ends: ${where}`, async (t) => {
    await withClassifier(async (classifier) => {
      const { timing } = await classifier.classify(pixels());
      const reason = new Error('changed my mind');
      const controller = new AbortController();
      let from;
      setTimeout(() => {
        from = performance.now();
        controller.abort(reason);
      }, timing.inference / 4);
      await assert.rejects(classifier.classify(pixels(), { signal: controller.signal }), (error) => error === reason);
      const rejected = performance.now() - from;
      const result = await classifier.classify(pixels());
      const waited = performance.now() - from - result.timing.total;
      t.diagnostic(`rejected after ${rejected.toFixed(1)} ms; the next call began ${waited.toFixed(1)} ms after the abort `
        + `(a whole inference takes ${timing.inference.toFixed(0)} ms)`);
      assert.ok(rejected < 500, `${rejected} ms`); // the bar is 100 ms
      assert.ok(waited < 1500, `${waited} ms`); // the bar is 300 ms
    }, slow, { worker });
  });

  test(`dispose ends a call under way and those that wait: ${where}`, async () => {
    const classifier = await Classifier.load(slow, { worker });
    const calls = [classifier.classify(pixels()), classifier.classify(pixels())];
    setTimeout(() => classifier.dispose(), 50);
    for (const call of calls) await rejects(call, 'cancelled');
    await rejects(classifier.classify(pixels()), 'cancelled');
    await rejects(classifier.heapBytes(), 'cancelled');
  });

  for (const dispose of [true, false]) {
    test(`a program ends by itself ${dispose ? 'after' : 'without'} dispose, and not before its answer: ${where}`, () => {
      const { status, signal, stdout, stderr, ms } = program(`
        import { Classifier } from ${JSON.stringify(entry)};
        const classifier = await Classifier.load(${JSON.stringify(model)}, { worker: ${worker} });
        const { predictions } = await classifier.classify(${JSON.stringify(picture)});
        console.log(predictions[0].index);
        ${dispose ? 'classifier.dispose();' : ''}`);
      assert.deepEqual({ status, signal, stdout, stderr }, { status: 0, signal: null, stdout: '0\n', stderr: '' }, `after ${ms} ms`);
    });
  }
}

test('importing does nothing, on a server not even the one for browsers', () => {
  for (const file of ['node.js', 'index.js']) {
    const { status, stdout, stderr } = program(`
      const before = Object.keys(globalThis).length;
      const api = await import(${JSON.stringify(pathToFileURL(dist('package', file)).href)});
      console.log(typeof api.Classifier.load, Object.keys(globalThis).length - before);`);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: 'function 0\n', stderr: '' }, file);
  }
});

test('there is no cache, and asking for it does no harm', async () => {
  assert.equal(await Classifier.isCached(model), false);
  assert.equal(await Classifier.isCached('http://127.0.0.1:9/model.safetensors'), false);
  await Classifier.clearCache(model);
  await Classifier.clearCache();
});

test('a worker that ends is replaced, between calls and during one', async () => {
  await withClassifier(async (classifier) => {
    const first = workers.at(-1);
    await first.terminate();
    assertSeen(await classifier.classify(picture), 'between calls');
    const second = workers.at(-1);
    assert.notEqual(second, first);
    const call = classifier.classify(picture);
    setImmediate(() => second.terminate());
    assertSeen(await call, 'during a call');
    assert.notEqual(workers.at(-1), second);
  });
});

test('a worker that ends twice over one call is reported, and replaced for the next', async () => {
  await withClassifier(async (classifier) => {
    await workers.at(-1).terminate();
    const before = workers.length;
    const call = classifier.classify(pixels());
    const end = setInterval(() => {
      for (const worker of workers.slice(before)) void worker.terminate();
    }, 1);
    await rejects(call, 'worker_lost', /twice/);
    clearInterval(end);
    assert.equal((await classifier.classify(pixels())).predictions[0].label, 'something');
  }, slow);
});
