// The packed package in the hands of its users: every bundler and place that the README has a recipe for really classifies.
//
// Each fixture is built in build/consumers/NAME with the configuration that the README shows, and opened in Chromium twice:
// from a host that says nothing about policies, and from one that is as strict as can be and allows threads.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium } from '@playwright/test';
import { root } from '../../tools/build/run.mjs';
import { labels, writeBlankModel } from '../browser/blank_model.mjs';
import { png } from '../browser/fixtures.mjs';
import browserConfig from '../browser/playwright.config.mjs';
import { seeingModel, seenScores } from '../browser/seeing_model.mjs';
import { inConsumers, installed, installPackage } from './packed.mjs';
import { startSite, strict } from './site.mjs';

// The model's classes are colours: the second is green.
const colour = [90, 200, 30];
const expected = seenScores(colour);
const fixtures = path.join(root, 'tests/package/fixtures');
const sites = {};
const opened = []; // what must be closed, or this program would not end
let launched;

async function browser() {
  launched ??= chromium.launch(browserConfig.use.launchOptions);
  opened.push(await launched);
  return launched;
}

before(async () => {
  installPackage();
  const model = inConsumers('model.safetensors');
  writeBlankModel(model);
  fs.writeFileSync(model, seeingModel(fs.readFileSync(model)));
  sites.plain = await startSite(inConsumers());
  sites.strict = await startSite(inConsumers(), strict);
  opened.push(...Object.values(sites));
});

after(() => Promise.all([...new Set(opened)].map((thing) => thing.close())));

/** The fixture's folder, with what `shared` fixture it adds to, and the model and a photo beside its page. */
function lay(name, { shared, page = '.' } = {}) {
  const folder = inConsumers(name);
  fs.rmSync(folder, { recursive: true, force: true });
  for (const source of [shared, name].filter(Boolean)) fs.cpSync(path.join(fixtures, source), folder, { recursive: true });
  fs.mkdirSync(path.join(folder, page), { recursive: true });
  fs.linkSync(inConsumers('model.safetensors'), path.join(folder, page, 'model.safetensors'));
  fs.writeFileSync(path.join(folder, page, 'photo.png'), png(400, 300, colour));
  return folder;
}

/** Without a bundler the package's folder is put where the server shows it. */
const copyPackage = (folder) => fs.cpSync(installed(), folder, { recursive: true });
const node = (cwd, ...args) => execFileSync(process.execPath, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const tool = (name) => path.join(root, 'node_modules', name);

async function runWebpack(folder, more = {}) {
  const { default: webpack } = await import('webpack');
  const { default: config } = await import(pathToFileURL(path.join(folder, 'webpack.config.js')));
  const whole = { context: folder, ...config, output: { path: path.join(folder, 'dist') }, ...more };
  const stats = await new Promise((resolve, reject) => {
    webpack(whole, (error, done) => (error ? reject(error) : resolve(done)));
  });
  const { errors, warnings } = stats.toJson({ errors: true, warnings: true });
  const said = [...errors, ...warnings].map(({ message }) => message).filter((message) => !/size limit|lazy load/.test(message));
  assert.deepEqual(said, []);
}

function assertAnswer(text) {
  const lines = text.trim().split('\n').map((line) => line.split(' '));
  assert.deepEqual(lines.map(([label]) => label), ['something', 'nothing', 'anything']);
  for (const [label, score] of lines) assert.ok(Math.abs(score - expected[labels.indexOf(label)]) < 1e-5, `${label}: ${score}`);
}

/** Opens the page and waits for its answer. Whatever the browser complains of fails the test. Returns how the work was done. */
async function assertClassifies(url, context) {
  context ??= await (await browser()).newContext();
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const wanted = message.location().url.endsWith('/favicon.ico'); // by the browser, not by the page
    if (['error', 'warning'].includes(message.type()) && !wanted) complaints.push(message.text());
  });
  context.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure().errorText}`));
  context.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
  });
  context.on('request', (request) => {
    if (!request.url().startsWith(new URL('/', url).href)) complaints.push(`request off origin: ${request.url()}`);
  });
  try {
    await page.goto(url);
    await page.waitForFunction(() => document.querySelector('output').textContent !== '', undefined, { timeout: 30_000 })
      .catch((error) => complaints.push(error.message));
    assert.deepEqual(complaints, []);
    assertAnswer(await page.locator('output').textContent());
    const how = await page.locator('output').getAttribute('title');
    assert.doesNotMatch(how ?? '', /did not work/); // it would be the second choice
    return how;
  } finally {
    await context.close();
  }
}

async function assertClassifiesEverywhere(name) {
  await assertClassifies(`${sites.plain.url}/${name}/`);
  const how = await assertClassifies(`${sites.strict.url}/${name}/`);
  if (how !== null && os.availableParallelism() > 1) assert.match(how, /\d threads: the page is cross-origin isolated/);
}

test('a page without a bundler, by an import map', async () => {
  copyPackage(path.join(lay('import-map'), 'resnet-wasm'));
  await assertClassifies(`${sites.plain.url}/import-map/`); // its script is inline, which the strict host forbids
});

test('a page with a strict policy', async () => {
  copyPackage(path.join(lay('strict-csp'), 'resnet-wasm'));
  await assertClassifiesEverywhere('strict-csp');
});

test('a page in a sub-folder, its scripts in another', async () => {
  copyPackage(path.join(lay('sub-folder', { page: 'pages/one' }), 'libraries/resnet-wasm'));
  await assertClassifiesEverywhere('sub-folder/pages/one');
});

for (const config of ['vite.config.js', undefined]) {
  test(`Vite, in development, ${config ? 'configured as older ones need it' : 'not configured'}`, async () => {
    const { createServer } = await import('vite');
    const folder = lay('vite', { shared: 'app', page: 'public' });
    const configFile = config !== undefined && path.join(folder, config);
    const server = await createServer({ root: folder, configFile, logLevel: 'warn', server: { host: '127.0.0.1' } });
    try {
      await server.listen();
      await assertClassifies(server.resolvedUrls.local[0]);
    } finally {
      await server.close();
    }
  });
}

test('Vite, built', async () => {
  const folder = lay('vite', { shared: 'app', page: 'public' });
  node(folder, tool('vite/bin/vite.js'), 'build', '--base', './', '--logLevel', 'warn');
  await assertClassifiesEverywhere('vite/dist');
});

test('webpack', async () => {
  await runWebpack(lay('webpack', { shared: 'app' }));
  await assertClassifiesEverywhere('webpack');
});

test('esbuild', async () => {
  node(lay('esbuild', { shared: 'app' }), 'build.js');
  await assertClassifiesEverywhere('esbuild');
});

test('Rollup', async () => {
  node(lay('rollup', { shared: 'app' }), tool('rollup/dist/bin/rollup'), '-c', '--silent');
  await assertClassifiesEverywhere('rollup');
});

test('a module of a Next app: bundled for the server it does nothing, bundled for the browser it classifies', async () => {
  const folder = lay('next', { shared: 'app' });
  fs.copyFileSync(path.join(fixtures, 'webpack/webpack.config.js'), path.join(folder, 'webpack.config.js'));
  const server = { path: path.join(folder, 'server'), filename: 'classify.js', module: true, library: { type: 'module' } };
  await runWebpack(folder, { entry: './classify.js', target: 'node20', output: server, experiments: { outputModule: true } });
  const load = "import('./server/classify.js').then(({ classify }) => console.log(typeof classify))";
  assert.equal(node(folder, '--conditions=react-server', '--eval', load), 'function\n');
  await runWebpack(folder);
  await assertClassifiesEverywhere('next');
});

test('a page\'s module service worker', async () => {
  copyPackage(path.join(lay('service-worker'), 'resnet-wasm'));
  await assertClassifiesEverywhere('service-worker');
});

test('the service worker of an extension', async () => {
  const folder = lay('extension');
  copyPackage(path.join(folder, 'resnet-wasm'));
  const profile = inConsumers('profile');
  fs.rmSync(profile, { recursive: true, force: true });
  const { args, ...options } = browserConfig.use.launchOptions;
  const context = await chromium.launchPersistentContext(profile, {
    ...options,
    args: [...args, `--disable-extensions-except=${folder}`, `--load-extension=${folder}`],
    ignoreDefaultArgs: ['--disable-extensions'],
  });
  opened.push(context);
  const worker = context.serviceWorkers()[0] ?? await context.waitForEvent('serviceworker');
  await assertClassifies(new URL('index.html', worker.url()).href, context);
});

test('Node', () => {
  const folder = lay('node');
  assertAnswer(node(folder, 'classify.js'));
});

const importers = {
  'in Node': ['resnet-wasm'],
  'in Node, as a server component is': ['--conditions=react-server', 'resnet-wasm'],
  'on a server that takes the browser\'s entry': [installed('index.js')],
};

for (const [place, args] of Object.entries(importers)) {
  test(`importing does nothing ${place}`, () => {
    const script = inConsumers('imports.mjs');
    fs.copyFileSync(path.join(root, 'tests/package/imports.mjs'), script);
    const whole = [...args.slice(0, -1), script, args.at(-1)];
    const { status, stdout, stderr } = spawnSync(process.execPath, whole, { encoding: 'utf8', timeout: 20_000 });
    assert.equal(status, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { calls: [], globals: [], resources: [], kinds: ['function', 'function', 'function'] });
  });
}
