// Nothing grows: not by pictures, not by loading again and again.
//
// SPDX-License-Identifier: MIT
import { expect, png } from './fixtures.mjs';
import { blank, inPage, test } from './in_page.mjs';

const picture = [...png(40, 30)];
// What V8 keeps of code that gets warm differs by some hundred kB. A result that is kept has about 2 kB, a model's piece many more.
const tolerance = 1 << 20;

/** What the page's scripts hold, after everything that can be given back has been. */
async function heapOf(page) {
  const session = await page.context().newCDPSession(page);
  for (let i = 0; i < 3; ++i) await session.send('HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize = 0 } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize + backingStorageSize;
}

const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(2)} MiB`;

for (const worker of [true, false]) {
  test(`1000 pictures: ${worker ? 'in a worker' : 'on the calling thread'}`, async ({ page }) => {
    test.setTimeout(600_000);
    const classify = (count) => inPage(page, async ({ Classifier }, { model, bytes, options, times }) => {
      self.classifier ??= await Classifier.load(model, options);
      for (let i = 0; i < times; ++i) await self.classifier.classify(new Uint8Array(bytes), { heatmap: true });
      return self.classifier.heapBytes();
    }, { model: blank, bytes: picture, options: { worker }, times: count });
    const wasmEarly = await classify(10);
    const early = await heapOf(page);
    const wasmLate = await classify(990);
    const late = await heapOf(page);
    console.log(`  after 10 and 1000 pictures: wasm ${mib(wasmEarly)}, ${mib(wasmLate)}; page ${mib(early)}, ${mib(late)}`);
    expect(wasmLate).toBe(wasmEarly);
    expect(late - early).toBeLessThan(tolerance);
  });

  test(`loaded and disposed of 50 times: ${worker ? 'in a worker' : 'on the calling thread'}`, async ({ page }) => {
    test.setTimeout(600_000);
    const load = (count) => inPage(page, async ({ Classifier }, { model, bytes, options, times }) => {
      for (let i = 0; i < times; ++i) {
        const classifier = await Classifier.load(model, options);
        await classifier.classify(new Uint8Array(bytes));
        classifier.dispose();
      }
    }, { model: blank, bytes: picture, options: { worker }, times: count });
    await load(10);
    const early = await heapOf(page);
    await load(40);
    await expect.poll(() => page.workers().length).toBe(0);
    const late = await heapOf(page);
    console.log(`  after 10 and 50 loads: page ${mib(early)}, ${mib(late)}`);
    expect(late - early).toBeLessThan(tolerance);
  });
}
