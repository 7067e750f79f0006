// npm run model: the catalogue, the command line, and a checkpoint's whole way to what npm start serves.
//
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { catalogueText, findModel, labelsFile, readCatalogue } from '../../tools/build/catalog.mjs';
import { checkpointOf, convertOptions, readArguments } from '../../tools/build/model.mjs';
import { Failure, inBuild, run } from '../../tools/build/run.mjs';
import { isOwnModel } from '../../tools/build/start.mjs';
import { serveFile } from './file_server.mjs';

const catalogue = readCatalogue();
let folder;
before(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'resnet-model-')); });
after(() => fs.rmSync(folder, { recursive: true }));

test('every row of the catalogue is complete', () => {
  const names = catalogue.models.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const model of catalogue.models) {
    assert.match(model.url, /^https:\/\//, model.name);
    assert.match(model.hash.begins, model.hash.algorithm === 'md5' ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{8,64}$/, model.name);
    assert.ok(['torchvision', 'torchvision-v2', 'keras'].includes(model.recipe), model.name);
    assert.ok(model.top1 > 50 && model.top1 < model.top5 && model.top5 < 100, model.name);
    assert.ok(model.mib > 40 && model.mib < 300, model.name);
    const publisher = catalogue.publishers[model.publisher];
    for (const key of ['licence', 'statement', 'source']) assert.ok(publisher[key].length > 5, `${model.publisher} ${key}`);
    // torchvision's file names carry the hash; V2 weights are for pictures of 232.
    if (model.publisher === 'torchvision') assert.ok(model.url.endsWith(`-${model.hash.begins}.pth`), model.name);
    if (model.publisher === 'torchvision') assert.equal(model.recipe === 'torchvision-v2', model.name.endsWith('-v2'), model.name);
  }
});

test('the labels are a thousand, with ids', () => {
  const lines = fs.readFileSync(labelsFile, 'utf8').trimEnd().split('\n').map((line) => line.split('\t'));
  assert.equal(lines.length, 1000);
  assert.equal(new Set(lines.map(([id]) => id)).size, 1000);
  for (const line of lines) assert.ok(line.length === 2 && /^n\d{8}$/.test(line[0]) && line[1].length > 1, line.join());
  assert.deepEqual(lines[208], ['n02099712', 'Labrador retriever']);
});

test('the table shows every row', () => {
  const text = catalogueText(catalogue);
  for (const { name } of catalogue.models) assert.match(text, new RegExp(`^${name} `, 'm'));
  assert.match(text, /80\.9 %.*97\.8 MiB.*torchvision-v2/);
  assert.match(text, /your responsibility/);
});

test('an unknown name is answered with those that there are', () => {
  assert.throws(() => findModel(catalogue, 'resnet9000'), /resnet9000.*resnet50-v2/);
});

test('the command line', () => {
  fs.writeFileSync(path.join(folder, 'mine.pth'), '');
  const read = readArguments(['resnet50', '--dtype=i8', '--calibrate', 'photos', '--file', 'mine.pth', '--keep=conv1=f32'], folder);
  assert.deepEqual(read, {
    name: 'resnet50', dtype: 'i8', file: path.join(folder, 'mine.pth'), rest: ['--calibrate', 'photos', '--keep=conv1=f32'], from: folder,
  });
  assert.equal(readArguments(['resnet50'], folder).dtype, 'f32');
  const wrong = (args, pattern) => assert.throws(() => readArguments(args, folder), (error) => error instanceof Failure && pattern.test(error.message));
  wrong(['resnet50', '--dtype', 'i8'], /needs pictures.*--calibrate DIR/);
  wrong(['resnet50', '--dtype', 'f64'], /f32, f16 or i8/);
  wrong(['resnet50', '--file', 'missing.pth'], /no such file/);
  wrong(['--dtype', 'f16', 'resnet50'], /a name from the catalogue comes first/);
});

/** A row of a catalogue whose checkpoint is `body` on that server. */
const rowOf = (url, body) => ({
  ...findModel(catalogue, 'resnet18'), url, hash: { algorithm: 'sha256', begins: createHash('sha256').update(body).digest('hex').slice(0, 8) },
});

test('a checkpoint is fetched once, and again where its file was changed', async () => {
  const body = Buffer.from('a checkpoint');
  const server = await serveFile({ body });
  const row = rowOf(server.url, body);
  const file = await checkpointOf(row, { folder });
  assert.equal(await checkpointOf(row, { folder }), file);
  assert.equal(server.requests.length, 1);
  fs.writeFileSync(file, 'something else');
  await checkpointOf(row, { folder });
  assert.equal(server.requests.length, 2);
  assert.ok(fs.readFileSync(file).equals(body));
  await server.close();
});

test('without a connection the way with a local file is said', async () => {
  const server = await serveFile({ body: Buffer.from('x') });
  await server.close();
  await assert.rejects(checkpointOf(rowOf(server.url, 'x'), { folder: path.join(folder, 'offline') }),
    (error) => error instanceof Failure && /cannot be reached.*\n.*npm run model -- resnet18 --file PATH/.test(error.message));
});

test('a local file is checked too, and left where it is', async () => {
  const file = path.join(folder, 'local.pth');
  fs.writeFileSync(file, 'bytes');
  assert.equal(await checkpointOf(rowOf('http://nowhere/x.pth', 'bytes'), { file }), file);
  await assert.rejects(checkpointOf(rowOf('http://nowhere/x.pth', 'others'), { file }), /not the file that the catalogue means by resnet18/);
  assert.ok(fs.existsSync(file));
});

const data = process.env.RESNET_DATA;
const program = inBuild('native/resnet');
const cannot = !data ? 'RESNET_DATA is not set' : !fs.existsSync(program) && 'build/native/resnet is not built';

test('a checkpoint from a server becomes a model file with labels, recipe and licence', { skip: cannot }, async () => {
  const body = fs.readFileSync(path.join(data, 'models/resnet18-pqf.safetensors'));
  const server = await serveFile({ body, breaks: [1_000_000] });
  const row = { ...rowOf(server.url, body), url: server.url.replace('.pth', '.safetensors') };
  const checkpoint = await checkpointOf(row, { folder, pause: 1 });
  await server.close();
  assert.ok(server.requests[1].range.startsWith('bytes='));
  const model = path.join(folder, 'model.safetensors');
  run(program, ['convert', checkpoint, model, ...convertOptions(catalogue, row), '--dtype', 'f16']);
  assert.ok(isOwnModel(model));
  const described = run(program, ['inspect', model, '--json']);
  for (const part of [/resnet18/, /f16/, /may have own terms/, /69\.758/, /network\.safetensors/]) assert.match(described, part);
});
