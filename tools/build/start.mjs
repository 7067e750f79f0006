// npm start: builds what has changed, makes a model ready, and serves the page.
//
// The model is the file that MODEL names, in any format that `resnet convert` reads; else the one that `npm run model` has
// fetched last; else resnet50-pqf of the test data in RESNET_DATA; else there is none, and the page says how to give it one.
// PORT names another port than 8080.
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { bundleApp, dist } from './bundle.mjs';
import { buildModules } from './build.mjs';
import { buildPreset } from './cmake.mjs';
import { exitWith, Failure, inBuild, isMain, placeWhole, run, say } from './run.mjs';
import { serve } from './serve.mjs';
import { setUp } from './setup.mjs';

/** The model file that `npm run model` has made last, or undefined. */
export function fetchedModel(folder = inBuild('models/fetched')) {
  const time = (file) => fs.statSync(file).mtimeMs;
  const files = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return files.filter((name) => name.endsWith('.safetensors')).map((name) => path.join(folder, name))
    .sort((a, b) => time(b) - time(a))[0];
}

/** What is served and how to convert it: {file, options}, or undefined. `fetched`: what fetchedModel gave. */
export function chosenModel({ MODEL: model, RESNET_DATA: data } = process.env, fetched = undefined) {
  if (model) {
    if (!fs.existsSync(model)) throw new Failure(`MODEL=${model}: there is no such file`);
    return { file: path.resolve(model), options: [] };
  }
  if (fetched !== undefined) return { file: fetched, options: [] };
  if (!data) return undefined;
  const file = path.join(data, 'models/resnet50-pqf.safetensors');
  if (!fs.existsSync(file)) return undefined;
  return {
    file,
    options: [
      '--labels', path.join(data, 'images/imagenet-labels.txt'), '--recipe', 'torchvision', '--name', 'resnet50-pqf',
      '--licence', 'non-commercial', '--accuracy', 'top-1 72.18 % on ImageNet (published)',
    ],
  };
}

/** True for a file that `resnet convert` has written: those are served as they are. */
export function isOwnModel(file) {
  const handle = fs.openSync(file);
  try {
    const length = Buffer.alloc(8);
    if (fs.readSync(handle, length) < 8) return false;
    const headerBytes = length.readBigUInt64LE();
    if (headerBytes > 8n << 20n) return false;
    const header = Buffer.alloc(Number(headerBytes));
    fs.readSync(handle, header);
    return JSON.parse(header.toString()).__metadata__?.format?.startsWith('resnet-wasm') ?? false;
  } catch {
    return false; // not JSON: some other format
  } finally {
    fs.closeSync(handle);
  }
}

/** The path of `file` in our format, converted with the native program where it has to be. */
export async function prepareModel({ file, options }) {
  if (isOwnModel(file)) return file;
  const converted = inBuild('models', `${path.parse(file).name}.safetensors`);
  await setUp('native');
  await buildPreset('native', ['resnet']);
  const program = inBuild('native/resnet');
  const made = fs.statSync(converted, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (made < fs.statSync(file).mtimeMs || made < fs.statSync(program).mtimeMs) {
    say(`converting ${file} into ${path.relative('.', converted)}`);
    await placeWhole(converted, (temporary) => run(program, ['convert', file, temporary, ...options]));
  }
  return converted;
}

/** The server's addresses for a model and the list that names it. */
export function modelFiles(model) {
  const name = path.basename(model);
  const index = inBuild('models/index.json');
  fs.mkdirSync(path.dirname(index), { recursive: true });
  const entry = { name: path.parse(name).name, file: encodeURIComponent(name), bytes: fs.statSync(model).size };
  fs.writeFileSync(index, `${JSON.stringify({ models: [entry] }, null, 2)}\n`);
  return { '/models/index.json': index, [`/models/${name}`]: model };
}

async function main() {
  await buildModules();
  await bundleApp();
  const chosen = chosenModel(process.env, fetchedModel());
  if (chosen === undefined) say('no model: the page will say how to give it one (npm run model, or MODEL=FILE npm start)');
  else say(`the model: ${chosen.file}`);
  const files = chosen === undefined ? {} : modelFiles(await prepareModel(chosen));
  const { url } = await serve({ folder: dist('app'), files, port: Number(process.env.PORT ?? 8080) });
  console.log(`\nOpen ${url} (Ctrl+C ends it)`);
}

if (isMain(import.meta.url)) main().catch(exitWith);
