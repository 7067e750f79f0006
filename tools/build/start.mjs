// npm start: builds what has changed, makes a model ready, and serves the page.
//
// The model is the file that MODEL names, in any format that `resnet convert` reads; else the one that `npm run model` has
// fetched last; else the built-in one of models/default. PORT names another port than 8080.
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { bundleApp, dist } from './bundle.mjs';
import { buildModules } from './build.mjs';
import { buildPreset } from './cmake.mjs';
import { builtInModel, writeModelList } from './model_list.mjs';
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

/** What is served and how to convert it: {file, options}, or undefined. `fetched`, `builtIn`: the paths of those that are there. */
export function chosenModel({ MODEL: model, RESNET_DATA: data }, { fetched, builtIn }) {
  if (model) {
    if (!fs.existsSync(model)) throw new Failure(`MODEL=${model}: there is no such file`);
    const file = path.resolve(model);
    const reference = referenceModel(data); // as the tests convert it: both use one converted file
    return reference?.file === file ? reference : { file, options: [] };
  }
  const file = fetched ?? builtIn;
  return file && { file, options: [] };
}

/** The test data's network with 1000 classes, which tests compare with Python's answers: {file, options}, or undefined. */
export function referenceModel(data) {
  if (!data) return undefined;
  const file = path.resolve(data, 'models/resnet50-pqf.safetensors');
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

/** The path of `file` in our format, converted with the native program where it has to be; `name`: what it is called then. */
export async function prepareModel({ file, options, name = path.parse(file).name }) {
  if (isOwnModel(file)) return file;
  const converted = inBuild('models', `${name}.safetensors`);
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

/** The server's addresses for a model and the list that names it, which is written into `list`. */
export function modelFiles(model, list = inBuild('models/index.json'), builtIn = builtInModel()) {
  writeModelList(list, [model], builtIn);
  return { '/models/index.json': list, [`/models/${path.basename(model)}`]: model };
}

async function main() {
  await buildModules();
  await bundleApp();
  const chosen = chosenModel(process.env, { fetched: fetchedModel(), builtIn: builtInModel() });
  if (chosen === undefined) say('no model: the page will say how to give it one (npm run model, or MODEL=FILE npm start)');
  else say(`the model: ${chosen.file}`);
  const files = chosen === undefined ? {} : modelFiles(await prepareModel(chosen));
  const { url } = await serve({ folder: dist('app'), files, port: Number(process.env.PORT ?? 8080) });
  console.log(`\nOpen ${url} (Ctrl+C ends it)`);
}

if (isMain(import.meta.url)) main().catch(exitWith);
