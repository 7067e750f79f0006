// The catalogue of public checkpoints, models/catalog.json: where they are, how to know them, what their publishers say.
//
// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure, root } from './run.mjs';

export const labelsFile = path.join(root, 'models/imagenet-labels.tsv');

/** {publishers, models}; models/README.md says what the keys mean. */
export function readCatalogue(file = path.join(root, 'models/catalog.json')) {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

/** The row of that name. */
export function findModel(catalogue, name) {
  const found = catalogue.models.find((model) => model.name === name);
  if (found !== undefined) return found;
  throw new Failure(`there is no "${name}" in the catalogue; it has ${catalogue.models.map((model) => model.name).join(', ')}`);
}

const percent = (number) => `${number.toFixed(1)} %`;

/** The catalogue for people: a table, then what each publisher says about the weights. */
export function catalogueText({ publishers, models }) {
  const rows = [['name', 'published by', 'top-1', 'top-5', 'download', 'recipe', 'licence']];
  for (const { name, publisher, top1, top5, mib, recipe } of models) {
    rows.push([name, publisher, percent(top1), percent(top5), `${mib.toFixed(1)} MiB`, recipe, publishers[publisher].licence]);
  }
  const numbers = new Set([2, 3, 4]);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const cell = (text, column) => (numbers.has(column) ? text.padStart(widths[column]) : text.padEnd(widths[column]));
  const table = rows.map((row) => row.map(cell).join('  ').trimEnd());
  const notes = Object.entries(publishers).map(([name, { statement, source }]) => `${name}: "${statement}"\n  ${source}`);
  return [...table, '', 'Accuracy on ImageNet\'s validation pictures, as published. What the publishers say about the weights:', ...notes].join('\n');
}

/** Throws a Failure unless the bytes of `file` have the hash that the catalogue expects; `where` begins its message. */
export async function checkHash(file, { algorithm, begins }, where = file) {
  const hash = createHash(algorithm);
  await pipeline(fs.createReadStream(file), hash);
  const found = hash.digest('hex');
  if (found.startsWith(begins)) return;
  throw new Failure(`${where}: its ${algorithm} begins with ${found.slice(0, Math.max(16, begins.length))}, and ${begins} is expected`);
}
