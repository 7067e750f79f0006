// Reads documents: their code and their tables.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../tools/build/run.mjs';

const read = (document) => fs.readFileSync(path.join(root, document), 'utf8');

/** The code blocks that are marked with one of the languages. */
export function codeBlocks(document, ...languages) {
  const blocks = [...read(document).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  return blocks.filter(([, language]) => languages.includes(language)).map(([, , code]) => code);
}

/** The names in the first column of the tables below a heading, each in backticks. */
export function tabled(document, heading) {
  const [, section] = read(document).match(new RegExp(`^## ${heading}\\n([\\s\\S]*?)(?=^## |(?![\\s\\S]))`, 'm')) ?? [];
  return [...(section ?? '').matchAll(/^\| ([^|]*)\|/gm)].flatMap(([, cell]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
}
