// The page in a single file, opened from the disk: no server, no request.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtInModel } from '../../tools/build/model_list.mjs';
import { inBuild, root } from '../../tools/build/run.mjs';
import { bundleSingle } from '../../tools/build/single.mjs';
import { scores } from './blank_model.mjs';
import { expect, modelFacts, photo, photoPicker, photoResults, showPhoto, test as base } from './fixtures.mjs';

const folder = inBuild('test-sites/single file'); // a space, as users have them
const plain = path.join(folder, 'resnet-wasm.html');
const withModel = path.join(folder, 'with model.html');
const blank = inBuild('test-models/blank.safetensors');
const cat = path.join(root, 'web/app/samples/cat.jpg');

const test = base.extend({
  baseURL: pathToFileURL(`${folder}/`).href,
  /** Every request of the page and its workers. */
  asked: [async ({ context }, use) => {
    const asked = [];
    context.on('request', (request) => asked.push(request.url()));
    await use(asked);
    expect(asked.filter((url) => !/^(blob|data):/.test(url))).toEqual([expect.stringMatching(/^file:.*\.html(#\w+)?$/)]);
  }, { auto: true }],
});

test.beforeAll(async () => {
  fs.mkdirSync(folder, { recursive: true });
  await bundleSingle(plain);
  if (builtInModel() !== undefined) await bundleSingle(withModel, builtInModel());
});

const open = (page, file) => page.goto(pathToFileURL(file).href);

test('asks for a model file, takes one, and classifies', async ({ page }) => {
  await open(page, plain);
  await expect(page.locator('.model')).toContainText('Choose a model file that “resnet convert” has written');
  for (const command of await page.getByText('npm ').all()) await expect(command).toBeHidden();
  await expect(page.locator('.offline')).toHaveCount(0);
  await expect(page.locator('.address')).toHaveCount(0); // there is no server that could be asked
  await page.screenshot({ path: inBuild('screenshots/single.png'), fullPage: true });
  await page.locator('.model input').setInputFiles(blank);
  await expect(modelFacts(page)).toContainText('WebAssembly relaxed SIMD');
  await expect(modelFacts(page)).not.toContainText('threads');
  const labels = await showPhoto(page, cat);
  expect(labels[0]).toBe('something');
  await expect(photoResults(page).locator('.score').first()).toHaveText(`${(100 * scores[1]).toFixed(1)}%`);
});

test('its tabs have addresses, there and back', async ({ page }) => {
  await open(page, plain);
  await page.getByRole('navigation').getByRole('link', { name: 'Models' }).click();
  await expect(page.locator('.page')).toHaveAttribute('data-panel', 'models');
  await page.goBack();
  await expect(page.locator('.page')).toHaveAttribute('data-panel', 'photo');
  await photoPicker(page).setInputFiles([photo('a.png'), photo('b.png')]); // several go to the grid
  await expect(page.locator('.page')).toHaveAttribute('data-panel', 'many');
  expect(page.url()).toMatch(/#many$/);
});

test('with a model in it, it classifies at once: a sample, and a photo of the user\'s', async ({ page }) => {
  test.skip(builtInModel() === undefined, 'models/default holds no model');
  await open(page, withModel);
  await expect(modelFacts(page)).toContainText('ResNet-18');
  await page.locator('.sample').first().click();
  await expect(page.locator('.preview')).toHaveAttribute('alt', 'Preview of cat.jpg');
  await expect(page.locator('.photo-panel .timing')).toContainText('ms');
  const [sampled] = await photoResults(page).locator('li:not(.blank) .label').allTextContents();
  expect((await showPhoto(page, cat))[0]).toBe(sampled);
  await expect(page.locator('script[data-model]')).toHaveCount(0); // its text is given back
});

test('the model in it is the file, to the byte, whatever its size', async ({ page }) => {
  const file = path.join(folder, 'odd.safetensors');
  const odd = path.join(folder, 'odd.html');
  const bytes = Buffer.alloc((24 << 20) + 4); // more than a piece, and no multiple of three
  for (let i = 0; i < bytes.length; ++i) bytes[i] = (i * i) >> 5;
  fs.writeFileSync(file, bytes);
  await bundleSingle(odd, file);
  await open(page, odd);
  await expect(page.locator('.model .alert')).toBeVisible(); // it is no model
  await expect(page.locator('.model-name').first()).toHaveText('odd');
  const text = fs.readFileSync(odd, 'latin1');
  const pieces = [...text.matchAll(/data-model="odd">([^<]*)</g)].map(([, piece]) => Buffer.from(piece, 'base64'));
  expect(pieces).toHaveLength(2);
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
});

test('its policy allows it to reach nobody', async ({ page }) => {
  await open(page, plain);
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/connect-src|https?:|'self'|unsafe-inline|'unsafe-eval'/);
});
