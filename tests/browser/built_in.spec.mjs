// The model that is part of the repository: the page as it is built, with nothing routed, and what it says of photos.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { dist } from '../../tools/build/bundle.mjs';
import { builtInModel } from '../../tools/build/model_list.mjs';
import { expect, modelFacts, photo, photoStatus, showPhoto, test } from './fixtures.mjs';

const things = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const model = builtInModel();
const pictures = process.env.RESNET_DATA && path.join(process.env.RESNET_DATA, 'images/cifar10/test');

test.skip(model === undefined, 'models/default holds no model');

test.beforeEach(async ({ page }) => {
  await page.goto('/');
  await expect(modelFacts(page)).toBeVisible();
});

test('the built page holds it and names it; the package holds no weights', () => {
  const { models } = JSON.parse(fs.readFileSync(dist('app/models/index.json'), 'utf8'));
  const { name, base } = path.parse(model);
  const { size } = fs.statSync(model);
  expect(models).toEqual([{ name, file: base, bytes: size, builtIn: true }]);
  expect(fs.statSync(dist('app/models', base)).size).toBe(size);
  expect(size).toBeLessThanOrEqual(12e6); // whoever opens the page waits for it
  expect(fs.readdirSync(dist('package')).filter((file) => file.endsWith('.safetensors'))).toEqual([]);
});

test('the page finds it, says what it can recognise, and how to get more', async ({ page }) => {
  await expect(page.locator('.model .kinds')).toHaveText(`Recognises ten kinds of things: ${things.slice(0, -1).join(', ')}, and truck.`);
  await expect(page.locator('.model .hint')).toContainText('npm run model -- resnet50-v2');
});

test('a picture gets an answer in words', async ({ page }) => {
  const labels = await showPhoto(page, photo());
  expect(new Set(labels).size).toBe(5);
  for (const label of labels) expect(things).toContain(label);
  await expect(photoStatus(page)).toContainText(labels[0]);
});

for (const thing of ['dog', 'ship']) {
  test(`at least sixteen of twenty photos of a ${thing} are said to be that`, async ({ page }) => {
    test.skip(!pictures || !fs.existsSync(pictures), 'RESNET_DATA is not set, or has no images/cifar10/test');
    const folder = path.join(pictures, thing);
    const files = fs.readdirSync(folder).sort().slice(0, 20);
    const answers = [];
    for (const file of files) answers.push((await showPhoto(page, path.join(folder, file)))[0]);
    expect(answers.filter((answer) => answer === thing).length, answers.join(', ')).toBeGreaterThanOrEqual(16);
    expect(answers).toHaveLength(20);
  });
}
