// The models panel: choosing among those beside the page, a file of one's own, two side by side, what is kept.
//
// SPDX-License-Identifier: MIT
import path from 'node:path';
import { inBuild, root } from '../../tools/build/run.mjs';
import { doubtfulBias, scores, scoresOf } from './blank_model.mjs';
import { expect, modelFacts, photo, test } from './fixtures.mjs';

const cat = path.join(root, 'web/app/samples/cat.jpg');
const served = ['blank', 'doubtful', 'thousand'];

test.beforeEach(async ({ page }) => {
  const models = served.map((name) => ({ name, file: `${name}.safetensors`, bytes: 22e6, builtIn: name === 'blank' }));
  await page.route('**/models/index.json', (route) => route.fulfill({ json: { models } }));
  await page.goto('/#models');
  await expect(modelFacts(page)).toBeVisible();
});

const row = (page, name) => page.locator('.served li').filter({ hasText: name });
const columns = (page) => page.locator('.compare .column');

test('lists the models beside the page, uses another one, and remembers it', async ({ page }) => {
  await expect(page.locator('.served li')).toHaveCount(3);
  await expect(row(page, 'blank')).toContainText('22 MB · built in · kept in this browser');
  await expect(row(page, 'blank').getByRole('button')).toBeDisabled();
  await row(page, 'thousand').getByRole('button', { name: 'Use' }).click();
  await expect(page.locator('.model .kinds')).toHaveText('Recognises 1,000 kinds of things.');
  await expect(row(page, 'thousand').getByRole('button')).toHaveText('In use');
  await page.reload();
  await expect(page.locator('.model .kinds')).toHaveText('Recognises 1,000 kinds of things.');
});

test('takes a model file of the user\'s', async ({ page }) => {
  await page.locator('.models-panel section').first().locator('input[type=file]').setInputFiles(inBuild('test-models/doubtful.safetensors'));
  await expect(page.locator('.model .model-name')).toHaveText('doubtful.safetensors');
  await expect(page.locator('.served button:disabled')).toHaveCount(0); // none of the served ones is in use
});

test('says what is kept, and clears it', async ({ page }) => {
  const card = page.locator('section').filter({ hasText: 'Kept in this browser' }).last();
  await expect(card).toContainText(/About \d+ MB/);
  await row(page, 'thousand').getByRole('button', { name: 'Use' }).click();
  await expect(row(page, 'thousand')).toContainText('kept in this browser');
  await card.getByRole('button', { name: 'Clear it' }).click();
  await expect(card).toContainText('Cleared.');
  await expect(page.locator('.served')).not.toContainText('kept in this browser');
  const left = await page.evaluate(async () => ({
    remembered: Object.keys(localStorage),
    models: (await (await caches.open('resnet-wasm')).keys()).length,
  }));
  expect(left).toEqual({ remembered: [], models: 0 });
  await page.reload();
  await expect(page.locator('.model .kinds')).toContainText('three kinds of things'); // the first of the list again
});

test('puts two models side by side on the same photo', async ({ page }) => {
  const compare = page.locator('.compare');
  await expect(compare.getByRole('status')).toHaveText('Choose a second model.');
  await compare.getByLabel('Compare with').selectOption({ label: 'doubtful' });
  await expect(compare.getByRole('status')).toHaveText('Choose a photo, or drop one.');
  await compare.locator('input[accept="image/*"]').setInputFiles(cat);
  const most = Math.max(...scoresOf(doubtfulBias).map((score, i) => Math.abs(score - scores[i])));
  await expect(compare.getByRole('status')).toContainText(`Both say something. No score differs by more than ${(100 * most).toFixed(2)} points.`);
  await expect(compare.getByRole('status')).toContainText(/points\. The (first|second) is \d+\.\d times as fast\./);
  for (const i of [0, 1]) await expect(columns(page).nth(i)).toContainText(/something\d\d\.\d%.*ms in the network, median of 5/s);
  await page.screenshot({ path: inBuild('screenshots/models-1280-light.png'), fullPage: true });
  // A photo that is dropped on this panel is compared too.
  await compare.locator('input[accept="image/*"]').setInputFiles(photo('broken.png', Buffer.from('no picture')));
  await expect(compare.locator('.alert')).toContainText('Photo: ');
});

test('a second model that cannot be used is refused in words', async ({ page }) => {
  const compare = page.locator('.compare');
  await compare.locator('input[accept=".safetensors"]').setInputFiles({ name: 'x.safetensors', mimeType: 'application/octet-stream', buffer: Buffer.from('PK\x03\x04 and more than eight bytes') });
  await expect(compare.locator('.alert')).toContainText(/x\.safetensors: .*zip/);
});
