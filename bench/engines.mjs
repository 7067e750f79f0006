// The engines that are measured: where they come from, which files they fetch, and what they are given.
//
// Ours is built here. The others come from the npm registry when they are wanted, into build/bench: they are no dependencies of
// this project, and nothing of theirs is in it.
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { dist } from '../tools/build/bundle.mjs';
import { inBuild, run } from '../tools/build/run.mjs';
import { borderOf, unfit } from './network.mjs';
import { onnxModel } from './onnx_model.mjs';
import { bordered, channelsFirst, makePicture, normalised, seenPixels } from './picture.mjs';
import { tfliteModel } from './tflite_model.mjs';

export const folder = inBuild('bench');
const fromPeers = (...parts) => path.join(folder, 'node_modules', ...parts);

/** Exactly these; the last two write the files for the first two. */
export const packages = { 'onnxruntime-web': '1.30.0', '@litertjs/core': '2.5.3', protobufjs: '8.8.1', flatbuffers: '25.9.23' };

export function installPeers(tell) {
  const manifest = (name) => JSON.parse(fs.readFileSync(fromPeers(name, 'package.json'), 'utf8'));
  const isThere = ([name, version]) => fs.existsSync(fromPeers(name, 'package.json')) && manifest(name).version === version;
  if (Object.entries(packages).every(isThere)) return;
  tell('installing the other engines into build/bench');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: packages }));
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
}

/**
 * An engine: `files()` what it may fetch, {address: path}; `shipped(build, threads)` the addresses that a user of it downloads;
 * `modelFile(network)` the path of the file it is given; `input(network)` what it is shown, {type, shape, data}.
 */
export const ours = {
  name: 'resnet-wasm',
  builds: ['relaxed', 'simd'],
  files: () => Object.fromEntries(fs.readdirSync(dist('package')).map((name) => [`/package/${name}`, dist('package', name)])),
  shipped(build, threads) {
    const suffix = threads > 1 ? '-threads' : '';
    return ['index.js', `worker${suffix}.js`, `resnet-${build}${suffix}.wasm`].map((name) => `/package/${name}`);
  },
  takes: () => true,
  modelFile: ({ file }) => file,
  input({ recipe }) {
    const { data, width, height } = makePicture(recipe);
    return { type: 'uint8', shape: [height, width, 3], data };
  },
};

const onnxruntime = {
  name: 'onnxruntime-web',
  package: 'onnxruntime-web',
  builds: [''],
  files: () => ({
    // The server knows scripts by .js.
    '/peers/onnxruntime.js': copied(fromPeers('onnxruntime-web/dist/ort.wasm.bundle.min.mjs'), 'onnxruntime.js'),
    '/peers/ort-wasm-simd-threaded.wasm': fromPeers('onnxruntime-web/dist/ort-wasm-simd-threaded.wasm'),
  }),
  shipped: () => ['/peers/onnxruntime.js', '/peers/ort-wasm-simd-threaded.wasm'],
  takes: (network) => unfit(network) === undefined,
  modelFile: (network) => written(`${network.name}.onnx`, onnxModel(network, packageOf('protobufjs'))),
  input(network) {
    const { data, side } = tensorOf(network);
    return { type: data instanceof Uint8Array ? 'uint8' : 'float32', shape: [1, 3, side, side], data: channelsFirst(data) };
  },
};

const litert = {
  name: 'LiteRT.js',
  package: '@litertjs/core',
  builds: [''],
  async files() {
    const parts = fs.readdirSync(fromPeers('@litertjs/core/wasm'));
    const addresses = parts.map((name) => [`/peers/litert/${name}`, fromPeers('@litertjs/core/wasm', name)]);
    return { '/peers/litert.js': await bundled(fromPeers('@litertjs/core/dist/index.js'), 'litert.js'), ...Object.fromEntries(addresses) };
  },
  shipped(build, threads) {
    const name = `/peers/litert/litert_wasm_${threads > 1 ? 'threaded_' : ''}internal`;
    return ['/peers/litert.js', `${name}.js`, `${name}.wasm`];
  },
  takes: (network) => unfit(network) === undefined,
  modelFile: (network) => written(`${network.name}.tflite`, tfliteModel(network, packageOf('flatbuffers'))),
  input(network) {
    const { data, side } = tensorOf(network);
    return { type: 'float32', shape: [1, side, side, 3], data: Float32Array.from(data) };
  },
};

export const peers = [onnxruntime, litert];

/** Of those that are not ours, by package. */
export const versionsOf = (engines) =>
  Object.fromEntries(engines.filter((engine) => engine.package).map((engine) => [engine.package, packages[engine.package]]));

/** What is downloaded before the model: {engine, build, threads, files, bytes, gzip}. `files`: all, by address. */
export function sizesOf(engines, files) {
  const builds = engines.flatMap((engine) => engine.builds.flatMap((build) => [1, 2].map((threads) => ({ engine, build, threads }))));
  return builds.map(({ engine, build, threads }) => {
    const addresses = engine.shipped(build, threads);
    const contents = addresses.map((address) => fs.readFileSync(files[address]));
    const total = (sizes) => sizes.reduce((sum, size) => sum + size, 0);
    return {
      engine: engine.name, build, threads, files: addresses.map((address) => path.basename(address)),
      bytes: total(contents.map(({ length }) => length)), gzip: total(contents.map((bytes) => gzipSync(bytes, { level: 9 }).length)),
    };
  });
}

/** What other engines are shown: numbers in rows, as `network` reads them. */
function tensorOf(network) {
  const { recipe, precision } = network;
  const seen = seenPixels(makePicture(recipe), recipe);
  const border = borderOf(network);
  return { data: precision === 'f32' ? normalised(seen, recipe) : bordered(seen, recipe, border), side: recipe.crop + 2 * border };
}

const packageOf = (name) => createRequire(path.join(folder, 'package.json'))(name);

function written(name, bytes) {
  const file = path.join(folder, 'models', name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, bytes);
  return file;
}

function copied(file, name) {
  const copy = path.join(folder, name);
  fs.copyFileSync(file, copy);
  return copy;
}

/** Browsers do not find packages by name. */
async function bundled(entry, name) {
  const { build } = await import('esbuild'); // installed by the set-up, which runs later than this file is loaded
  const outfile = path.join(folder, name);
  await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', minify: true, logLevel: 'warning' });
  return outfile;
}
