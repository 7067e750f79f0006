// What can be done with one photo: samples, addresses, a part of it, where a class is seen. With the built-in model.
//
// SPDX-License-Identifier: MIT
import path from 'node:path';
import { builtInModel } from '../../tools/build/model_list.mjs';
import { inBuild, root } from '../../tools/build/run.mjs';
import { expect, modelFacts, photo, photoAlert, photoResults, photoStatus, png, showPhoto, test } from './fixtures.mjs';

const cat = path.join(root, 'web/app/samples/cat.jpg');

test.skip(builtInModel() === undefined, 'models/default holds no model');

test.beforeEach(async ({ page }) => {
  await page.goto('/');
  await expect(modelFacts(page)).toBeVisible();
});

const rows = (page) => photoResults(page).locator('li:not(.blank)');
const texts = async (page) => (await rows(page).allTextContents()).join(' ');
const areaOf = (page) => page.locator('.region-area');
const region = (page) => page.locator('.region');

/** Where the box is, in fractions of the picture. */
async function box(page) {
  const inner = await region(page).boundingBox();
  const outer = await areaOf(page).boundingBox();
  const { x, y, width, height } = outer;
  return {
    left: (inner.x - x) / width, top: (inner.y - y) / height,
    right: (inner.x + inner.width - x) / width, bottom: (inner.y + inner.height - y) / height,
  };
}

for (const name of ['A cat', 'A cup of coffee', 'A rocket', 'An astronaut']) {
  test(`a sample is looked at with one click: ${name}`, async ({ page }) => {
    await page.getByRole('button', { name }).click();
    await expect(rows(page)).toHaveCount(5);
    const { naturalWidth, naturalHeight } = await page.locator('.preview').evaluate((image) => ({ naturalWidth: image.naturalWidth, naturalHeight: image.naturalHeight }));
    const frame = await page.locator('.frame').boundingBox();
    expect(frame.width / frame.height).toBeCloseTo(naturalWidth / naturalHeight, 1); // the preview is not stretched
  });
}

test('a picture of the own server is looked at by its address; other addresses are refused in words', async ({ page }) => {
  await page.getByText('By its address on this server').click();
  const input = page.getByLabel('Address');
  await input.fill('samples/cat.jpg');
  await input.press('Enter');
  await expect(page.locator('.preview')).toHaveAttribute('alt', 'Preview of cat.jpg');
  await expect(rows(page)).toHaveCount(5);
  const problem = page.locator('.problem');
  await input.fill('https://example.org/cat.jpg');
  await input.press('Enter');
  await expect(problem).toContainText('Only addresses of http://127.0.0.1');
  await input.fill('');
  await input.press('Enter');
  await expect(problem).toHaveText('That is no address.');
  await input.fill('samples/unicorn.jpg');
  await input.press('Enter');
  await expect(photoAlert(page)).toContainText('404');
});

test('shows where it sees each of the classes, and fades the map', async ({ page }) => {
  await showPhoto(page, cat);
  const heat = page.locator('.heat');
  await expect(heat).toBeHidden();
  const before = await texts(page);
  const pixels = () => heat.evaluate((canvas) => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data].join());
  const maps = [];
  for (const place of [0, 1]) {
    const row = rows(page).nth(place).getByRole('button');
    await row.click();
    await expect(row).toHaveAttribute('aria-pressed', 'true');
    await expect(heat).toBeVisible();
    await expect(photoStatus(page)).not.toHaveText('Looking…');
    maps.push(await pixels());
  }
  expect(maps[0]).not.toBe(maps[1]);
  expect(await texts(page)).toBe(before); // the same answer
  const covered = await heat.boundingBox();
  const frame = await page.locator('.frame').boundingBox();
  expect(covered.height / frame.height).toBeCloseTo(1, 1); // what the network sees: the square in the middle
  expect(covered.width / covered.height).toBeCloseTo(1, 1);
  await page.getByLabel('Strength of the map').fill('0.2');
  await expect(heat).toHaveCSS('opacity', '0.2');
  await page.screenshot({ path: inBuild('screenshots/heat-1280-light.png'), fullPage: true });
  await rows(page).nth(1).getByRole('button').click(); // once more: gone
  await expect(heat).toBeHidden();
});

test('a part is chosen by dragging, and given up again', async ({ page }) => {
  await showPhoto(page, cat);
  const whole = await texts(page);
  await page.getByRole('button', { name: 'Look at a part' }).click();
  const { x, y, width, height } = await areaOf(page).boundingBox();
  await page.mouse.move(x + 0.5 * width, y + 0.1 * height);
  await page.mouse.down();
  await page.mouse.move(x + 0.7 * width, y + 0.5 * height, { steps: 4 });
  await page.mouse.move(x + 0.9 * width, y + 0.6 * height);
  await page.mouse.up();
  await expect.poll(() => texts(page)).not.toBe(whole);
  const drawn = await box(page);
  for (const [side, value] of Object.entries({ left: 0.5, top: 0.1, right: 0.9, bottom: 0.6 })) expect(drawn[side]).toBeCloseTo(value, 1);
  await page.screenshot({ path: inBuild('screenshots/region-1280-light.png'), fullPage: true });
  await page.getByRole('button', { name: 'Whole photo' }).click();
  await expect.poll(() => texts(page)).toBe(whole);
  await expect(region(page)).toBeHidden();
});

test('a part is chosen by two clicks, without dragging', async ({ page }) => {
  await showPhoto(page, cat);
  await page.getByRole('button', { name: 'Look at a part' }).click();
  const { x, y, width, height } = await areaOf(page).boundingBox();
  await page.mouse.click(x + 0.8 * width, y + 0.8 * height);
  await page.mouse.click(x + 0.2 * width, y + 0.2 * height);
  await expect(region(page)).toBeVisible();
  const drawn = await box(page);
  for (const [side, value] of Object.entries({ left: 0.2, top: 0.2, right: 0.8, bottom: 0.8 })) expect(drawn[side]).toBeCloseTo(value, 1);
});

test('a part is chosen by keyboard alone', async ({ page }) => {
  await showPhoto(page, cat);
  await page.getByRole('button', { name: 'Look at a part' }).focus();
  await page.keyboard.press('Enter');
  await expect(areaOf(page)).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(region(page)).toBeVisible();
  const first = await box(page);
  await page.keyboard.press('Shift+ArrowDown');
  await expect.poll(async () => (await box(page)).bottom).toBeGreaterThan(first.bottom + 0.01);
  expect((await box(page)).left).toBeCloseTo(first.left, 2);
  await page.keyboard.press('Escape');
  await expect(region(page)).toBeHidden();
});

test('a part means the same as the picture cut out beforehand', async ({ page }) => {
  // Left half red, right half blue: the part to the right is the blue picture, to the last digit.
  const half = (await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(80, 80);
    const context = canvas.getContext('2d');
    context.fillStyle = '#c02020';
    context.fillRect(0, 0, 40, 80);
    context.fillStyle = '#2020c0';
    context.fillRect(40, 0, 40, 80);
    return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
  }));
  await showPhoto(page, photo('blue.png', png(40, 80, [0x20, 0x20, 0xc0])));
  const blue = await texts(page);
  await showPhoto(page, photo('halves.png', Buffer.from(half)));
  expect(await texts(page)).not.toBe(blue);
  await page.getByRole('button', { name: 'Look at a part' }).click();
  const { x, y, width, height } = await areaOf(page).boundingBox();
  await page.mouse.move(x + 0.505 * width, y);
  await page.mouse.down();
  await page.mouse.move(x + width - 0.5, y + height - 0.5);
  await page.mouse.up();
  await expect.poll(() => texts(page)).toBe(blue);
});

test('a picture that only the browser can read says whose decoder it was', async ({ page }) => {
  const webp = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(60, 40);
    canvas.getContext('2d').fillRect(10, 10, 20, 20);
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp' })).arrayBuffer())];
  });
  await showPhoto(page, { name: 'box.webp', mimeType: 'image/webp', buffer: Buffer.from(webp) });
  await expect(page.locator('.photo-panel .by')).toContainText('decoded by the browser');
  await showPhoto(page, cat);
  await expect(page.locator('.photo-panel .by')).not.toContainText('decoded by the browser');
});
