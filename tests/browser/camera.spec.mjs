// The camera panel, with Chromium's cameras: what they show is known, and so is what the network must say of it.
//
// SPDX-License-Identifier: MIT
import AxeBuilder from '@axe-core/playwright';
import fs from 'node:fs';
import path from 'node:path';
import { builtInModel } from '../../tools/build/model_list.mjs';
import { inBuild, root } from '../../tools/build/run.mjs';
import { labels } from './blank_model.mjs';
import { camera, colourFilm, fakeCameras, photoFilm, test } from './cameras.mjs';
import { expect, modelFacts, photoResults, serveModel } from './fixtures.mjs';
import { modelBytes } from './in_page.mjs';
import { seeingModel } from './seeing_model.mjs';

const red = [255, 0, 0];
const blue = [0, 0, 255];
const [isRed, , isBlue] = labels; // what the seeing model calls them
const changing = camera(colourFilm('changing', [[45, red, red], [45, blue, blue]]));
const halves = camera(colourFilm('halves', [[1, red, blue]]));
const cat = camera(photoFilm(path.join(root, 'web/app/samples/cat.jpg')));

const primary = (page) => page.locator('.camera .primary');
const press = (page, name) => page.locator('.camera').getByRole('button', { name, exact: true }).click();
const status = (page) => page.locator('.camera').getByRole('status');
const rows = (page) => page.locator('.sight .results li:not(.blank)');
const best = (page) => page.locator('.sight .results li').first();
const alert = (page) => page.locator('.sight .alert');
const speed = (page) => page.locator('.sight .speed');
/** Every track that the page ever got is in `tracks`. */
const tracks = (page) => page.evaluate(() => window.tracks.map(({ readyState }) => readyState));

test.beforeEach(({ page }) => page.addInitScript(() => {
  window.tracks = [];
  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices?.getUserMedia;
  if (getUserMedia === undefined) return;
  mediaDevices.getUserMedia = async (...wishes) => {
    const stream = await getUserMedia.apply(mediaDevices, wishes);
    window.tracks.push(...stream.getTracks());
    return stream;
  };
}));

async function open(page, model = 'blank.safetensors', body = undefined) {
  await serveModel(page, model, body);
  await page.goto('/#camera');
  await expect(modelFacts(page)).toBeVisible();
}

const openSeeing = (page) => open(page, 'seeing.safetensors', { body: seeingModel(modelBytes('blank.safetensors')) });

async function expectAccessible(page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('; ')}`)).toEqual([]);
}

async function start(page) {
  await primary(page).click();
  await expect(rows(page).first()).toBeVisible();
}

test.describe('with a camera that shows a cat', () => {
  test.use({ cameras: cat });
  test.skip(builtInModel() === undefined, 'models/default holds no model');

  test.beforeEach(async ({ page }) => {
    await page.goto('/#camera');
    await expect(modelFacts(page)).toBeVisible();
  });

  test('says what it sees, how often and how quickly; not before somebody has started it', async ({ page }) => {
    await expect(status(page)).toHaveText('The camera is off.');
    expect(await tracks(page)).toEqual([]);
    await start(page);
    await expect(rows(page)).toHaveCount(5);
    expect(await rows(page).locator('.label').allTextContents()).toContain('cat');
    await expect(speed(page)).toHaveText(/^Frames a second[\d.]+Latency\d+ msPicture384 × 256$/);
    await expect(status(page)).toContainText(/^Live\./);
    await press(page, 'Stop the camera');
    await expect(status(page)).toHaveText('The camera is off.');
    await expect(rows(page)).toHaveCount(0);
    expect(await tracks(page)).toEqual(['ended']);
  });

  test('a picture that is held gets the same answer in the photo panel, which gets it as it was seen', async ({ page }) => {
    await start(page);
    await press(page, 'Freeze');
    await expect(page.locator('.held canvas')).toBeVisible();
    await page.waitForTimeout(500); // its own answer
    const seen = await rows(page).allTextContents();
    await press(page, 'Look at it in Photo');
    await expect(page.locator('.preview')).toHaveAttribute('alt', /^Preview of (frog|cat) \d+ percent .*\.png$/);
    await expect(page.locator('.preview')).toHaveJSProperty('naturalWidth', 384);
    await expect(photoResults(page).locator('li:not(.blank)')).toHaveText(seen);
    // The panel was left: its camera is off, and stays so.
    expect(await tracks(page)).toEqual(['ended']);
    await page.getByRole('link', { name: 'Camera' }).click();
    await expect(status(page)).toHaveText('The camera was stopped because you left this part.');
    expect(await tracks(page)).toEqual(['ended']);
    await start(page);
    expect(await tracks(page)).toEqual(['ended', 'live']);
  });

  test('fits 320 and 1280 pixels and does not move when it starts', async ({ page }) => {
    const parts = page.locator('.camera :is(.stage, .tools, .choices), .sight :is(.results, .timing)');
    const places = () => parts.evaluateAll((all) => all.map((part) => JSON.stringify(part.getBoundingClientRect())));
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 860 });
      const before = await places();
      expect(before).toHaveLength(5);
      await start(page);
      await expect(speed(page)).toContainText('ms');
      expect(await places()).toEqual(before);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: inBuild('screenshots', `camera-live-${width}-${colorScheme}.png`), fullPage: true });
      }
      await expectAccessible(page); // in the dark; in the light the accessibility tests look at the same parts
      await press(page, 'Stop the camera');
    }
  });
});

test.describe('with a camera whose picture changes', () => {
  test.use({ cameras: changing });

  test('bars follow it without a jump, and a screen reader hears little of it', async ({ page }) => {
    await openSeeing(page);
    await start(page);
    const { scores, spoken } = await page.evaluate(async ({ first, ms }) => {
      const scoreOf = (name) => {
        const row = [...document.querySelectorAll('.sight .results li')].find((each) => each.querySelector('.label').textContent === name);
        return Number.parseFloat(row.querySelector('.score').textContent) / 100;
      };
      const seen = { scores: [], spoken: [] };
      const watch = (node, note) => new MutationObserver(note).observe(node, { subtree: true, childList: true, characterData: true });
      watch(document.querySelector('.sight .results'), () => seen.scores.push({ at: performance.now(), score: scoreOf(first) }));
      watch(document.querySelector('.camera .status'), () => seen.spoken.push(performance.now()));
      await new Promise((resolve) => { setTimeout(resolve, ms); });
      return seen;
    }, { first: isRed, ms: 7000 });
    expect(scores.length).toBeGreaterThan(10);
    const all = scores.map(({ score }) => score);
    expect(Math.max(...all) - Math.min(...all)).toBeGreaterThan(0.3); // the film does change
    for (const [i, { at, score }] of scores.entries()) {
      if (i === 0) continue;
      const part = 1 - Math.exp((scores[i - 1].at - at - 10) / 500); // the constant of the panel, and 10 ms of leeway
      expect(Math.abs(score - scores[i - 1].score)).toBeLessThanOrEqual(part + 0.002);
    }
    expect(spoken.length).toBeGreaterThan(0);
    expect(spoken.length).toBeLessThanOrEqual(3); // the colour changes four or five times
  });

  test('holds a picture with its answer, and goes on', async ({ page }) => {
    await openSeeing(page);
    await start(page);
    await press(page, 'Freeze');
    await expect(status(page)).toHaveText(/^Held\./);
    await expect(best(page)).toHaveText(/9\d\.\d%$/); // of this picture alone, whatever came before it
    const held = () => page.evaluate(() => document.querySelector('.held canvas').toDataURL());
    const before = [await held(), await rows(page).allTextContents()];
    await page.waitForTimeout(2000); // longer than a scene
    expect([await held(), await rows(page).allTextContents()]).toEqual(before);
    expect(await tracks(page)).toEqual(['live']);
    await press(page, 'Go on');
    await expect(page.locator('.held canvas')).toBeHidden();
    const { 1: [first] } = before;
    await expect(best(page)).not.toContainText(first.replace(/\d.*/, '')); // the other colour comes
  });

  test('goes on with another model, also where a picture is held, and says what is missing meanwhile', async ({ page }) => {
    let release;
    const slow = new Promise((resolve) => { release = resolve; });
    await serveModel(page, 'seeing.safetensors');
    await page.route('**/models/seeing.safetensors', async (route) => {
      await slow;
      await route.fulfill({ body: seeingModel(modelBytes('blank.safetensors')) });
    });
    await page.goto('/#camera');
    await primary(page).click();
    await expect(status(page)).toContainText('Waiting for the model');
    await expect(page.locator('.finder video')).toBeVisible();
    release();
    await expect(rows(page)).toHaveCount(3);
    const choose = (model) => page.locator('.model input').setInputFiles(inBuild('test-models', model));
    await choose('thousand.safetensors');
    await expect(best(page)).toHaveText(/^something8\d\.\d%$/);
    await press(page, 'Freeze');
    await choose('doubtful.safetensors');
    await expect(rows(page)).toHaveCount(3);
    await expect(page.locator('.sight .doubt')).toBeVisible();
    await expect(status(page)).toHaveText('Held. Not sure: something');
    expect(await tracks(page)).toEqual(['live']);
  });

  test('stops when the page is hidden, says so, and does not start again by itself', async ({ page }) => {
    await openSeeing(page);
    await start(page);
    // A headless browser hides no page.
    const hide = (hidden) => page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    await hide(true);
    await expect(status(page)).toHaveText('The camera was stopped because the page was hidden.');
    expect(await tracks(page)).toEqual(['ended']);
    expect(await page.locator('.finder video').evaluate(({ srcObject }) => srcObject)).toBeNull();
    await hide(false);
    await page.waitForTimeout(500);
    expect(await tracks(page)).toEqual(['ended']);
    await start(page);
  });

  test('says that it was taken away when its permission is withdrawn', async ({ page, context }) => {
    await openSeeing(page);
    await start(page);
    await context.grantPermissions(['geolocation']); // all others are refused by this
    await expect(alert(page)).toHaveAttribute('data-code', 'ended');
    await expect(alert(page)).toContainText('permission');
    expect(await tracks(page)).toEqual(['ended']);
  });

  test('says that it was disconnected', async ({ page }) => {
    await openSeeing(page);
    await start(page);
    await page.evaluate(() => { // what the browser does; its cameras have no plug
      navigator.mediaDevices.enumerateDevices = async () => [];
      window.tracks[0].stop();
      window.tracks[0].dispatchEvent(new Event('ended'));
    });
    await expect(alert(page)).toHaveAttribute('data-code', 'unplugged');
    await expect(status(page)).toHaveText('There is no picture from a camera.');
    await start(page);
    await expect(alert(page)).toBeHidden();
  });

  test('a start is cancelled, and what comes of it is closed', async ({ page }) => {
    await page.addInitScript(() => {
      const { mediaDevices } = navigator;
      const { getUserMedia } = mediaDevices;
      mediaDevices.getUserMedia = async (...wishes) => { // somebody thinks about it
        await new Promise((resolve) => { setTimeout(resolve, 700); });
        return getUserMedia.apply(mediaDevices, wishes);
      };
    });
    await openSeeing(page);
    await primary(page).click();
    await expect(status(page)).toContainText('may ask');
    await press(page, 'Cancel');
    await expect(status(page)).toHaveText('The camera is off.');
    await expect.poll(() => tracks(page)).toEqual(['ended']);
    await expect(status(page)).toHaveText('The camera is off.');
  });
});

test.describe('with a camera whose picture has two halves', () => {
  test.use({ cameras: halves });

  /** Which of red and blue is more, at a quarter and at three quarters of a picture's width. */
  const sides = (page, png) => page.evaluate(async (bytes) => {
    const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const colourAt = (part) => {
      const [r, , b] = context.getImageData(part * bitmap.width, bitmap.height / 2, 1, 1).data;
      return r > b ? 'red' : 'blue';
    };
    return { width: bitmap.width, height: bitmap.height, colours: [colourAt(0.25), colourAt(0.75)] };
  }, [...png]);

  test('is mirrored for the eye only: what is saved is a PNG of what it sees', async ({ page }) => {
    await openSeeing(page);
    await start(page);
    const shown = () => page.locator('.finder').screenshot();
    expect((await sides(page, await shown())).colours).toEqual(['blue', 'red']);
    for (const name of ['Freeze', 'Go on']) {
      const download = page.waitForEvent('download');
      await press(page, 'Save picture');
      const file = await download;
      expect(file.suggestedFilename()).toMatch(/^(nothing|anything) \d+ percent \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.png$/);
      await expect(status(page)).toContainText(`Saved as ${file.suggestedFilename()}`);
      const saved = fs.readFileSync(await file.path());
      expect(saved.subarray(1, 4).toString()).toBe('PNG');
      expect(await sides(page, saved)).toEqual({ width: 64, height: 48, colours: ['red', 'blue'] });
      await press(page, name);
    }
    await page.getByLabel('Mirror the preview').click();
    expect((await sides(page, await shown())).colours).toEqual(['red', 'blue']);
  });
});

test.describe('with two cameras', () => {
  test.use({ cameras: fakeCameras(2) });

  test('offers both by name, and remembers which was chosen', async ({ page }) => {
    await open(page);
    await start(page);
    const choice = page.getByRole('combobox', { name: 'Camera' });
    await expect(choice.getByRole('option')).toHaveText(['fake_device_0', 'fake_device_1']);
    await choice.selectOption('fake_device_1');
    await expect.poll(() => page.evaluate(() => window.tracks.map(({ label, readyState }) => `${label} ${readyState}`)))
      .toEqual(['fake_device_0 ended', 'fake_device_1 live']);
    await expect(rows(page).first()).toBeVisible();
    await page.reload();
    await start(page);
    expect(await page.evaluate(() => window.tracks.map(({ label }) => label))).toEqual(['fake_device_1']);
    await expect(choice.locator('option:checked')).toHaveText('fake_device_1');
    await page.evaluate(() => localStorage.setItem('resnet-wasm.camera', 'one that has been thrown away'));
    await page.reload();
    await start(page);
    await expect(choice.locator('option:checked')).toHaveText('fake_device_0');
  });
});

test.describe('on a phone', () => {
  test.use({ cameras: fakeCameras(2), hasTouch: true, isMobile: true, viewport: { width: 390, height: 780 } });

  test('asks for the camera that looks away, and turns to the other side', async ({ page }) => {
    await page.addInitScript(() => { // its cameras look nowhere: they are given a side
      const { mediaDevices } = navigator;
      const { getUserMedia } = mediaDevices;
      mediaDevices.getUserMedia = async (wish) => {
        const stream = await getUserMedia.call(mediaDevices, wish);
        const [track] = stream.getVideoTracks();
        const settings = { ...track.getSettings(), facingMode: wish.video.facingMode?.ideal };
        track.getSettings = () => settings;
        return stream;
      };
    });
    await open(page);
    await start(page);
    const mirrored = () => page.locator('.finder:visible').evaluate((finder) => new DOMMatrix(getComputedStyle(finder).transform).a);
    expect(await mirrored()).toBe(1);
    await expect(page.getByLabel('Mirror the preview')).toBeDisabled();
    await press(page, 'Front or back');
    await expect.poll(mirrored).toBe(-1);
    await expect(page.getByLabel('Mirror the preview')).toBeEnabled();
    await press(page, 'Front or back');
    await expect.poll(mirrored).toBe(1);
    expect(await tracks(page)).toEqual(['ended', 'ended', 'live']);
  });
});

/** Says it in words, and is ready for another attempt. */
async function expectFailure(page, code, words) {
  await primary(page).click();
  await expect(alert(page)).toHaveAttribute('data-code', code);
  await expect(alert(page)).toContainText(words);
  await expect(status(page)).toHaveText('There is no picture from a camera.');
  await expect(primary(page)).toHaveText('Start the camera');
  await expect(primary(page)).toBeEnabled();
}

test.describe('without a camera', () => {
  test('says that there is none', async ({ page }) => {
    await open(page);
    await expectFailure(page, 'missing', 'No camera was found');
  });
});

test.describe('with a camera that may not be used', () => {
  test.use({ cameras: ['--use-fake-device-for-media-stream'] }); // nobody says yes

  test('says how to allow it, and starts once it is allowed', async ({ page, context }) => {
    await open(page);
    await expectFailure(page, 'denied', 'set the camera to “Allow”');
    await page.screenshot({ path: inBuild('screenshots', 'camera-denied.png'), fullPage: true });
    await expectAccessible(page);
    await context.grantPermissions(['camera']);
    await start(page);
    await expect(alert(page)).toBeHidden();
  });

  test('says why else it does not start', async ({ page }) => {
    await open(page);
    // What no headless browser does: another program has the camera; it fails in a way that has no name; there is no camera at all.
    const fails = (name) => page.evaluate((error) => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('the lens is dirty', error));
    }, name);
    await fails('NotReadableError');
    await expectFailure(page, 'busy', 'another program');
    await fails('OddError');
    await expectFailure(page, 'other', 'the lens is dirty');
    await page.evaluate(() => { delete Navigator.prototype.mediaDevices; });
    await expectFailure(page, 'unsupported', 'This browser gives pages no camera');
  });
});

test.describe('from an address that is not secure', () => {
  test.use({
    cameras: [...halves, '--host-resolver-rules=MAP insecure.test 127.0.0.1'],
    baseURL: async ({}, use) => use(process.env.RESNET_TEST_URL.replace('127.0.0.1', 'insecure.test')), // Playwright wants the braces
  });

  test('says that it takes https', async ({ page }) => {
    await open(page);
    await expectFailure(page, 'insecure', 'npm start -- --lan');
  });
});
