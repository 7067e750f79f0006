// Writes THIRD-PARTY.md from the pins and the licence files of what they pin: node tools/build/notices.mjs [--check]
// The package has one of its own, with what is in it and nothing else.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { exitWith, Failure, inBuild, isMain, root } from './run.mjs';
import { readPins, setUpThirdParty } from './third_party.mjs';

const file = path.join(root, 'THIRD-PARTY.md');

const repositoryHeading = `# Third-party software

What is pinned in [cmake/third-party.json](cmake/third-party.json), why, and under which licence. None of its source is in this repository.
What is marked "core" is part of the WebAssembly files and of the program; "package" of the JavaScript beside those files; "page" of the page alone; "tools" of the program alone; "tests" of none of them.
The WebAssembly files also contain parts of Emscripten's system libraries (musl, compiler-rt, libc++, dlmalloc; MIT, or Apache-2.0 with LLVM exceptions, or public domain).

`;

// In the order of importLibraries in setup.mjs.
const systemLibraries = `
The program \`resnet\`, and nothing that runs in a browser, is linked with two libraries of the system, untouched and not distributed by us:

| name | version | licence | part of | why |
| --- | --- | --- | --- | --- |
| protobuf (libprotobuf-lite, protoc) | 3.21.12 in Debian 12 and 13 | BSD-3-Clause | tools | parses ONNX models, a format that is defined by protocol buffers |
| HDF5 (libhdf5) | 1.10.8 in Debian 12, 1.14.5 in Debian 13 | BSD-3-Clause (HDF5's own form) | tools | reads Keras's .h5 files, in a child process; the format is too intricate to write a reader for |
`;

const classNames = `
The class names in [models/imagenet-labels.tsv](models/imagenet-labels.tsv), and with them in every model file that \`npm run model\` makes, are WordNet 3.0's:
[models/README.md](models/README.md) has its licence.
`;

/** What is bundled into the JavaScript of the npm package, and with it of the page. */
export const bundled = [
  { name: '@noble/hashes', licence: 'MIT', why: 'sha256 of a model while it streams by; crypto.subtle wants the whole file at once' },
];

/** What the page has in its JavaScript besides. */
const inPage = [
  { name: 'workbox-precaching', licence: 'MIT', why: 'keeps the page for offline use, in its service worker: versioned, checked by hash, cleaned up' },
];

const development = [
  { name: '@axe-core/playwright', licence: 'MPL-2.0', why: 'finds what keeps people from using the page: contrast, names, roles' },
  { name: '@arethetypeswrong/core', licence: 'MIT', why: 'checks that every kind of TypeScript project finds the package\'s types' },
  { name: '@playwright/test', licence: 'Apache-2.0', why: 'drives the browser in tests' },
  { name: '@rollup/plugin-node-resolve', licence: 'MIT', why: 'lets Rollup find packages at all' },
  { name: 'esbuild', licence: 'MIT', why: 'bundles in a second; users bundle the package with it too' },
  { name: 'older-typescript', licence: 'Apache-2.0', why: 'TypeScript 5.9: the package\'s types must work there as well, and TypeDoc runs on it' },
  { name: 'publint', licence: 'MIT', why: 'checks the package\'s manifest against its files' },
  { name: 'puppeteer-core', licence: 'Apache-2.0', why: 'drives Debian\'s Firefox in tests; Playwright wants a Firefox of its own' },
  { name: 'qrcode', licence: 'MIT', why: 'shows the address of `npm start -- --lan` to a phone' },
  { name: 'rollup', licence: 'MIT', why: 'users bundle the package with it: tests/package does' },
  { name: 'selfsigned', licence: 'MIT', why: 'the certificate of `npm start -- --lan`; Node makes keys and no certificates' },
  { name: 'typedoc', licence: 'Apache-2.0', why: 'makes the API\'s documentation, and finds what has none' },
  { name: 'typescript', licence: 'Apache-2.0', why: 'the language' },
  { name: 'vite', licence: 'MIT', why: 'users serve and bundle the package with it: tests/package does' },
  { name: 'webpack', licence: 'MIT', why: 'users bundle the package with it: tests/package does' },
];

const otherTools = `
From Debian, untouched: clang, CMake, Ninja, ccache, Emscripten, Chromium. For training: PyTorch, NumPy, Pillow, Matplotlib.

`;

const packageHeading = `# Third-party software

What is in the files of this package beside our own code. The WebAssembly files also contain parts of Emscripten's system libraries
(its own and musl, both MIT, below; compiler-rt, libc++ and dlmalloc: Apache-2.0 with LLVM exceptions, or public domain), and the
scripts hold the glue that Emscripten wrote.

`;

const pageHeading = packageHeading.replace('this package', 'this page');

const fence = '```';
const table = (head, rows) => [head, head.replace(/[^|]+/g, ' --- '), ...rows].join('\n');
const row = (...cells) => `| ${cells.join(' | ')} |`;
const section = ({ name, text }) => `## ${name}\n\n${fence}\n${text}\n${fence}\n`;

function readLicence(...names) {
  const file = names.find((name) => fs.existsSync(name));
  if (file === undefined) throw new Failure(`${names.join(', ')}: there is no licence file`);
  return fs.readFileSync(file, 'utf8').trim();
}

const manifest = (file) => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));
const pinText = ({ name }) => ({ name, text: readLicence(inBuild('third_party', name, 'LICENSE')) });
const bundledText = ({ name }) => ({ name, text: readLicence(path.join(root, 'node_modules', name, 'LICENSE')) });

/** With the versions that package.json pins. Each of its dependencies must be listed here with its reason, and nothing else. */
function npmRows(packages, ...more) {
  const { devDependencies: pinned } = manifest('package.json');
  const missing = Object.keys(pinned).filter((name) => ![...bundled, ...inPage, ...development].some((entry) => entry.name === name));
  if (missing.length > 0) throw new Failure(`tools/build/notices.mjs does not say why package.json has ${missing.join(', ')}`);
  return packages.map(({ name, licence, why }) => {
    if (!(name in pinned)) throw new Failure(`tools/build/notices.mjs names ${name}, which package.json does not have`);
    return row(name, pinned[name].replace('npm:', ''), licence, ...more, why);
  });
}

export function notices() {
  const pins = readPins();
  const pinRows = pins.map(({ name, version, licence, usedBy, why }) => row(name, version, licence, usedBy, why));
  const texts = [...pins.filter(({ usedBy }) => usedBy !== 'tests').map(pinText), ...[...bundled, ...inPage].map(bundledText)];
  return [
    repositoryHeading, table(row('name', 'version', 'licence', 'part of', 'why'), [...pinRows, ...npmRows(bundled, 'package'), ...npmRows(inPage, 'page')]), '\n',
    systemLibraries, classNames, '\nFor building and testing, from the npm registry:\n\n',
    table(row('name', 'version', 'licence', 'why'), npmRows(development)), '\n', otherTools, texts.map(section).join('\n'),
  ].join('');
}

/** For the npm package. `emscripten`: the folder of the one that linked the WebAssembly files. */
export const packageNotices = (emscripten) => noticesOf(packageHeading, bundled, emscripten);

/** For the page. */
export const pageNotices = (emscripten) => noticesOf(pageHeading, [...bundled, ...inPage], emscripten);

function noticesOf(heading, packages, emscripten) {
  const pins = readPins().filter(({ usedBy }) => usedBy === 'core');
  const rows = [...pins.map(({ name, version, licence, why }) => row(name, version, licence, why)), ...npmRows(packages)];
  const texts = [...pins.map(pinText), ...emscriptenTexts(emscripten), ...packages.map(bundledText)];
  return `${heading}${table(row('name', 'version', 'licence', 'why'), rows)}\n\n${texts.map(section).join('\n')}`;
}

function emscriptenTexts(folder) {
  // Debian's package has no licence file where the program is; it is the MIT licence, as ours is.
  const authors = 'Copyright (c) 2010-2014 Emscripten authors, see AUTHORS file.';
  const text = readLicence(path.join(root, 'LICENSE')).replace(/^Copyright.*$/m, authors);
  return [{ name: 'Emscripten', text }, { name: 'musl', text: readLicence(path.join(folder, 'system/lib/libc/musl/COPYRIGHT')) }];
}

async function main(args) {
  await setUpThirdParty();
  if (!args.includes('--check')) {
    fs.writeFileSync(file, notices());
  } else if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== notices()) {
    throw new Failure('THIRD-PARTY.md is not what the pins say: run node tools/build/notices.mjs');
  }
}

if (isMain(import.meta.url)) main(process.argv.slice(2)).catch(exitWith);
