// npm run build: the npm package in dist/package and the static page in dist/app.
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundleApp, bundlePackage, dist, wasmFiles } from './bundle.mjs';
import { buildPreset } from './cmake.mjs';
import { exitWith, isMain, root } from './run.mjs';
import { setUp } from './setup.mjs';

/** The WebAssembly module in all builds; quick where nothing has changed. */
export async function buildModules() {
  await setUp('emscripten', 'npm');
  for (const name of wasmFiles) await buildPreset(`wasm-${name}`, ['resnet_module']);
}

function listFiles(folder) {
  for (const name of fs.readdirSync(folder).sort()) {
    const file = path.join(folder, name);
    if (!fs.statSync(file).isFile()) continue;
    const bytes = fs.readFileSync(file);
    const size = (count) => `${(count / 1000).toFixed(1)} kB`.padStart(10);
    console.log(`  ${size(bytes.length)} ${size(gzipSync(bytes, { level: 9 }).length)} gzip  ${path.relative(root, file)}`);
  }
}

async function main() {
  await buildModules();
  await bundlePackage();
  await bundleApp();
  for (const folder of [dist('package'), dist('app')]) listFiles(folder);
}

if (isMain(import.meta.url)) main().catch(exitWith);
