// The page stays alive: how long its thread is ever busy while a model is loaded and a large photo is classified.
//
// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import { expect } from './fixtures.mjs';
import { blank, inPage, modelBytes, test } from './in_page.mjs';

const most = 250; // five times the bar of 50 ms, from which on browsers speak of a long task

test('no long task while it loads and while it classifies a picture of 12 megapixels', async ({ page }) => {
  const right = createHash('sha256').update(modelBytes('blank.safetensors')).digest('hex');
  const found = await inPage(page, async ({ Classifier }, { model, sha256 }, { wait, filled, fileOf, context }) => {
    const surface = filled(4000, 3000, 'teal');
    for (let i = 0; i < 2000; ++i) { // something to decode
      const brush = Object.assign(context(surface), { fillStyle: `hsl(${(i * 137) % 360} 80% 50%)` });
      brush.fillRect((i * 61) % 3900, (i * 97) % 2900, 100, 100);
    }
    const photo = await fileOf(surface, 'image/jpeg', 0.9);
    const address = URL.createObjectURL(photo);
    const element = Object.assign(new Image(), { src: address });
    await element.decode();
    const bytes = await (await fetch(model)).arrayBuffer();
    const tasks = [];
    const note = (entries) => tasks.push(...entries.map(({ duration }) => duration));
    const observer = new PerformanceObserver((list) => note(list.getEntries()));
    observer.observe({ type: 'longtask' });
    /** The longest task that the browser tells of while `work` is done; 0 where none took 50 ms. */
    const longest = async (work) => {
      await wait(500);
      note(observer.takeRecords());
      tasks.length = 0;
      await work();
      await wait(500);
      note(observer.takeRecords());
      return Math.max(0, ...tasks);
    };
    const busy = (ms) => {
      const from = performance.now();
      while (performance.now() - from < ms);
    };
    const all = { control: await longest(async () => { setTimeout(() => busy(300)); }) };
    let classifier;
    const load = (source, options) => longest(async () => {
      classifier?.dispose();
      classifier = await Classifier.load(source, options);
    });
    all['load from a server'] = await load(model, { cache: false });
    all['load from a server, checked and kept'] = await load(model, { sha256 });
    all['load from the cache, checked'] = await load(model, { sha256 });
    all['load from memory, checked'] = await load(bytes, { sha256 });
    all['classify a file'] = await longest(() => classifier.classify(photo));
    all['classify an element'] = await longest(() => classifier.classify(element));
    return all;
  }, { model: blank, sha256: right });
  const { control, ...times } = found;
  for (const [what, ms] of Object.entries(times)) console.log(`  longest task, ${what}: ${ms === 0 ? 'under 50' : ms.toFixed(0)} ms`);
  expect(control, 'the observer sees a task of 300 ms').toBeGreaterThanOrEqual(most);
  for (const [what, ms] of Object.entries(times)) expect(ms, what).toBeLessThan(most);
});
