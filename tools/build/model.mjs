// npm run model [-- NAME [--dtype f32|f16|i8] [--file PATH] ..]: a public checkpoint as a model file that npm start serves.
//
// Without NAME: the catalogue. The checkpoint is downloaded once into build/download/models and checked; the model file is
// build/models/fetched/NAME-DTYPE.safetensors. Options that are not named here go to `resnet convert`.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { buildPreset } from './cmake.mjs';
import { catalogueText, checkHash, findModel, labelsFile, readCatalogue } from './catalog.mjs';
import { download, progressLine } from './download.mjs';
import { exitWith, Failure, inBuild, isMain, root, run, say } from './run.mjs';
import { setUp } from './setup.mjs';

const usage = `npm run model                                   the catalogue
npm run model -- NAME [--dtype f32|f16|i8]      download, check, convert; npm start serves it then
npm run model -- NAME --file PATH               the same with a file that is here already
npm run model -- NAME --dtype i8 --calibrate DIR
Other options go to resnet convert (build/native/resnet convert --help).`;

/** {name, dtype, file, rest} from the command line; paths are relative to where npm was started. */
export function readArguments(args, from = process.env.INIT_CWD ?? process.cwd()) {
  const [name, ...options] = args;
  const read = { name, dtype: 'f32', file: undefined, rest: [], from };
  if (name?.startsWith('-')) throw new Failure(`a name from the catalogue comes first, before ${name}\n\n${usage}`);
  for (let i = 0; i < options.length; ++i) {
    const [option, ...values] = options[i].split('=');
    const value = () => values.length > 0 ? values.join('=') : options[++i];
    if (option === '--dtype') read.dtype = value();
    else if (option === '--file') read.file = path.resolve(from, value() ?? '');
    else read.rest.push(options[i]);
  }
  checkArguments(read);
  return read;
}

function checkArguments({ dtype, file, rest }) {
  if (!['f32', 'f16', 'i8'].includes(dtype)) throw new Failure(`--dtype ${dtype ?? ''}: f32, f16 or i8 is expected`);
  if (dtype === 'i8' && !rest.some((option) => /^--calibrate(=|$)/.test(option))) {
    throw new Failure('--dtype i8 needs pictures to measure the activations on: --calibrate DIR, some hundreds like those it will see');
  }
  if (file !== undefined && !fs.existsSync(file)) throw new Failure(`--file ${file}: there is no such file`);
}

/** The path of the catalogue's checkpoint on this machine: `file` where it is given, else downloaded, unless it is here. */
export async function checkpointOf(model, { file, folder = inBuild('download/models'), progress, ...options } = {}) {
  if (file !== undefined) {
    await checkHash(file, model.hash, `${file} is not the file that the catalogue means by ${model.name}`);
    return file;
  }
  const target = path.join(folder, path.basename(new URL(model.url).pathname));
  if (fs.existsSync(target) && await matches(target, model.hash)) return target;
  say(`downloading ${model.url}`);
  const check = (part) => checkHash(part, model.hash, `${model.url} is not the file that it was, or was damaged on the way, and has been removed`);
  try {
    await download({ url: model.url, file: target, check, progress: progress ?? progressLine(model.name), ...options });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(`${error.message}\nWith the file from elsewhere: npm run model -- ${model.name} --file PATH`);
  }
  return target;
}

async function matches(file, hash) {
  try {
    await checkHash(file, hash);
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** The arguments of `resnet convert` that the catalogue knows. */
export function convertOptions(catalogue, model) {
  const { licence, source } = catalogue.publishers[model.publisher];
  return [
    '--recipe', model.recipe, '--labels', labelsFile, '--name', model.name,
    '--licence', `${licence} (${source})`, '--source', model.url,
    '--accuracy', `top-1 ${model.top1} %, top-5 ${model.top5} % on ImageNet (published)`,
  ];
}

async function convert(checkpoint, target, options, from) {
  await setUp('native');
  await buildPreset('native', ['resnet']);
  say(`converting into ${path.relative(root, target)}`);
  fs.mkdirSync(path.dirname(target), { recursive: true }); // the program itself writes the file whole or not at all
  run(inBuild('native/resnet'), ['convert', checkpoint, target, ...options], { cwd: from, stdio: ['ignore', 'inherit', 'inherit'] });
}

async function main(args) {
  const catalogue = readCatalogue();
  if (args.length === 0) {
    console.log(`${catalogueText(catalogue)}\n\n${usage}`);
    return;
  }
  if (args.includes('--help')) {
    console.log(usage);
    return;
  }
  const { name, dtype, file, rest, from } = readArguments(args);
  const model = findModel(catalogue, name);
  const checkpoint = await checkpointOf(model, { file });
  const target = inBuild('models/fetched', `${name}-${dtype}.safetensors`);
  await convert(checkpoint, target, [...convertOptions(catalogue, model), '--dtype', dtype, ...rest], from);
  console.log(`\n${path.relative(root, target)} is ready: npm start serves it, build/native/resnet classify takes it.`);
  console.log(`${model.publisher} says: "${catalogue.publishers[model.publisher].statement}"`);
}

if (isMain(import.meta.url)) main(process.argv.slice(2)).catch(exitWith);
