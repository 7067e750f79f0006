// The page, with a model that has learnt nothing: everything around the network.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import { doubtfulBias, labels, scores, scoresOf } from './blank_model.mjs';
import {
  expect, modelAlert, modelFacts, photo, photoAlert, photoPicker, photoResults, photoStatus, png, serveModel, showPhoto, test,
} from './fixtures.mjs';
import { inBuild } from '../../tools/build/run.mjs';

const blank = 'blank.safetensors';
const doubtful = 'doubtful.safetensors';
const webPage = { contentType: 'text/html', body: '<!doctype html><title>Not found</title>' };

async function open(page, model = blank, more = {}) {
  await serveModel(page, model, undefined, more);
  await page.goto('/');
  await expect(modelFacts(page)).toBeVisible();
}

const percent = (score) => `${(100 * score).toFixed(1)}%`;
const best = `Something${percent(scores[1])}`;

async function expectResult(page) {
  await expect(photoResults(page).locator('li').first()).toHaveText(new RegExp(best, 'i'));
}

test('says what the model is and which engine runs it', async ({ page }) => {
  await open(page);
  await expect(modelFacts(page)).toContainText('ResNet-18');
  await expect(modelFacts(page)).toContainText('16-bit float');
  await expect(modelFacts(page)).toContainText('22 MB');
  await expect(modelFacts(page)).toContainText('WebAssembly relaxed SIMD');
});

const chooseModel = (page, model) => page.locator('.model input').setInputFiles(inBuild('test-models', model));

test('says what the model can recognise: a few kinds of things by name, more by number', async ({ page }) => {
  await open(page);
  const kinds = page.locator('.model .kinds');
  await expect(kinds).toHaveText('Recognises three kinds of things: nothing, something, and anything.');
  await chooseModel(page, 'thousand.safetensors');
  await expect(kinds).toHaveText('Recognises 1,000 kinds of things.');
});

test('says how to get the 1000 classes of ImageNet, where the model is the built-in one', async ({ page }) => {
  await open(page, blank, { builtIn: true });
  const hint = page.locator('.model .hint');
  await expect(hint).toHaveText(/1,000 kinds of things.*npm run model -- resnet50-v2.*npm start/);
  await expect(hint).toBeVisible();
  await chooseModel(page, doubtful);
  await expect(modelFacts(page)).toBeVisible();
  await expect(hint).toBeHidden();
});

test('gives no such hint for another model', async ({ page }) => {
  await open(page);
  await expect(page.locator('.model .hint')).toBeHidden();
});

test('says, and has it read out, that a photo is probably none of what the model knows', async ({ page }) => {
  await open(page, doubtful);
  const doubt = page.locator('.result .doubt');
  const status = photoStatus(page);
  await expect(doubt).toBeHidden();
  await showPhoto(page, photo());
  await expect(doubt).toBeVisible();
  await expect(doubt).toHaveText('Not sure: probably none of the three kinds of things that this model knows, or one that is small in the photo.');
  const score = percent(scoresOf(doubtfulBias)[1]);
  await expect(status).toHaveText(`Not sure: something, ${score}. Probably none of the three kinds of things that this model knows, or one that is small in the photo.`);
  await expect(photoResults(page).locator('li').first()).toHaveText(`something${score}`); // the bars are there all the same
  await chooseModel(page, 'thousand.safetensors'); // which is sure of the same photo
  await expect(status).toHaveText(/^something, 8\d\.\d% ?$/);
  await expect(doubt).toBeHidden();
});

test('shows a picked photo, its classes in order, bars, and the time taken', async ({ page }) => {
  await open(page);
  await photoPicker(page).setInputFiles(photo());
  await expectResult(page);
  const rows = await photoResults(page).locator('li:not(.blank) .label').allTextContents();
  expect(rows).toEqual([1, 2, 0].map((index) => labels[index]));
  await expect(page.locator('.preview')).toHaveJSProperty('naturalWidth', 40);
  await expect(page.locator('.photo-panel .timing')).toContainText(/Decode\d+ msScale\d+ msNetwork\d+ msTotal\d+ ms/);
  await expect(photoStatus(page)).toHaveText(new RegExp(`something, ${percent(scores[1])}`, 'i'));
});

test('takes a photo while the model still loads, with the progress shown', async ({ page }) => {
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await serveModel(page, blank);
  await page.route(`**/models/${blank}`, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/');
  await photoPicker(page).setInputFiles(photo());
  await expect(photoStatus(page)).toHaveText(/Waiting for the model/);
  await expect(page.getByRole('progressbar')).toBeVisible();
  release();
  await expectResult(page);
});

test('takes a photo that is dropped anywhere, and one that is pasted', async ({ page }) => {
  await open(page);
  for (const type of ['drop', 'paste']) {
    await page.evaluate(([eventType, bytes]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], `${eventType}.png`, { type: 'image/png' }));
      const init = { bubbles: true, cancelable: true };
      document.querySelector('footer').dispatchEvent(eventType === 'drop'
        ? new DragEvent('drop', { ...init, dataTransfer: transfer }) : new ClipboardEvent('paste', { ...init, clipboardData: transfer }));
    }, [type, [...png(8, 8)]]);
    await expect(page.locator('.preview')).toHaveAttribute('alt', `Preview of ${type}.png`);
    await expectResult(page);
  }
});

const brokenPhotos = [
  ['text', Buffer.from('this is no picture'), 'not_an_image', /text/],
  ['zero bytes', Buffer.alloc(0), 'not_an_image', /empty/],
  ['a web page', Buffer.from(webPage.body), 'not_an_image', /web page/],
  ['a cut PNG', png(300, 300).subarray(0, 60), 'truncated', /ends/],
  ['a header of 60000 x 60000', png(4, 4, undefined, [60000, 60000]), 'image_too_large', /60000/],
];
for (const [what, bytes, code, words] of brokenPhotos) {
  test(`says in words that a photo cannot be read: ${what}`, async ({ page }) => {
    await open(page);
    await photoPicker(page).setInputFiles(photo('holiday.png', bytes));
    await expect(photoAlert(page)).toHaveAttribute('data-code', code);
    await expect(photoAlert(page)).toContainText('holiday.png');
    await expect(photoAlert(page)).toContainText(words);
    await photoPicker(page).setInputFiles(photo()); // and goes on
    await expectResult(page);
  });
}

test('says how to give it a model where there is none, and takes one from a file', async ({ page }) => {
  await serveModel(page, undefined);
  await page.goto('/');
  await expect(page.locator('.model')).toContainText('MODEL=FILE npm start');
  await expect(photoStatus(page)).toHaveText('A model is needed first.');
  await photoPicker(page).setInputFiles(photo());
  await chooseModel(page, blank);
  await expectResult(page);
});

const brokenModels = [
  ['a web page', webPage, 'not_a_model', /the server answered with a web page/],
  ['not there', { status: 404, body: 'no' }, 'io', /404/],
  ['a cut file', () => ({ body: fs.readFileSync(inBuild('test-models', blank)).subarray(0, 1 << 20) }), 'truncated', /bytes/],
  ['zero bytes', { body: '' }, 'truncated', /0 bytes/],
  ['a zip', { body: 'PK\x03\x04 and so on, and on' }, 'not_a_model', /zip/],
];
for (const [what, answer, code, words] of brokenModels) {
  test(`says in words that a model cannot be used: ${what}`, async ({ page }) => {
    await serveModel(page, 'broken.safetensors', typeof answer === 'function' ? answer() : answer);
    await page.goto('/');
    await expect(modelAlert(page)).toHaveAttribute('data-code', code);
    await expect(modelAlert(page)).toContainText(words);
    await expect(photoStatus(page)).toHaveText('The model could not be loaded.');
  });
}

test('says that the list of models is broken', async ({ page }) => {
  await page.route('**/models/index.json', (route) => route.fulfill(webPage));
  await page.goto('/');
  await expect(modelAlert(page)).toContainText('models/index.json');
});

test('is used by keyboard alone', async ({ page }) => {
  // From the start, so that the browser has heard of it long before the key is pressed.
  const chooser = new Promise((resolve) => { page.on('filechooser', resolve); });
  await open(page);
  for (let i = 0; i < 5; ++i) await page.keyboard.press('Tab'); // past the four links to the panels
  await expect(photoPicker(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await (await chooser).setFiles(photo());
  await expectResult(page);
});

const fillings = [
  { what: 'result', model: blank, more: {} },
  { what: 'doubt', model: doubtful, more: { builtIn: true } },
];
for (const { what, model, more } of fillings) {
  for (const width of [320, 1280]) {
    test(`fits ${width} pixels and does not move while it fills: ${what}`, async ({ page }) => {
      await page.setViewportSize({ width, height: 860 });
      await page.addInitScript(() => {
        window.shift = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.shift += entry.value; }))
          .observe({ type: 'layout-shift', buffered: true });
      });
      await open(page, model, more);
      const rows = photoResults(page);
      const before = await rows.boundingBox();
      await showPhoto(page, photo());
      expect(await rows.boundingBox()).toEqual(before);
      const { overflow, shift } = await page.evaluate(() => ({
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth, shift: window.shift,
      }));
      expect(overflow).toBeLessThanOrEqual(0);
      expect(shift).toBeLessThan(0.02);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: inBuild('screenshots', `${what}-${width}-${colorScheme}.png`), fullPage: true });
      }
    });
  }
}

test('the policy is in the page and in the headers of page and worker', async ({ page }) => {
  const answers = {};
  page.on('response', (response) => { answers[new URL(response.url()).pathname] = response.headers(); });
  await open(page);
  const inPage = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  expect(inPage).toContain("script-src 'self' 'wasm-unsafe-eval'");
  expect(inPage).not.toContain("'unsafe-eval'");
  const worker = Object.keys(answers).find((path) => /^\/worker(-threads)?\.js$/.test(path));
  for (const path of ['/', worker]) expect(answers[path]['content-security-policy']).toContain(inPage);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
});
