// The packed types, as TypeScript projects of different kinds see them; and the samples of the READMEs.
//
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { root } from '../../tools/build/run.mjs';
import { codeBlocks } from './documents.mjs';
import { inConsumers, installPackage } from './packed.mjs';

const here = (name) => path.join(root, 'tests/package', name);
const folder = inConsumers('types');

before(() => {
  installPackage();
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
  for (const name of ['types.ts', 'readme_context.d.ts']) fs.copyFileSync(here(name), path.join(folder, name));
  for (const [i, document] of ['README.md', 'web/api/README.md'].entries()) {
    // Each a module of its own, so that its names are its own too.
    codeBlocks(document, 'ts').forEach((code, j) => fs.writeFileSync(path.join(folder, `readme-${i}-${j}.ts`), `${code}\nexport {};\n`));
  }
});

/** A project with these options; the library's own types are checked too. Returns what the compiler prints. */
function compile(compiler, options) {
  const compilerOptions = {
    target: 'ES2022', lib: ['ES2022', 'DOM', 'DOM.Iterable'], types: [], strict: true, exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true, skipLibCheck: false, noEmit: true, ...options,
  };
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['.'] }));
  const program = path.join(root, 'node_modules', compiler, 'bin/tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [program, '-p', folder], { encoding: 'utf8' });
  return stdout + stderr;
}

const bundler = { module: 'ESNext', moduleResolution: 'Bundler' };
const projects = [
  ['typescript', bundler],
  ['typescript', { module: 'Node16' }],
  ['typescript', { module: 'NodeNext' }],
  ['older-typescript', bundler],
];

for (const [compiler, options] of projects) {
  test(`${compiler}, ${Object.values(options)}: right uses compile, wrong ones do not`, () => assert.equal(compile(compiler, options), ''));
}

test('each wrong use is an error of its own', () => {
  const wrong = path.join(folder, 'types.ts');
  const lines = fs.readFileSync(wrong, 'utf8').split('\n');
  const marks = lines.flatMap((line, i) => (line.includes('@ts-expect-error') ? [i] : []));
  fs.writeFileSync(wrong, lines.map((line) => line.replace('@ts-expect-error', '')).join('\n'));
  const found = [...compile('typescript', bundler).matchAll(/types\.ts\((\d+),/g)].map(([, line]) => Number(line));
  assert.ok(marks.length > 10);
  assert.deepEqual([...new Set(found)], marks.map((i) => i + 2)); // the line after the mark, from 1
});
