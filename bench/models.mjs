// npm run bench [-- MODEL..]: the same photo through several models in headless Chromium, one thread, turn by turn.
//
// MODEL: files that `resnet convert` wrote; the first is the one that the others are compared with. Without any, the
// test data's ResNet-50 in f32, with 8-bit and with 7-bit activations. Prints medians, and medians of the ratios within a
// turn, which other work on the machine moves less; also in build/bench.json. Each line with and without x86's dot-product
// instructions (VNNI), where the processor has them.
// SPDX-License-Identifier: MIT
import { chromium as playwright } from '@playwright/test';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildModules } from '../tools/build/build.mjs';
import { bundleApp, bundlePackage, dist } from '../tools/build/bundle.mjs';
import { exitWith, Failure, inBuild, isMain, say } from '../tools/build/run.mjs';
import { serve } from '../tools/build/serve.mjs';
import { chromium, setUp } from '../tools/build/setup.mjs';

const rounds = Number(process.env.ROUNDS ?? 20);
const modes = [
  { name: 'as it is', flags: [] },
  { name: 'without VNNI', flags: ['--js-flags=--no-enable-avx-vnni --no-enable-avx-vnni-int8'] },
];

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function chosenModels(files) {
  const models = files.length > 0 ? files : ['', '-8bit', '-7bit'].map((end) => inBuild(`models/resnet50-pqf${end}.safetensors`));
  const missing = models.find((file) => !fs.existsSync(file));
  if (missing) throw new Failure(`${missing} is not there: name model files, or run \`RESNET_DATA=DIR npm test -- native\` first, which makes it`);
  return models;
}

/** In the page: milliseconds of inference, [round][model], after two rounds that only warm up. */
async function measure({ models, build, rounds: count }) {
  const { Classifier } = await import('/package/index.js');
  const classifiers = [];
  for (const model of models) classifiers.push(await Classifier.load(model, { build }));
  const pixels = { data: new Uint8Array(224 * 224 * 3).map((_, i) => (i * 2654435761) >>> 24), width: 224, height: 224 };
  const all = [];
  for (let round = -2; round < count; ++round) {
    const times = [];
    for (const classifier of classifiers) times.push((await classifier.classify(pixels)).timing.inference);
    if (round >= 0) all.push(times);
  }
  const heaps = await Promise.all(classifiers.map((classifier) => classifier.heapBytes()));
  for (const classifier of classifiers) classifier.dispose();
  return { all, heaps };
}

async function benchmark(url, models, mode, build) {
  const args = ['--disable-gpu', '--no-first-run', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...mode.flags];
  const browser = await playwright.launch({ executablePath: chromium(), args });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    const { all, heaps } = await page.evaluate(measure, { models, build, rounds });
    return models.map((model, i) => ({
      model: path.basename(model), build, mode: mode.name, ms: median(all.map((times) => times[i])),
      ratio: median(all.map((times) => times[i] / times[0])), heapMiB: Math.round(heaps[i] / 2 ** 20),
    }));
  } finally {
    await browser.close();
  }
}

async function main(files) {
  await setUp('npm', 'browser');
  await buildModules();
  await bundlePackage();
  await bundleApp();
  const models = chosenModels(files);
  const served = Object.fromEntries(fs.readdirSync(dist('package')).map((name) => [`/package/${name}`, dist('package', name)]));
  for (const model of models) served[`/models/${path.basename(model)}`] = path.resolve(model);
  const server = await serve({ folder: dist('app'), files: served, port: 8400 });
  const hasVnni = / avx_vnni| avx512_vnni/.test(fs.existsSync('/proc/cpuinfo') ? fs.readFileSync('/proc/cpuinfo', 'utf8') : '');
  say(`${os.cpus()[0].model}, ${hasVnni ? 'with' : 'without'} VNNI; ${rounds} turns`);
  const rows = [];
  try {
    for (const build of ['relaxed', 'simd']) {
      for (const mode of hasVnni ? modes : modes.slice(0, 1)) {
        rows.push(...await benchmark(server.url, models.map((model) => `/models/${path.basename(model)}`), mode, build));
      }
    }
  } finally {
    await server.close();
  }
  console.table(rows.map((row) => ({ ...row, ms: row.ms.toFixed(1), ratio: row.ratio.toFixed(3) })));
  fs.writeFileSync(inBuild('bench.json'), `${JSON.stringify({ cpu: os.cpus()[0].model, rounds, rows }, null, 2)}\n`);
}

if (isMain(import.meta.url)) main(process.argv.slice(2)).catch(exitWith);
