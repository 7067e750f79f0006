// The list of requests in the page's footer: it has what the browser saw, and owns up to what it cannot see.
//
// SPDX-License-Identifier: MIT
import { builtInModel } from '../../tools/build/model_list.mjs';
import { inBuild } from '../../tools/build/run.mjs';
import { expect, modelFacts, photo, serveModel, showPhoto, test } from './fixtures.mjs';

const list = (page) => page.locator('.privacy');
const rows = (page) => list(page).getByRole('row').filter({ has: page.getByRole('cell') });
const names = (page) => rows(page).locator('td:first-child').allTextContents();
const show = (page) => page.getByText('What was requested?').click();

async function open(page) {
  await serveModel(page, 'blank.safetensors');
  await page.goto('/');
  await expect(modelFacts(page)).toBeVisible();
}

test('lists every request that the page itself has made, with its size and where from', async ({ page, baseURL }) => {
  const workers = new Set();
  page.on('worker', (worker) => workers.add(worker.url().slice(baseURL.length)));
  const asked = [];
  page.on('request', (request) => asked.push(request));
  await open(page);
  await showPhoto(page, photo()); // a preview is no request
  await show(page);
  const path = (request) => request.url().slice(baseURL.length) || 'this page';
  // The browser tells the page nothing of what its workers ask for: these are the scripts and the WebAssembly file.
  const fromWorkers = asked.filter((request) => /\.wasm$/.test(request.url())).map(path);
  expect(fromWorkers.length).toBe(1);
  const expected = new Set(asked.map(path).filter((name) => !fromWorkers.includes(name)));
  expect(workers.size).toBe(1);
  await expect.poll(async () => [...new Set(await names(page))].sort()).toEqual([...expected].sort());
  for (const name of ['this page', 'main.js', 'styles.css', 'models/index.json', 'models/blank.safetensors', ...workers]) expect(expected).toContain(name);
  await expect(rows(page).filter({ hasText: 'this page' })).toHaveText([/^this pageopening the page[\d.]+ kB0\.0 snetwork$/]);
  await expect(rows(page).filter({ hasText: 'blank.safetensors' })).toHaveText([/a script of the page22 MB[\d.]+ snetwork$/]);
  const count = await rows(page).count();
  await expect(list(page)).toContainText(`${count} requests so far, all to ${new URL(baseURL).origin}, where this page came from.`);
});

test('goes on while it is open, also with what was refused', async ({ page }) => {
  await open(page);
  await show(page);
  await expect(rows(page).filter({ hasText: 'main.js' })).toHaveCount(1);
  await page.getByText('By its address on this server').click();
  await page.getByLabel('Address').fill('samples/unicorn.jpg');
  await page.keyboard.press('Enter');
  await expect(rows(page).filter({ hasText: 'samples/unicorn.jpg' }).first()).toContainText('refused: 404');
});

test('says what the policy forbids, from the policy itself', async ({ page }) => {
  await open(page);
  await show(page);
  await expect(list(page)).toContainText('its scripts can reach no other server and it can send no form.');
  await page.getByText('The policy in full').click();
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  expect((await list(page).locator('pre').textContent()).replaceAll('\n', ' ')).toBe(policy);
});

test('says so where the page has lost its policy', async ({ page }) => {
  await page.route('/', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/<meta http-equiv[^>]*>/, '') });
  });
  await open(page);
  await show(page);
  await expect(list(page)).toContainText('This page has no security policy');
});

test('tells a request to another server from its own', async ({ page }) => {
  await page.addInitScript(() => {
    window.PerformanceObserver = class extends PerformanceObserver {
      constructor(tell) {
        super(tell);
        window.toldOf = tell;
      }
    };
  });
  await open(page);
  await show(page);
  await expect(rows(page).first()).toBeVisible();
  // Nothing in the page makes one: the browser's list is given an entry more.
  await page.evaluate(() => {
    const entry = { name: 'https://elsewhere.test/pixel.gif', initiatorType: 'img', transferSize: 43, encodedBodySize: 43, workerStart: 0, startTime: 1e6, responseStatus: 200 };
    window.toldOf({ getEntries: () => [entry] });
  });
  await expect(list(page)).toContainText('also to https://elsewhere.test.');
  await expect(list(page).locator('.foreign')).toContainText('https://elsewhere.test/pixel.gif');
});

test.describe('kept for offline use', () => {
  test.use({ serviceWorkers: 'allow' });
  test.skip(builtInModel() === undefined, 'models/default holds no model');

  test('tells what came from its service worker', async ({ page }) => {
    await page.goto('/#photo');
    await expect(page.getByText('Ready offline.')).toBeVisible();
    await page.reload();
    await expect(modelFacts(page)).toBeVisible();
    await show(page);
    await expect(rows(page).filter({ hasText: 'this page' })).toHaveText([/not told0\.0 sthe page’s service worker$/]);
    await expect(rows(page).filter({ hasText: 'styles.css' })).toContainText('the page’s service worker');
  });
});

for (const width of [320, 1280]) {
  test(`fits ${width} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 860 });
    await open(page);
    await show(page);
    await expect(rows(page).filter({ hasText: 'main.js' })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: inBuild('screenshots', `privacy-${width}-${colorScheme}.png`), fullPage: true });
    }
  });
}
