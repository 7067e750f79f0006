// npm start [-- --lan]: builds what has changed, makes a model ready, and serves the page.
//
// The model is the file that MODEL names, in any format that `resnet convert` reads; else the one that `npm run model` has
// fetched last; else the built-in one of models/default. PORT names another port than 8080.
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { bundleApp, dist } from './bundle.mjs';
import { buildModules } from './build.mjs';
import { buildPreset } from './cmake.mjs';
import { lanAddresses, serveToLan } from './lan.mjs';
import { builtInModel, writeModelList } from './model_list.mjs';
import { exitWith, Failure, inBuild, isMain, placeWhole, readOptions, run, say } from './run.mjs';
import { serve } from './serve.mjs';
import { setUp } from './setup.mjs';

/** The model files that `npm run model` has made, the last one first. */
export function fetchedModels(folder = inBuild('models/fetched')) {
  const time = (file) => fs.statSync(file).mtimeMs;
  const files = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return files.filter((name) => name.endsWith('.safetensors')).map((name) => path.join(folder, name))
    .sort((a, b) => time(b) - time(a));
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

/** The server's addresses for models and the list that names them, which is written into `list`; the page loads the first. */
export function modelFiles(models, list = inBuild('models/index.json'), builtIn = builtInModel()) {
  writeModelList(list, models, builtIn);
  return { '/models/index.json': list, ...Object.fromEntries(models.map((model) => [`/models/${path.basename(model)}`, model])) };
}

/** The port that PORT names, or the usual one. */
export function chosenPort({ PORT: port = '8080' }) {
  if (/^\d{1,5}$/.test(port) && Number(port) < 65536) return Number(port);
  throw new Failure(`PORT=${port}: a port is a number below 65536`);
}

const usage = `npm start [-- --lan]

Builds what has changed, makes a model ready, and serves the page to this machine.

  --lan    serves it to the local network, over https: for a phone, say
  --help   says this

MODEL=FILE names the model, PORT=NUMBER another port than 8080.`;

async function main(args) {
  const { lan, help } = readOptions(args, { lan: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } }, usage);
  if (help) return console.log(usage);
  const port = chosenPort(process.env);
  const addresses = lan ? lanAddresses() : [];
  await buildModules();
  await bundleApp();
  const fetched = fetchedModels();
  const chosen = chosenModel(process.env, { fetched: fetched[0], builtIn: builtInModel() });
  if (chosen === undefined) say('no model: the page will say how to give it one (npm run model, or MODEL=FILE npm start)');
  else say(`the model: ${chosen.file}`);
  // The others can be chosen in the page.
  const models = chosen === undefined ? [] : [...new Set([await prepareModel(chosen), ...fetched, builtInModel()])].filter(Boolean);
  const files = chosen === undefined ? {} : modelFiles(models);
  const page = { folder: dist('app'), files, port };
  console.log(`\n${lan ? (await serveToLan(page, addresses)).text : `Open ${(await serve(page)).url}`} (Ctrl+C ends it)`);
}

if (isMain(import.meta.url)) main(process.argv.slice(2)).catch(exitWith);
