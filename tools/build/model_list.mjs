// The models that the page finds beside it: models/index.json names them, and the built-in one is there from the start.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { root } from './run.mjs';

/** The model that is part of this repository, or undefined. */
export function builtInModel(folder = path.join(root, 'models/default')) {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  const name = names.find((candidate) => candidate.endsWith('.safetensors'));
  return name && path.join(folder, name);
}

/** Writes the list that web/app/catalog.ts reads. `models`: their files; which of them is `builtIn`, the page says. */
export function writeModelList(list, models, builtIn = builtInModel()) {
  const entries = models.map((file) => ({
    name: path.parse(file).name,
    file: encodeURIComponent(path.basename(file)),
    bytes: fs.statSync(file).size,
    ...(file === builtIn && { builtIn: true }),
  }));
  fs.mkdirSync(path.dirname(list), { recursive: true });
  fs.writeFileSync(list, `${JSON.stringify({ models: entries }, null, 2)}\n`);
}

/** Makes the page's folder of models: the files and their list. */
export function placeModels(folder, models, builtIn = builtInModel()) {
  writeModelList(path.join(folder, 'index.json'), models, builtIn);
  for (const file of models) fs.copyFileSync(file, path.join(folder, path.basename(file)));
}
