// axe on every panel, in every state that looks different, light and dark; and what axe cannot see: focus order, zoom.
//
// SPDX-License-Identifier: MIT
import AxeBuilder from '@axe-core/playwright';
import fs from 'node:fs';
import path from 'node:path';
import { builtInModel } from '../../tools/build/model_list.mjs';
import { inBuild, root } from '../../tools/build/run.mjs';
import { expect, modelFacts, photo, photoAlert, photoResults, showPhoto, test } from './fixtures.mjs';

const cat = path.join(root, 'web/app/samples/cat.jpg');
const broken = photo('broken.png', Buffer.from('this is no picture'));

test.skip(builtInModel() === undefined, 'models/default holds no model');

async function openPanel(page, panel) {
  await page.goto(`/#${panel}`);
  await expect(modelFacts(page)).toBeVisible();
}

const states = {
  'photo, empty': (page) => openPanel(page, 'photo'),
  'photo, with a map and a part': async (page) => {
    await openPanel(page, 'photo');
    await showPhoto(page, cat);
    await page.getByRole('button', { name: 'Look at a part' }).click();
    await page.keyboard.press('ArrowRight');
    await photoResults(page).getByRole('button').first().click();
    await expect(page.locator('.heat')).toBeVisible();
  },
  'photo, not readable': async (page) => {
    await openPanel(page, 'photo');
    await page.locator('.photo input[type=file]').setInputFiles(broken);
    await expect(photoAlert(page)).toBeVisible();
  },
  'many photos, empty': (page) => openPanel(page, 'many'),
  'many photos, one of them not readable': async (page) => {
    await openPanel(page, 'many');
    const files = ['cat', 'rocket'].map((name) => photo(`${name}.jpg`, fs.readFileSync(path.join(root, `web/app/samples/${name}.jpg`))));
    await page.locator('.many-panel input[type=file]').first().setInputFiles([...files, broken]);
    await expect(page.locator('.many-panel [role=gridcell]').filter({ hasText: 'Not a picture' })).toBeVisible();
  },
  'camera, not started': (page) => openPanel(page, 'camera'),
  models: (page) => openPanel(page, 'models'),
  'no model': async (page) => {
    await page.route('**/models/index.json', (route) => route.fulfill({ json: { models: [] } }));
    await page.goto('/');
    await expect(page.locator('.model')).toContainText('MODEL=FILE npm start');
  },
  'privacy, open': async (page) => {
    await openPanel(page, 'photo');
    await page.getByText('What was requested').click();
  },
};

for (const [name, reach] of Object.entries(states)) {
  test(`axe finds nothing: ${name}`, async ({ page }) => {
    await reach(page);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`);
      expect(found, colorScheme).toEqual([]);
      for (const width of [320, 1280]) {
        await page.setViewportSize({ width, height: 860 });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(overflow, `${width} px`).toBeLessThanOrEqual(0);
        const file = `${name.replace(/[^a-z]+/g, '-')}-${width}-${colorScheme}.png`;
        await page.screenshot({ path: inBuild('screenshots', file), fullPage: true });
      }
    }
  });
}

for (const panel of ['photo', 'many', 'camera', 'models']) {
  test(`the focus is always visible, and caught nowhere: ${panel}`, async ({ page }) => {
    await openPanel(page, panel);
    const seen = [];
    for (let i = 0; i < 60; ++i) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(() => {
        const { activeElement } = document;
        if (activeElement === null || activeElement === document.body) return undefined;
        const seen = [activeElement, activeElement.closest('label')].some((shown) => {
          if (shown === null) return false;
          const { width, height } = shown.getBoundingClientRect();
          return width > 1 && height > 1 && getComputedStyle(shown).outlineStyle !== 'none';
        });
        return { what: activeElement.outerHTML.slice(0, 200), seen };
      });
      if (focused === undefined) break; // out of the page: the browser's own controls
      seen.push(focused);
    }
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.length).toBeLessThan(60);
    expect(seen.filter((each) => !each.seen)).toEqual([]);
  });
}
