// Writes THIRD-PARTY.md from the pins and the licence files of what they pin: node tools/build/notices.mjs [--check]
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { exitWith, Failure, inBuild, isMain, root } from './run.mjs';
import { readPins, setUpThirdParty } from './third_party.mjs';

const file = path.join(root, 'THIRD-PARTY.md');

const heading = `# Third-party software

What is pinned in [cmake/third-party.json](cmake/third-party.json), why, and under which licence. None of its source is in this repository.
What is marked "core" is part of the WebAssembly files and of the program; "tools" of the program alone; "tests" of neither.
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

const developmentPackages = `
The class names in [models/imagenet-labels.tsv](models/imagenet-labels.tsv), and with them in every model file that \`npm run model\` makes, are WordNet 3.0's:
[models/README.md](models/README.md) has its licence.

For building and testing, from the npm registry: TypeScript (Apache-2.0; the language), esbuild (MIT; bundles in a second), Playwright (Apache-2.0; drives the
browser in tests). From Debian, untouched: clang, CMake, Ninja, ccache, Emscripten, Chromium. For training: PyTorch, NumPy, Pillow, Matplotlib.

`;


function licenceText(name) {
  const licence = inBuild('third_party', name, 'LICENSE');
  if (!fs.existsSync(licence)) throw new Failure(`${licence}: there is no licence file`);
  return fs.readFileSync(licence, 'utf8').trim();
}

export function notices() {
  const pins = readPins();
  const rows = pins.map(({ name, version, licence, usedBy, why }) => `| ${name} | ${version} | ${licence} | ${usedBy} | ${why} |`);
  const fence = '```';
  const texts = pins.filter(({ usedBy }) => usedBy !== 'tests').map(({ name }) => `## ${name}\n\n${fence}\n${licenceText(name)}\n${fence}\n`);
  return `${heading}| name | version | licence | part of | why |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n${systemLibraries}${developmentPackages}${texts.join('\n')}`;
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
