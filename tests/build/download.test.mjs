// Downloads against a server that has every fault.
//
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { checkHash } from '../../tools/build/catalog.mjs';
import { download, progressText } from '../../tools/build/download.mjs';
import { Failure } from '../../tools/build/run.mjs';
import { serveFile } from './file_server.mjs';

const body = randomBytes(300_000);
const sha256 = createHash('sha256').update(body).digest('hex');
let folder, file, server;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'resnet-download-'));
  file = path.join(folder, 'deep/network.pth');
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  fs.rmSync(folder, { recursive: true });
});

const fetchIt = (options = {}) => download({
  url: server.url, file, pause: 1, check: (part) => checkHash(part, { algorithm: 'sha256', begins: sha256.slice(0, 8) }), ...options,
});

/** What is in the target's folder. */
const left = () => (fs.existsSync(path.dirname(file)) ? fs.readdirSync(path.dirname(file)).sort() : []);

function assertComplete() {
  assert.deepEqual(left(), ['network.pth']);
  assert.ok(fs.readFileSync(file).equals(body));
}

const failsWith = (...patterns) => (error) => {
  assert.ok(error instanceof Failure, error.stack);
  for (const pattern of patterns) assert.match(error.message, pattern);
  return true;
};

test('a whole file, with progress', async () => {
  server = await serveFile({ body });
  const seen = [];
  await fetchIt({ progress: (state) => seen.push(state) });
  assertComplete();
  assert.equal(seen.at(-1).received, body.length);
  assert.equal(seen.at(-1).total, body.length);
  assert.equal(server.requests.length, 1);
  assert.equal(server.requests[0]['accept-encoding'], 'identity');
});

test('a broken connection is taken up where it ended', async () => {
  server = await serveFile({ body, breaks: [100_000, 50_000] });
  await fetchIt();
  assertComplete();
  const starts = server.requests.map(({ range }) => (range === undefined ? 0 : Number(/^bytes=(\d+)-$/.exec(range)[1])));
  assert.equal(starts.length, 3);
  // What was on its way when the connection broke may be lost.
  assert.ok(starts[0] === 0 && starts[1] > 0 && starts[1] <= 100_000 && starts[2] > starts[1] && starts[2] <= starts[1] + 50_000, starts.join());
  assert.equal(server.requests[1]['if-range'], '"1"');
});

test('so is one of an earlier run', async () => {
  server = await serveFile({ body, breaks: [70_000] });
  await assert.rejects(fetchIt({ tries: 1 }), failsWith(/connection/, /MiB are here.*goes on from there/));
  assert.deepEqual(left(), ['network.pth.part', 'network.pth.part.json']);
  await fetchIt();
  assertComplete();
  assert.match(server.requests[1].range, /^bytes=[1-9]\d*-$/);
});

test('a file that has changed since is fetched from its beginning', async () => {
  server = await serveFile({ body: randomBytes(200_000), breaks: [90_000] });
  await assert.rejects(fetchIt({ tries: 1 }), Failure);
  server.change({ body, etag: '"2"' });
  await fetchIt();
  assertComplete();
});

test('without ranges, and without a mark of the version, it begins anew', async () => {
  for (const options of [{ ranges: false }, { etag: null }, { etag: 'W/"weak"' }]) {
    server = await serveFile({ body, breaks: [80_000], ...options });
    await fetchIt();
    assertComplete();
    fs.rmSync(file);
    await server.close();
  }
});

test('a part that is longer than the file is thrown away', async () => {
  server = await serveFile({ body });
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.part`, randomBytes(body.length + 1));
  fs.writeFileSync(`${file}.part.json`, JSON.stringify({ url: server.url, validator: '"1"' }));
  await fetchIt();
  assertComplete();
});

test('a part of another address is not gone on with', async () => {
  server = await serveFile({ body });
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.part`, randomBytes(1000));
  fs.writeFileSync(`${file}.part.json`, JSON.stringify({ url: 'http://elsewhere/network.pth', validator: '"1"' }));
  await fetchIt();
  assertComplete();
  assert.equal(server.requests[0].range, undefined);
});

test('wrong bytes are removed and said', async () => {
  server = await serveFile({ body: Buffer.concat([body, Buffer.from('x')]) });
  await assert.rejects(fetchIt(), failsWith(/sha256 begins with [0-9a-f]{16}/, new RegExp(`${sha256.slice(0, 8)} is expected`)));
  assert.deepEqual(left(), []);
});

test('404 is said at once', async () => {
  server = await serveFile({ body: Buffer.from('no'), status: 404 });
  await assert.rejects(fetchIt(), failsWith(/404 Not Found/, /network\.pth/));
  assert.equal(server.requests.length, 1);
  assert.deepEqual(left(), []);
});

test('a server that is in trouble is asked again', async () => {
  server = await serveFile({ body, status: 503 });
  const running = fetchIt({ pause: 30 });
  setTimeout(() => server.change({ status: 200 }), 15);
  await running;
  assertComplete();
});

test('a web page in place of the file is recognised, whatever the server calls it', async () => {
  const page = Buffer.from('\n<!DOCTYPE html><title>Sign in</title>');
  for (const type of ['text/html; charset=utf-8', 'application/octet-stream']) {
    server = await serveFile({ body: page, type });
    await assert.rejects(fetchIt(), failsWith(/web page in place of the file/));
    assert.deepEqual(left(), []);
    await server.close();
  }
});

test('no connection is said at once, in one sentence', async () => {
  server = await serveFile({ body });
  await server.close();
  await assert.rejects(fetchIt({ pause: 100_000 }), failsWith(/cannot be reached \(ECONNREFUSED\); is this machine online\?$/));
});

test('a silent server is given up', async () => {
  server = await serveFile({ body });
  const net = await import('node:net');
  const mute = net.createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => { mute.once('listening', resolve); });
  const url = `http://127.0.0.1:${mute.address().port}/x`;
  await assert.rejects(fetchIt({ url, silence: 50 }), failsWith(/does not answer/));
  mute.close();
});

test('progress in words', () => {
  const started = { at: 0, received: 0 };
  assert.equal(progressText(10 * 2 ** 20, 97.8 * 2 ** 20, started, 2000), '10.0 of 97.8 MiB, 5.0 MiB/s, 0:18 left');
  assert.equal(progressText(10 * 2 ** 20, undefined, started, 2000), '10.0 MiB, 5.0 MiB/s');
  assert.equal(progressText(97.8 * 2 ** 20, 97.8 * 2 ** 20, started, 2000), '97.8 of 97.8 MiB, 48.9 MiB/s');
});
