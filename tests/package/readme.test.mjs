// The package's README: its recipes are the fixtures' very files, and its tables name what the types have.
//
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { root } from '../../tools/build/run.mjs';
import { codeBlocks, tabled } from './documents.mjs';
import { installed, installPackage } from './packed.mjs';

const readme = 'web/api/README.md';
const text = () => fs.readFileSync(path.join(root, readme), 'utf8');
const fixtures = path.join(root, 'tests/package/fixtures');

before(installPackage);

test('every recipe is the file of a fixture, and every fixture\'s file with a name in its first line is a recipe', () => {
  const names = fs.readdirSync(fixtures, { recursive: true }).map((name) => path.join(fixtures, name));
  const files = names.filter((file) => fs.statSync(file).isFile());
  const contents = files.map((file) => fs.readFileSync(file, 'utf8'));
  const blocks = codeBlocks(readme, 'js', 'html', 'json');
  assert.ok(blocks.length >= 9);
  for (const block of blocks) assert.ok(contents.includes(block), `no file in tests/package/fixtures is this recipe:\n${block}`);
  for (const [i, content] of contents.entries()) {
    if (content.startsWith(`// ${path.basename(files[i])}\n`)) assert.ok(blocks.includes(content), `${readme} does not show ${files[i]}`);
  }
});

/** What the members of an interface are called; TypeScript prints them with four spaces before them. */
function members(file, name) {
  const types = fs.readFileSync(installed(`types/${file}.d.ts`), 'utf8');
  const [, body] = types.match(new RegExp(`interface ${name}[^{]*\\{\\n([\\s\\S]*?)^\\}`, 'm'));
  return [...body.matchAll(/^ {4}(\w+)\??: /gm)].map(([, member]) => member);
}

test('the tables of options name every option, and no other', () => {
  assert.deepEqual(tabled(readme, 'Loading').sort(), members('loading', 'LoadOptions').sort());
  const picture = members('options', 'PictureOptions');
  const classify = [...picture, ...members('options', 'ClassifyOptions'), ...errorCodes()];
  assert.deepEqual(tabled(readme, 'Classifying').sort(), classify.sort());
  const others = [...members('options', 'EmbedOptions'), ...members('many', 'AllOptions')];
  for (const name of others) assert.ok(text().includes(`\`${name}\``), name);
});

function errorCodes() {
  const [, codes] = fs.readFileSync(installed('types/errors.d.ts'), 'utf8').match(/type ErrorCode =([^;]*);/);
  return [...codes.matchAll(/'(\w+)'/g)].map(([, code]) => code);
}

test('names every exported file, and in the recipes each that a bundler may have to copy', () => {
  const { exports } = JSON.parse(fs.readFileSync(installed('package.json'), 'utf8'));
  for (const name of Object.keys(exports).filter((entry) => entry !== '.' && entry !== './package.json')) {
    assert.ok(text().includes(`\`${name.slice(2)}\``), name);
  }
  const files = fs.readdirSync(installed()).filter((name) => /^worker(-threads)?\.js$|\.wasm$/.test(name)).sort();
  const recipe = fs.readFileSync(path.join(fixtures, 'esbuild/build.js'), 'utf8');
  const listed = [...recipe.matchAll(/'([\w-]+\.(?:js|wasm))'/g)].map(([, name]) => name);
  assert.deepEqual(listed.filter((name) => name !== 'main.js').sort(), files);
});
