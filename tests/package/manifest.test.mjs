// What is in the packed package: the right files of the right sizes, a manifest that every tool reads alike, no weights.
//
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { root } from '../../tools/build/run.mjs';
import { installed, installPackage, tarball } from './packed.mjs';

// In bytes after gzip -9. A page loads the script, one worker and one wasm file.
const scriptLimit = 40_000;
const wasmLimit = 200_000;

const manifest = () => JSON.parse(fs.readFileSync(installed('package.json'), 'utf8'));
const files = () => fs.readdirSync(installed(), { recursive: true }).filter((name) => fs.statSync(installed(name)).isFile());
const text = (name) => fs.readFileSync(installed(name), 'utf8');
const gzipped = (name) => gzipSync(fs.readFileSync(installed(name)), { level: 9 }).length;

before(installPackage);

test('holds what it should, and nothing else: no weights, no sources', () => {
  const known = /^([\w-]+\.(js|wasm)|types\/\w+\.d\.ts|package\.json|versions\.json|README\.md|LICENSE|THIRD-PARTY\.md)$/;
  assert.deepEqual(files().filter((name) => !known.test(name)), []);
  const texts = ['README.md', 'LICENSE', 'THIRD-PARTY.md', 'versions.json'];
  for (const name of ['index.js', 'node.js', ...texts]) assert.ok(files().includes(name), name);
});

test('every script and wasm file beside the two entries is a subpath of its own, and every export leads to a file', () => {
  const { exports, dependencies } = manifest();
  const { '.': main, ...subpaths } = exports;
  assert.deepEqual(Object.keys(main), ['types', 'node', 'default']);
  for (const target of [...Object.values(main), ...Object.values(subpaths)]) assert.ok(fs.existsSync(installed(target)), target);
  const assets = files().filter((name) => /\.(js|wasm)$/.test(name) && !['index.js', 'node.js'].includes(name));
  assert.ok(assets.length >= 5);
  for (const name of assets) assert.equal(subpaths[`./${name}`], `./${name}`);
  assert.equal(dependencies, undefined);
});

test('publint finds nothing', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed(), strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg, { color: false })), []);
});

test('every kind of TypeScript project finds the types', async () => {
  const archive = createPackageFromTarballData(new Uint8Array(fs.readFileSync(tarball)));
  // The other entries are addresses of files, for no import.
  const { problems, entrypoints } = await checkPackage(archive, { entrypoints: ['.'] });
  const resolutions = Object.values(entrypoints['.'].resolutions).map(({ resolution }) => resolution.fileName);
  assert.deepEqual(resolutions, Array.from({ length: 4 }, () => '/node_modules/resnet-wasm/types/index.d.ts'));
  // There are ES modules only: a CommonJS file imports them with `await import`, or Node's newer require.
  assert.deepEqual(problems.map(({ kind, resolutionKind }) => [kind, resolutionKind]), [['CJSResolvesToESM', 'node16-cjs']]);
});

test('is small', () => {
  const workers = files().filter((name) => /^worker(-threads)?\.js$/.test(name));
  assert.ok(workers.length > 0);
  for (const worker of workers) {
    const bytes = gzipped('index.js') + gzipped(worker);
    console.log(`  index.js and ${worker}: ${bytes} bytes`);
    assert.ok(bytes <= scriptLimit, `index.js and ${worker} have ${bytes} bytes`);
  }
  for (const name of files().filter((file) => file.endsWith('.wasm'))) {
    console.log(`  ${name}: ${gzipped(name)} bytes`);
    assert.ok(gzipped(name) <= wasmLimit, `${name} has ${gzipped(name)} bytes, more than ${wasmLimit}`);
  }
});

/** Fails with the piece that was found: the whole of a minified script tells nobody anything. */
function assertLacks(name, pattern) {
  const [found] = text(name).match(new RegExp(`.{0,40}(?:${pattern.source}).{0,40}`)) ?? [];
  assert.equal(found, undefined, `${name} holds ${found}`);
}

test('names no folder of the machine that built it, no source map, and no server', () => {
  for (const name of files().filter((file) => /\.(js|wasm|json|d\.ts)$/.test(file))) {
    assert.ok(!text(name).includes(root), `${name} holds ${root}`);
    assertLacks(name, /sourceMappingURL|\/home\/|\/root\/|\/tmp\//);
    if (!name.endsWith('.wasm')) assertLacks(name, /https?:\/\//);
  }
});

test('needs nothing that a strict policy or an extension forbids', () => {
  for (const name of files().filter((file) => file.endsWith('.js'))) assertLacks(name, /\beval\(|new Function|\bimport\(|importScripts\(/);
  for (const name of ['index.js', 'worker.js']) assertLacks(name, /createObjectURL/);
});

test('addresses each of its files once, in the form that bundlers see', () => {
  const script = text('index.js');
  const assets = files().filter((name) => /^worker(-threads)?\.js$|\.wasm$/.test(name));
  for (const name of assets) assert.equal(script.split(`new URL("./${name}",import.meta.url)`).length, 2, name);
  // Next's bundler takes an address that does not stand alone for any file of the package, and fails over the licence.
  assert.match(text('node.js'), /new \w+\(new URL\("\.\/worker-node\.js",import\.meta\.url\),/);
});

test('says what it was made of', () => {
  const versions = JSON.parse(text('versions.json'));
  assert.equal(versions['resnet-wasm'], manifest().version);
  assert.match(versions.tools.emscripten, /^\d+\.\d+\.\d+$/);
  for (const name of ['xnnpack', 'stb', '@noble/hashes']) {
    assert.ok(versions.libraries[name].version, name);
    assert.ok(text('THIRD-PARTY.md').includes(`\n## ${name}\n`), name);
  }
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'node_modules/@noble/hashes/package.json'), 'utf8'));
  assert.equal(versions.libraries['@noble/hashes'].version, version);
});
