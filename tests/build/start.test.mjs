// npm start: which model it takes, and how the page is told of it.
//
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import zlib from 'node:zlib';
import { builtInModel, placeModels } from '../../tools/build/model_list.mjs';
import { Failure } from '../../tools/build/run.mjs';
import { serve } from '../../tools/build/serve.mjs';
import { chosenModel, fetchedModels, modelFiles, referenceModel } from '../../tools/build/start.mjs';

let folder, named, fetched, builtIn, data;

/** A file below `folder`, with its folders. */
function write(name, content = '') {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  return file;
}

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'resnet-start-'));
  named = write('mine.pth');
  fetched = write('fetched/resnet50-v2-f32.safetensors');
  builtIn = write('default/ten things.safetensors', 'weights');
  data = path.dirname(path.dirname(write('data/models/resnet50-pqf.safetensors')));
});
after(() => fs.rmSync(folder, { recursive: true }));

test('first comes what the user names', () => {
  assert.deepEqual(chosenModel({ MODEL: named, RESNET_DATA: data }, { fetched, builtIn }), { file: named, options: [] });
  assert.throws(() => chosenModel({ MODEL: `${named}x` }, { fetched, builtIn }),
    (error) => error instanceof Failure && /mine\.pthx: there is no such file/.test(error.message));
});

test('then what was fetched', () => {
  assert.deepEqual(chosenModel({ RESNET_DATA: data }, { fetched, builtIn }), { file: fetched, options: [] });
});

test('then the built-in model', () => {
  assert.deepEqual(chosenModel({ RESNET_DATA: data }, { builtIn }), { file: builtIn, options: [] });
});

test('else there is none: the test data has no part in it', () => {
  assert.equal(chosenModel({ RESNET_DATA: data }, {}), undefined);
});

test('the network of the test data comes with its labels, for the tests and for who names it', () => {
  const reference = referenceModel(data);
  assert.equal(reference.file, path.join(data, 'models/resnet50-pqf.safetensors'));
  assert.equal(reference.options[reference.options.indexOf('--labels') + 1], path.join(data, 'images/imagenet-labels.txt'));
  assert.deepEqual(chosenModel({ MODEL: reference.file, RESNET_DATA: data }, { fetched, builtIn }), reference);
  assert.deepEqual(chosenModel({ MODEL: reference.file }, { fetched, builtIn }), { file: reference.file, options: [] });
  assert.equal(referenceModel(undefined), undefined);
  assert.equal(referenceModel(folder), undefined);
});

test('of the fetched models, the last one', () => {
  assert.deepEqual(fetchedModels(path.join(folder, 'nowhere')), []);
  for (const [name, time] of [['a.safetensors', 3], ['b.safetensors', 9], ['c.safetensors', 5], ['d.part', 20]]) {
    fs.utimesSync(write(`several/${name}`), time, time);
  }
  assert.equal(fetchedModels(path.join(folder, 'several'))[0], path.join(folder, 'several/b.safetensors'));
});

test('the built-in model is the model file of its folder', () => {
  assert.equal(builtInModel(path.join(folder, 'nowhere')), undefined);
  assert.equal(builtInModel(path.dirname(write('card/README.md'))), undefined);
  assert.equal(builtInModel(path.dirname(builtIn)), builtIn);
});

const entry = { name: 'ten things', file: 'ten%20things.safetensors', bytes: 7, builtIn: true };

test('any server of files gives the page its built-in model', async () => {
  const page = path.join(folder, 'page');
  placeModels(path.join(page, 'models'), [builtIn], builtIn);
  const { url, close } = await serve({ folder: page, port: 8600 });
  const { models } = await (await fetch(`${url}models/index.json`)).json();
  assert.deepEqual(models, [entry]);
  assert.equal(await (await fetch(new URL(models[0].file, `${url}models/`))).text(), 'weights');
  await close();
});

test('the server makes text and code smaller for those who can read that, and sends weights as they are', async () => {
  const page = path.join(folder, 'small');
  fs.mkdirSync(page);
  fs.writeFileSync(path.join(page, 'main.js'), 'let x = 1;\n'.repeat(1000));
  fs.writeFileSync(path.join(page, 'weights.safetensors'), 'w'.repeat(1000));
  const { url, close } = await serve({ folder: page, port: 8620 });
  const ask = async (name, accepted) => {
    const { headers, ...response } = await new Promise((resolve, reject) => {
      http.get(`${url}${name}`, { headers: { 'accept-encoding': accepted } }, async (answer) => {
        resolve({ headers: answer.headers, bytes: Buffer.concat(await answer.toArray()) });
      }).on('error', reject);
    });
    return { encoding: headers['content-encoding'], length: headers['content-length'], ...response };
  };
  const small = await ask('main.js', 'br, gzip');
  assert.equal(small.encoding, 'gzip');
  assert.equal(zlib.gunzipSync(small.bytes).length, 11000);
  for (const accepted of ['', 'br', 'gzip;q=0']) {
    const { encoding, length, bytes } = await ask('main.js', accepted);
    assert.deepEqual([encoding, length, bytes.length], [undefined, '11000', 11000]);
  }
  const weights = await ask('weights.safetensors', 'gzip');
  assert.deepEqual([weights.encoding, weights.length, weights.bytes.length], [undefined, '1000', 1000]); // a page shows how much has come
  await close();
});

test('a page without models says so', () => {
  placeModels(path.join(folder, 'empty'), [], builtIn);
  assert.deepEqual(JSON.parse(fs.readFileSync(path.join(folder, 'empty/index.json'), 'utf8')), { models: [] });
});

test('npm start names those that it serves, and which is the built-in one', () => {
  const list = path.join(folder, 'list/index.json');
  const listed = () => JSON.parse(fs.readFileSync(list, 'utf8')).models;
  assert.deepEqual(modelFiles([fetched], list, builtIn), { '/models/index.json': list, '/models/resnet50-v2-f32.safetensors': fetched });
  assert.deepEqual(listed(), [{ name: 'resnet50-v2-f32', file: 'resnet50-v2-f32.safetensors', bytes: 0 }]);
  modelFiles([fetched, builtIn], list, builtIn);
  assert.deepEqual(listed().slice(1), [entry]);
});
