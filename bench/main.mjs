// npm run bench [-- OPTIONS] [MODEL..]: our builds and other engines on the same network in headless Chromium, turn by turn.
//
// Ours in all builds, with one thread and two; onnxruntime-web and LiteRT.js with files made from the same weights, once it is
// certain that they give the same answer. Then once more with one thread and without x86's dot-product instructions (VNNI),
// where the processor has them.
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { buildModules } from '../tools/build/build.mjs';
import { bundlePackage } from '../tools/build/bundle.mjs';
import { exitWith, Failure, inBuild, isMain, Misuse, readArguments } from '../tools/build/run.mjs';
import { serve } from '../tools/build/serve.mjs';
import { setUp } from '../tools/build/setup.mjs';
import { chromiumVersion, contest } from './contest.mjs';
import { installPeers, ours, peers, sizesOf, versionsOf } from './engines.mjs';
import { readNetwork } from './network.mjs';
import { describe, hasVnni, notesOf, report, writeDocument } from './report.mjs';
import { entrantsOf, laySite } from './site.mjs';
import { rowsOf } from './table.mjs';

const usage = `npm run bench [-- OPTIONS] [MODEL..]

MODEL       files that resnet convert wrote, 8-bit or not; the first is the one that others of the same engine are compared with.
            Without any: the test data's ResNet-50 in floats, with 8-bit and with 7-bit activations
--rounds N  turns that count (20)
--no-peers  ours only
--write     put the tables into docs/performance.md`;

const tell = (text) => console.error(text);

/** {rounds, alone, write, help, files} from the command line; paths are relative to where npm was started. */
export function readCommand(args, from = process.env.INIT_CWD ?? process.cwd()) {
  const options = {
    rounds: { type: 'string', default: '20' }, 'no-peers': { type: 'boolean' }, write: { type: 'boolean' }, help: { type: 'boolean' },
  };
  const { values, positionals } = readArguments({ args, options, allowPositionals: true }, usage);
  const { 'no-peers': alone = false, write = false, help = false } = values;
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Misuse(`--rounds ${values.rounds}: a whole number from 1 on is expected`);
  return { rounds, alone, write, help, files: positionals.map((file) => path.resolve(from, file)) };
}

function readNetworks(files) {
  const chosen = files.length > 0 ? files : ['', '-8bit', '-7bit'].map((part) => inBuild(`models/resnet50-pqf${part}.safetensors`));
  const missing = chosen.find((file) => !fs.existsSync(file));
  if (missing) {
    throw new Failure(`${missing} is not there: name model files, or run \`RESNET_DATA=DIR npm test -- native\` first, which makes it`);
  }
  return chosen.map((file) => ({ ...readNetwork(file), file }));
}

/** All contests, one after the other; what `report` takes. */
async function measure(networks, engines, rounds) {
  const site = await laySite(engines, networks, tell);
  const setting = describe({ Chromium: await chromiumVersion(), ...versionsOf(engines) }, rounds);
  const reference = engines.length > 1 ? { engine: 'onnxruntime-web', build: '' } : { engine: ours.name, build: 'relaxed' };
  const [rows, notes] = [[], []];
  const server = await serve({ ...site, port: 8400 });
  try {
    for (const { mode, flags, threads } of contests()) {
      tell(`processor ${mode}, threads: ${threads}`);
      const results = await contest({ url: server.url, entrants: entrantsOf(site.pairs, threads), flags, rounds, tell });
      rows.push(...rowsOf(results, { reference, mode }));
      notes.push(...notesOf(results, mode));
    }
  } finally {
    await server.close();
  }
  return { setting, reference, firstNetwork: networks[0].name, rows, notes, sizes: sizesOf(engines, site.files) };
}

function contests() {
  const asItIs = [1, 2].map((threads) => ({ mode: 'as it is', flags: [], threads }));
  const flags = ['--js-flags=--no-enable-avx-vnni --no-enable-avx-vnni-int8'];
  return hasVnni() ? [...asItIs, { mode: 'without VNNI', flags, threads: 1 }] : asItIs;
}

async function main(args) {
  const { help, files, alone, rounds, write } = readCommand(args);
  if (help) return console.log(usage);
  const networks = readNetworks(files);
  await setUp('npm', 'browser');
  await buildModules();
  await bundlePackage();
  if (!alone) installPeers(tell);
  const measured = await measure(networks, alone ? [ours] : [ours, ...peers], rounds);
  report(measured);
  if (write) writeDocument(measured);
}

if (isMain(import.meta.url)) main(process.argv.slice(2)).catch(exitWith);
