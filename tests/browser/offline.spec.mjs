// Offline: the page kept by its service worker, on servers of its own that are stopped, send no headers, or have damaged files.
//
// SPDX-License-Identifier: MIT
import { AxeBuilder } from '@axe-core/playwright';
import path from 'node:path';
import { builtInModel } from '../../tools/build/model_list.mjs';
import { bundleServiceWorker } from '../../tools/build/offline.mjs';
import { headers } from '../../tools/build/policy.mjs';
import { inBuild, root } from '../../tools/build/run.mjs';
import { expect, modelFacts, photoResults, showPhoto, test as base } from './fixtures.mjs';
import { makeSite } from './site.mjs';

const barMs = 3_000; // from the reload to the answer, without a server
const cat = path.join(root, 'web/app/samples/cat.jpg');

const test = base.extend({
  sent: [headers, { option: true }],
  under: ['', { option: true }],
  site: async ({ sent, under }, use) => {
    const site = await makeSite({ sent, under });
    await use(site);
    await site.remove();
    const asked = site.requests.filter(({ method, headers: { 'content-length': body } }) => !['GET', 'HEAD'].includes(method) || Number(body) > 0);
    expect(asked).toEqual([]); // also what the service worker asked for
  },
  baseURL: async ({ site }, use) => use(site.url),
});
test.use({ serviceWorkers: 'allow' });
test.skip(builtInModel() === undefined, 'models/default holds no model');

const line = (page) => page.locator('.offline > p');
const newer = (page) => page.locator('.newer');
const ready = 'Ready offline.';

async function openUntilReady(page) {
  await page.goto('./');
  await expect(line(page)).toHaveText(ready);
}

test('says that it is ready, then opens and classifies without its server', async ({ page, site }) => {
  await openUntilReady(page);
  await site.stop();
  const heard = site.requests.length;
  const from = Date.now();
  await page.reload();
  const labels = await showPhoto(page, cat);
  const ms = Date.now() - from;
  console.log(`      from the reload to the answer without a server: ${ms} ms (the bar is ${barMs})`);
  test.info().annotations.push({ type: 'offline reload to answer', description: `${ms} ms` });
  expect(labels).toHaveLength(5);
  expect(ms).toBeLessThan(5 * barMs);
  await expect(line(page)).toHaveText(ready);
  for (const address of ['index.html', '?from=home#models', '#camera']) {
    await page.goto(`./${address}`);
    await page.reload();
    await expect(modelFacts(page)).toBeVisible();
  }
  await page.goto('./');
  await page.locator('.sample').first().click(); // the pictures that come with it are kept too
  await expect(photoResults(page).locator('li:not(.blank)')).toHaveCount(5);
  expect(site.requests.length).toBe(heard);
});

test('keeps every file of the page, and no model twice', async ({ page, site }) => {
  await openUntilReady(page);
  const kept = await page.evaluate(async () => Promise.all((await caches.keys()).sort().map(async (name) => {
    const urls = (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname);
    return [name, urls];
  })));
  const { models: [{ file }] } = JSON.parse(site.read('models/index.json'));
  expect(kept.map(([name]) => name)).toEqual(['resnet-wasm', `resnet-wasm-list ${site.url}`, `resnet-wasm-page ${site.url}`]);
  const [[, models], [, lists], [, files]] = kept;
  expect(models).toEqual([`/models/${file}`]);
  expect(lists).toEqual(['/models/index.json']);
  for (const name of ['index.html', 'main.js', 'styles.css', 'worker.js', 'worker-threads.js', 'resnet-simd.wasm', 'manifest.webmanifest']) {
    expect(files).toContain(`/${name}`);
  }
  expect(files.filter((name) => name.startsWith('/models/') || name === '/service-worker.js' || name.endsWith('.md'))).toEqual([]);
});

test('the list of models is the server\'s as long as there is one; what else is beside the page is left alone', async ({ page, site }) => {
  site.write('notes/index.html', '<title>Notes</title>');
  await openUntilReady(page);
  await page.reload(); // now the service worker answers
  const list = () => page.evaluate(async () => (await fetch('models/index.json')).text());
  const longer = site.read('models/index.json').replace('{', '{ "changed": true, ');
  site.write('models/index.json', longer);
  expect(await list()).toBe(longer);
  await page.goto('./notes/');
  await expect(page).toHaveTitle('Notes');
  await page.goto('./');
  await site.stop();
  expect(await list()).toBe(longer);
  await site.start();
});

for (const under of ['', 'some/place/']) {
  test.describe(`on a server that sends no headers, at /${under}`, () => {
    test.use({ sent: {}, under });

    test('the first visit has one thread, the second has several and the whole policy', async ({ page, site }) => {
      const answer = await page.goto('./');
      expect(answer.headers()['content-security-policy']).toBeUndefined();
      const cores = await page.evaluate(() => navigator.hardwareConcurrency);
      test.skip(cores < 2, 'there is one processor core');
      await expect(line(page)).toHaveText(ready);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
      await expect(modelFacts(page)).not.toContainText('threads');
      await page.reload();
      await expect(modelFacts(page)).toContainText('threads');
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      const found = await page.evaluate(async () => Object.fromEntries(
        await Promise.all(['./', 'worker.js', 'worker-threads.js'].map(async (name) => [name, Object.fromEntries((await fetch(name)).headers)]))));
      for (const name of Object.keys(found)) {
        for (const [header, value] of Object.entries(headers)) expect(found[name][header.toLowerCase()], `${name} ${header}`).toBe(value);
      }
      await showPhoto(page, cat);
      await site.stop();
      await page.reload();
      await showPhoto(page, cat);
      await expect(modelFacts(page)).toContainText('threads');
    });
  });
}

test('a damaged file is refused; the page works all the same, and is kept when the file is whole', async ({ page, site }) => {
  const styles = site.read('styles.css');
  site.write('styles.css', `${styles}\n`);
  await page.goto('./');
  await expect(line(page)).toHaveText(/^Not ready for offline use/);
  await showPhoto(page, cat);
  expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active ?? null)).toBe(null);
  site.write('styles.css', styles);
  await page.reload();
  await expect(line(page)).toHaveText(ready);
});

test('says what is missing: the model, where it is not kept, or is the user\'s own', async ({ page, site }) => {
  await openUntilReady(page);
  await page.evaluate(() => caches.delete('resnet-wasm'));
  await page.evaluate(() => { location.hash = '#models'; });
  await expect(line(page)).toHaveText(/without its model/);
  await page.locator('.model input').setInputFiles(inBuild('test-models/blank.safetensors'));
  await expect(line(page)).toHaveText(/your model file has to be chosen again/);
  await site.stop();
  await page.goto('./');
  await expect(page.locator('.model .alert')).toHaveAttribute('data-code', 'io');
});

/** Puts another build on the site. */
async function publish(site, build) {
  site.write('index.html', site.read('index.html').replace(/(<meta name="build".*>)?<title>/, `<meta name="build" content="${build}"><title>`));
  await bundleServiceWorker(site.folder);
}

const buildOf = (page) => page.evaluate(() => document.querySelector('meta[name=build]')?.content ?? 'first');

test('a new version waits until it is wanted, and never reloads a page by itself', async ({ page, site, context }) => {
  await openUntilReady(page);
  const other = await context.newPage();
  await other.goto(site.url);
  await expect(line(other)).toHaveText(ready);
  await publish(site, 'second');
  await page.reload();
  await expect(newer(page)).toContainText('A new version is ready.');
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 860 });
    await page.screenshot({ path: inBuild(`screenshots/newer-version-${width}.png`) });
  }
  const { violations } = await new AxeBuilder({ page }).include('.offline').analyze();
  expect(violations).toEqual([]);
  for (const tab of [page, other]) await tab.evaluate(() => { window.sameAsBefore = true; });
  await expect(newer(other)).toBeVisible();
  await newer(other).getByRole('button', { name: 'Not now' }).click();
  await expect(newer(other)).toBeHidden();
  await showPhoto(page, cat); // the old one goes on
  expect(await buildOf(page)).toBe('first');

  await newer(page).getByRole('button', { name: 'Use it now' }).click();
  await page.waitForFunction(() => window.sameAsBefore === undefined);
  await expect(line(page)).toHaveText(ready);
  expect(await buildOf(page)).toBe('second');
  await expect(newer(page)).toBeHidden();
  const pages = await page.evaluate(async (name) => (await (await caches.open(name)).keys())
    .filter(({ url }) => url.includes('index.html')).length, `resnet-wasm-page ${site.url}`);
  expect(pages).toBe(1); // the old one is cleaned up

  await expect(newer(other)).toContainText('Another tab');
  expect(await other.evaluate(() => window.sameAsBefore)).toBe(true);
  await newer(other).getByRole('button', { name: 'Reload' }).click();
  await other.waitForFunction(() => window.sameAsBefore === undefined);
  expect(await buildOf(other)).toBe('second');
});

test('a new version that comes damaged is not taken into use', async ({ page, site }) => {
  await openUntilReady(page);
  await publish(site, 'second');
  site.write('index.html', site.read('index.html').replace('second', 'wrong!'));
  const before = site.requests.length;
  await page.reload();
  const askedFor = (name) => site.requests.slice(before).some(({ url }) => url === name);
  await expect.poll(() => askedFor('/index.html')).toBe(true); // only the new service worker asks for it: the old one has it
  await expect.poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).installing)).toBe(null);
  await expect(line(page)).toHaveText(ready);
  await expect(newer(page)).toBeHidden();
  expect(await buildOf(page)).toBe('first');
  await site.stop();
  await page.reload();
  await showPhoto(page, cat);
  expect(await buildOf(page)).toBe('first');
});

test('it can be installed: name, start, icons of the sizes that they say', async ({ page }) => {
  await openUntilReady(page);
  const cdp = await page.context().newCDPSession(page);
  const { errors, data } = await cdp.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  const { installabilityErrors } = await cdp.send('Page.getInstallabilityErrors');
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
  const manifest = JSON.parse(data);
  expect(manifest).toMatchObject({ display: 'standalone', start_url: './' });
  const icons = manifest.icons.filter(({ type }) => type === 'image/png');
  expect(icons.map(({ sizes, purpose = 'any' }) => `${sizes} ${purpose}`).sort())
    .toEqual(['192x192 any', '192x192 maskable', '512x512 any', '512x512 maskable']);
  for (const { src, sizes } of icons) {
    const size = await page.evaluate(async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, src);
    expect(size).toBe(sizes);
  }
});

test.describe('where service workers are not allowed', () => {
  test.use({ serviceWorkers: 'block' });

  test('the page works, and says quietly that it is not kept', async ({ page }) => {
    await page.goto('./');
    await expect(line(page)).toHaveText(/does not keep the page/);
    await expect(page.getByRole('alert')).toHaveCount(0);
    await showPhoto(page, cat);
  });
});
