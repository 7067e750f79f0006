// Cameras for tests: Chromium's own, which show a film that a test has made, and a browser for each set of them.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { inBuild } from '../../tools/build/run.mjs';
import { test as base } from './fixtures.mjs';

const folder = inBuild('test-cameras');

/** One camera that shows `film`, a file; in place of a person who says yes. */
export const camera = (film) => [...fakeCameras(1), `--use-file-for-fake-video-capture=${film}`];
export const fakeCameras = (count) => ['--use-fake-ui-for-media-stream', `--use-fake-device-for-media-stream=device-count=${count}`];

/** `cameras`: the browser's flags, as above; [] is a computer without a camera. Browsers with the same flags are one. */
export const test = base.extend({
  cameras: [[], { option: true }],
  browsers: [async ({ playwright, launchOptions }, use) => {
    const all = new Map();
    await use(async (flags) => {
      const key = flags.join(' ');
      if (!all.has(key)) all.set(key, await playwright.chromium.launch({ ...launchOptions, args: [...launchOptions.args, ...flags] }));
      return all.get(key);
    });
    for (const browser of all.values()) await browser.close();
  }, { scope: 'worker' }],
  context: async ({ browsers, cameras, baseURL, viewport, hasTouch, isMobile, serviceWorkers }, use) => {
    const browser = await browsers(cameras);
    const context = await browser.newContext({ baseURL, viewport, hasTouch, isMobile, serviceWorkers });
    await use(context);
    await context.close();
  },
});

/** A still film of a photo. MJPEG is one JPEG after the other; Chromium's camera wants an even width. */
export function photoFilm(photo) {
  const bytes = fs.readFileSync(photo);
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0])); // then its length, precision, height and width
  // One column less lies in the same blocks.
  bytes.writeUInt16BE(bytes.readUInt16BE(frame + 7) & ~1, frame + 7);
  return write(`${path.parse(photo).name}.mjpeg`, bytes);
}

/** `scenes`: [frames, left half, right half], 30 frames a second, over and over. */
export function colourFilm(name, scenes, { width = 64, height = 48 } = {}) {
  const frames = scenes.flatMap(([count, left, right]) => {
    const planes = [0, 1, 2].map((i) => {
      const side = i === 0 ? 1 : 2; // colours have half the resolution
      const row = Buffer.alloc(width / side);
      row.fill(yuv(left)[i], 0, row.length / 2).fill(yuv(right)[i], row.length / 2);
      return Buffer.concat(Array.from({ length: height / side }, () => row));
    });
    return Array.from({ length: count }, () => Buffer.concat([Buffer.from('FRAME\n'), ...planes]));
  });
  return write(`${name}.y4m`, Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F30:1 Ip A1:1 C420jpeg\n`), ...frames]));
}

/** BT.601, limited range. */
function yuv([red, green, blue]) {
  return [
    16 + (65.5 * red + 128.6 * green + 25 * blue) / 255,
    128 + (-37.8 * red - 74.2 * green + 112 * blue) / 255,
    128 + (112 * red - 93.8 * green - 18.2 * blue) / 255,
  ];
}

function write(name, bytes) {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, name), bytes);
  return path.join(folder, name);
}
