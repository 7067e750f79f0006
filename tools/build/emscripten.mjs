// Provides Emscripten: an emcc on the PATH that is new enough, else Debian 13's package, unpacked into build/toolchain.
//
// The package needs newer C libraries than Debian 12 has, and its binaryen too; they are unpacked beside it, and every
// binaryen program is started through that C library's own loader. The same works on Debian 13. LLVM 19, which both
// releases have, is installed as usual.
//
// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { downloadPackages, installPackages, isDebian, unpackPackage } from './debian.mjs';
import { Failure, inBuild, placeWhole, run, say, succeeds, which } from './run.mjs';

const oldest = [3, 1, 60];
const release = 'trixie';
const emscriptenVersion = '3.1.69+dfsg-3';
const emscriptenSha256 = 'd2ac788b952c56ab6736b4db2ac0825aa63cfb4c08b8abaefe19e324779d1b2d';
const binaryenPackages = ['binaryen', 'libc6', 'libstdc++6', 'libgcc-s1'];
// Of 1.6 GB, what no build of ours links: libraries for link-time optimisation, position-independent code, another file system.
const unused = ['*/lto', '*/pic', '*/libwasmfs*', './usr/share/emscripten/test', './usr/share/doc'];

const folder = inBuild('toolchain/emscripten');
const rootFile = inBuild('toolchain/emscripten-root'); // one line, read by cmake/wasm-toolchain.cmake

/** Makes Emscripten available to cmake/wasm-toolchain.cmake. */
export async function setUpEmscripten() {
  const onPath = emccOnPath();
  if (onPath !== undefined) return remember(onPath);
  const ownRoot = path.join(folder, 'usr/share/emscripten');
  if (!fs.existsSync(path.join(ownRoot, 'emcc'))) {
    if (!isDebian()) {
      throw new Failure(`For the WebAssembly builds an emcc of version ${oldest.join('.')} or newer must be on the PATH: install emsdk.`);
    }
    await install();
  }
  if (isDebian()) installPackages(['clang-19', 'lld-19', 'llvm-19', 'python3'], 'the WebAssembly builds');
  remember(ownRoot);
}

function remember(emscriptenRoot) {
  const line = `${emscriptenRoot}\n`;
  if (fs.existsSync(rootFile) && fs.readFileSync(rootFile, 'utf8') === line) return;
  fs.mkdirSync(path.dirname(rootFile), { recursive: true });
  fs.writeFileSync(rootFile, line);
}

/** The folder that holds the emcc on the PATH, where that is new enough. Its version stands in a file beside it. */
function emccOnPath() {
  const emcc = which('emcc');
  if (emcc === undefined) return undefined;
  const emscriptenRoot = path.dirname(fs.realpathSync(emcc));
  const file = path.join(emscriptenRoot, 'emscripten-version.txt');
  if (!fs.existsSync(file)) return undefined;
  const version = fs.readFileSync(file, 'utf8').match(/\d+\.\d+\.\d+/)?.[0].split('.').map(Number);
  return version !== undefined && !isOlder(version, oldest) ? emscriptenRoot : undefined;
}

function isOlder(a, b) {
  const index = a.findIndex((part, i) => part !== b[i]);
  return index >= 0 && a[index] < b[index];
}

async function install() {
  say(`fetching Emscripten ${emscriptenVersion} (237 MB) from Debian ${release}; a minute or two`);
  const packages = inBuild('toolchain/packages');
  fs.rmSync(packages, { recursive: true, force: true });
  fs.mkdirSync(packages, { recursive: true });
  downloadPackages(release, [`emscripten=${emscriptenVersion}`, 'node-acorn', ...binaryenPackages], packages);
  const file = (name) => path.join(packages, fs.readdirSync(packages).find((entry) => entry.startsWith(`${name}_`)));
  const found = createHash('sha256').update(fs.readFileSync(file('emscripten'))).digest('hex');
  if (found !== emscriptenSha256) throw new Failure(`${file('emscripten')}: sha256 is ${found}, expected ${emscriptenSha256}`);

  say('unpacking Emscripten');
  await placeWhole(folder, (temporary) => {
    unpackPackage(file('emscripten'), temporary, unused);
    unpackPackage(file('node-acorn'), temporary);
    for (const name of binaryenPackages) unpackPackage(file(name), path.join(temporary, 'binaryen'));
    wrapBinaryen(path.join(temporary, 'binaryen'));
    // Emscripten's JavaScript optimiser imports acorn, which Debian keeps outside the folders where another Node looks.
    fs.symlinkSync('../nodejs', path.join(temporary, 'usr/share/emscripten/node_modules'));
    configure(path.join(temporary, 'usr/share/emscripten'));
  });
  fs.rmSync(packages, { recursive: true });
}

/** Puts a wrapper in BINARYEN/bin for each program of the package, which runs it with the C library that it was built for. */
function wrapBinaryen(binaryen) {
  const libraries = fs.readdirSync(path.join(binaryen, 'usr/lib')).find((name) => name.endsWith('-linux-gnu'));
  const loader = fs.readdirSync(path.join(binaryen, 'usr/lib', libraries)).find((name) => /^ld-linux.*\.so/.test(name));
  fs.mkdirSync(path.join(binaryen, 'bin'));
  for (const program of fs.readdirSync(path.join(binaryen, 'usr/bin'))) {
    const script = `#!/bin/sh
here=$(dirname "$(dirname "$0")")/usr
exec "$here/lib/${libraries}/${loader}" --library-path "$here/lib/${libraries}" "$here/bin/${program}" "$@"
`;
    fs.writeFileSync(path.join(binaryen, 'bin', program), script, { mode: 0o755 });
  }
}

/** Adds our settings to the configuration file of the package, where a later line wins. */
function configure(emscriptenRoot) {
  const node = [process.execPath];
  // With relaxed SIMD, a link with Embind runs the module, and Node 20 has those instructions behind a flag.
  const flag = '--experimental-wasm-relaxed-simd';
  if (succeeds(process.execPath, [flag, '-e', '0'])) node.push(flag);
  const lines = [
    `BINARYEN_ROOT = ${JSON.stringify(path.join(folder, 'binaryen'))}`,
    `NODE_JS = ${JSON.stringify(node)}`,
  ];
  fs.appendFileSync(path.join(emscriptenRoot, '.emscripten'), `\n${lines.join('\n')}\n`);
  // Its .js files are CommonJS; without a package.json of their own, Node would read them as our package's: ES modules.
  fs.writeFileSync(path.join(emscriptenRoot, 'package.json'), '{"type": "commonjs"}\n');
}
