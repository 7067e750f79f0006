// What every browser test has: a page that is watched, so that no test can pass while something leaves the device.
//
// SPDX-License-Identifier: MIT
import { expect, test as base } from '@playwright/test';
import path from 'node:path';
import zlib from 'node:zlib';

export { expect };

/** `page` fails its test on a request off origin or with a body, on a breach of the policy, and on an uncaught error. */
export const test = base.extend({
  baseURL: async ({}, use) => use(process.env.RESNET_TEST_URL), // Playwright wants the braces
  page: async ({ page, baseURL }, use) => {
    const offences = [];
    const requests = [];
    const origin = new URL(baseURL).origin;
    page.context().on('request', (request) => {
      requests.push(request.url());
      if (new URL(request.url()).origin !== origin) offences.push(`request off origin: ${request.url()}`);
      // HEAD: whether a model that is kept is still the same.
      const reads = ['GET', 'HEAD'].includes(request.method()) && request.postDataBuffer() === null;
      if (!reads) offences.push(`${request.method()} ${request.url()}`);
    });
    page.on('console', (message) => {
      if (/Content.Security.Policy/i.test(message.text())) offences.push(message.text());
    });
    page.on('pageerror', (error) => offences.push(`uncaught: ${error.message}`));
    await use(page);
    expect(offences).toEqual([]);
    expect(requests.length).toBeGreaterThan(0); // the watch was on
  },
});

/** Has the page find this model; `body` answers in place of the server's file; `more`: what else the list says of it. */
export async function serveModel(page, file, body, more = {}) {
  const models = file === undefined ? [] : [{ name: file, file, bytes: 1, ...more }];
  await page.route('**/models/index.json', (route) => route.fulfill({ json: { models } }));
  if (body !== undefined) await page.route(`**/models/${file}`, (route) => route.fulfill(body));
}

export const photoPicker = (page) => page.locator('.photo input[type=file]');
export const photoStatus = (page) => page.locator('.photo').getByRole('status');
export const photoResults = (page) => page.locator('.photo-panel .results');
export const modelFacts = (page) => page.locator('.model .facts');
export const photoAlert = (page) => page.locator('.photo-panel .alert');
export const modelAlert = (page) => page.locator('.model .alert');

/** Gives the page a photo, and waits for its answer: the labels, best first. */
export async function showPhoto(page, file) {
  await photoPicker(page).setInputFiles(file);
  await expect(page.locator('.preview')).toHaveAttribute('alt', `Preview of ${file.name ?? path.basename(file)}`);
  await expect(page.locator('.photo-panel .timing')).toContainText('ms');
  return photoResults(page).locator('li:not(.blank) .label').allTextContents();
}

/** A PNG of one colour; `claimed` sides stand in the header in place of the true ones. */
export function png(width, height, [red, green, blue] = [120, 90, 60], claimed = [width, height]) {
  const row = Buffer.alloc(1 + width * 3);
  for (let x = 0; x < width; ++x) row.set([red, green, blue], 1 + 3 * x);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(claimed[0], 0);
  header.writeUInt32BE(claimed[1], 4);
  header.set([8, 2, 0, 0, 0], 8);
  const pixels = zlib.deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

export const photo = (name = 'photo.png', buffer = png(40, 30)) => ({ name, mimeType: 'image/png', buffer });
