// npm start -- --lan: addresses, the certificate, what is said over https and over http.
//
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { certificateFor, lanAddresses, serveToLan } from '../../tools/build/lan.mjs';
import { headers } from '../../tools/build/policy.mjs';
import { Failure, root } from '../../tools/build/run.mjs';
import { serve } from '../../tools/build/serve.mjs';
import { chosenPort } from '../../tools/build/start.mjs';

let folder, page, server, tls;
const addresses = ['192.168.1.20', '10.0.0.7'];
const host = 'phone.test'; // any name: nobody is asked for it

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'resnet-lan-'));
  page = path.join(folder, 'page');
  fs.mkdirSync(page);
  fs.writeFileSync(path.join(page, 'index.html'), '<title>The page</title>');
  tls = await certificateFor(addresses, path.join(folder, 'certificate'));
  server = await serve({ folder: page, port: 8640, tls });
});
after(async () => {
  await server.close();
  fs.rmSync(folder, { recursive: true });
});

/** {status, headers, body} */
const get = (url, options = {}) => new Promise((resolve, reject) => {
  const request = (url.startsWith('https:') ? https : http).get(url, options, (response) => {
    let body = '';
    response.on('data', (data) => { body += data; }).on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
  });
  request.on('error', reject);
});

const address = (ip, more = {}) => ({ family: 'IPv4', internal: false, address: ip, ...more });

test('the addresses of this machine in local networks, real networks first', () => {
  assert.deepEqual(lanAddresses({
    lo: [address('127.0.0.1', { internal: true })],
    docker0: [address('172.17.0.1')],
    eth0: [address('fe80::1', { family: 'IPv6' }), address('192.168.1.20')],
    wlan0: [address('10.0.0.7')],
    eth1: [address('169.254.3.3')],
  }), ['192.168.1.20', '10.0.0.7', '172.17.0.1']);
});

test('without one that is said', () => {
  assert.throws(() => lanAddresses({ lo: [address('127.0.0.1', { internal: true })] }),
    (error) => error instanceof Failure && /no address in a local network.*leave out --lan/.test(error.message));
});

test('the certificate names the addresses and this machine, signs itself, and is one that phones take', () => {
  const cert = new X509Certificate(tls.cert);
  for (const ip of [...addresses, '127.0.0.1']) assert.equal(cert.checkIP(ip), ip);
  assert.equal(cert.checkHost('localhost'), 'localhost');
  assert.equal(cert.checkIP('192.168.1.21'), undefined);
  assert.ok(cert.verify(cert.publicKey));
  assert.equal(cert.ca, false);
  assert.deepEqual(cert.keyUsage, ['1.3.6.1.5.5.7.3.1']); // server authentication
  const days = (Date.parse(cert.validTo) - Date.parse(cert.validFrom)) / 86_400_000;
  assert.ok(days > 364 && days <= 398, `${days}`);
  assert.equal(fs.statSync(path.join(folder, 'certificate/key.pem')).mode & 0o077, 0);
});

test('it is kept, until it ends, an address is new, or its key is lost', async () => {
  const kept = path.join(folder, 'kept');
  const first = await certificateFor(addresses, kept);
  const again = (wanted, now) => certificateFor(wanted, kept, now);
  assert.deepEqual(await again(addresses), first);
  assert.deepEqual(await again(addresses.slice(0, 1)), first);
  assert.deepEqual(await again(addresses, new Date(Date.now() + 300 * 86_400_000)), first);
  const moved = await again(['192.168.7.7']);
  assert.notEqual(moved.cert, first.cert);
  assert.notEqual((await again(['192.168.7.7'], new Date(Date.now() + 365 * 86_400_000))).cert, moved.cert);
  const before = await again(addresses);
  fs.writeFileSync(path.join(kept, 'key.pem'), first.key);
  const last = await again(addresses);
  assert.notEqual(last.cert, before.cert);
  assert.deepEqual(await again(addresses), last);
});

test('over https there is the page, with its headers', async () => {
  const trusting = await get(server.url, { ca: tls.cert });
  assert.equal(trusting.status, 200);
  assert.match(trusting.body, /The page/);
  for (const [name, value] of Object.entries(headers)) assert.equal(trusting.headers[name.toLowerCase()], value);
  await assert.rejects(get(server.url), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }); // who was not told of the certificate
});

test('over http there is none, but where to go', async () => {
  const url = server.url.replace('https:', 'http:');
  const answer = await get(url, { headers: { host: `${host}:8640` } });
  assert.equal(answer.status, 307);
  assert.equal(answer.headers.location, `https://${host}:8640/`);
  assert.match(answer.body, /speaks https only: https:\/\/phone\.test:8640\//);
  assert.doesNotMatch(answer.body, /The page/);
  const odd = await get(url, { headers: { host: 'a"><script>' } });
  assert.equal(odd.status, 400);
  assert.equal(odd.headers.location, undefined);
  assert.doesNotMatch(odd.body, /script/);
});

test('callers that send nothing, or nonsense, do no harm', async () => {
  const { port } = server;
  const left = await new Promise((resolve) => {
    const silent = net.connect(port, '127.0.0.1', () => resolve(silent));
  });
  left.on('error', () => undefined);
  await new Promise((resolve) => {
    const nonsense = net.connect(port, '127.0.0.1', () => nonsense.write(Buffer.from([0x16, 3, 1, 0xff, 0xff, ...Array(300).fill(7)])));
    nonsense.on('error', () => undefined).on('close', resolve).resume();
  });
  assert.equal((await get(server.url, { ca: tls.cert })).status, 200);
  left.destroy();
});

test('what is printed: a code to scan, the address, why https, and that the browser warns', async () => {
  const certificates = path.join(folder, 'printed');
  const { text, close } = await serveToLan({ folder: page, port: 8660 }, addresses, certificates);
  const cert = new X509Certificate(fs.readFileSync(path.join(certificates, 'cert.pem')));
  assert.match(text, /[█▀▄]{5}/);
  const [, port] = text.match(/Open https:\/\/192\.168\.1\.20:(\d+)\/ on any device/);
  assert.match(text, new RegExp(`Other addresses of this machine: https://10\\.0\\.0\\.7:${port}/`));
  assert.match(text, /camera, the cache and threads to secure pages only/);
  assert.match(text, /will warn, once/);
  assert.ok(text.includes(cert.fingerprint256));
  // On all addresses: also on those of this machine in its network, where it has one.
  const reachable = ['127.0.0.1', ...Object.values(os.networkInterfaces()).flat().filter(({ family }) => family === 'IPv4').map((own) => own.address)];
  for (const ip of reachable) assert.equal((await get(`https://${ip}:${port}/`, { ca: cert.toString(), servername: 'localhost' })).status, 200);
  await close();
});

test('another port by PORT', () => {
  assert.equal(chosenPort({}), 8080);
  assert.equal(chosenPort({ PORT: '9000' }), 9000);
  for (const PORT of ['hello', '-1', '65536', '']) assert.throws(() => chosenPort({ PORT }), Failure, PORT);
});

const start = (...args) => new Promise((resolve) => {
  execFile(process.execPath, [path.join(root, 'tools/build/start.mjs'), ...args], (error, stdout, stderr) =>
    resolve({ status: error?.code ?? 0, stdout, stderr }));
});

test('--help says how it is used; what is unknown is refused', async () => {
  const help = await start('--help');
  assert.equal(help.status, 0);
  assert.match(help.stdout, /npm start \[-- --lan\]/);
  for (const wrong of ['--wan', 'lan', '--lan=yes']) {
    const refused = await start(wrong);
    assert.equal(refused.status, 2, wrong);
    assert.match(refused.stderr, /npm start \[-- --lan\]/);
    assert.equal(refused.stdout, '');
  }
});
