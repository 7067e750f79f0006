// Provides what builds and tests need: compilers, third-party sources, Emscripten, a browser, npm packages.
//
//   node tools/build/setup.mjs [native] [emscripten] [browser] [firefox] [npm] [check]     all of them when none is named
//
// Every script calls the parts that it needs. A part that is there already costs a few milliseconds. Nothing is changed
// outside the project's ignored folders (build, node_modules) except by installing Debian packages.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { installPackages, isDebian } from './debian.mjs';
import { setUpEmscripten } from './emscripten.mjs';
import { exitWith, Failure, isMain, root, run, say, which } from './run.mjs';
import { setUpThirdParty } from './third_party.mjs';

export const parts = {
  native: setUpNative,
  emscripten: setUpWasm,
  browser: setUpBrowser,
  firefox: setUpFirefox,
  npm: setUpNpm,
  check: setUpChecks,
};

/** What the importers are linked with, natively; cmake/third_party.cmake looks for the files. */
const importLibraries = [
  { package: 'libprotobuf-dev', file: 'google/protobuf/message_lite.h', name: 'protobuf (libprotobuf-lite with its headers)' },
  { package: 'protobuf-compiler', program: 'protoc', name: 'protoc' },
  { package: 'libhdf5-dev', file: 'hdf5.h', name: 'HDF5 (libhdf5 with its headers)' },
];

/** Sets up the named parts, in order. */
export async function setUp(...names) {
  for (const name of names) await parts[name]();
}

/** The native compilers and the third-party sources. */
export async function setUpNative() {
  setUpBuildTools(['libc6-dev', 'libclang-rt-19-dev', 'clang-19', 'lld-19', ...importLibraries.map(({ package: name }) => name)]);
  await setUpThirdParty();
}

/** Emscripten and the third-party sources. */
export async function setUpWasm() {
  setUpBuildTools([]);
  await setUpEmscripten();
  await setUpThirdParty();
}

function setUpBuildTools(compilers) {
  if (isDebian()) {
    installPackages(['cmake', 'ninja-build', 'ccache', 'xz-utils', 'ca-certificates', 'git', 'python3', ...compilers], 'building');
    return;
  }
  const missing = ['cmake', 'ninja', 'git', 'tar', 'xz', 'python3'].filter((program) => which(program) === undefined);
  if (compilers.length > 0) missing.push(...importLibraries.filter((library) => !hasLibrary(library)).map(({ name }) => name));
  if (compilers.length > 0 && !['c++', 'clang++', 'clang++-19'].some(which)) missing.push('a C++20 compiler (clang 19 is what we use)');
  if (missing.length > 0) {
    throw new Failure(`Not on Debian 12 or later, so please install yourself: ${missing.join(', ')}.\n`
      + 'CMake must be 3.25 or newer; ccache is used where it is present.');
  }
}

/** A guess by the usual folders: CMake has the last word, and names what it misses. */
function hasLibrary({ file, program }) {
  if (program !== undefined) return which(program) !== undefined;
  const folders = ['/usr/include', '/usr/local/include', '/opt/homebrew/include', '/usr/include/hdf5/serial'];
  return folders.some((folder) => fs.existsSync(path.join(folder, file)));
}

/** Debian's Chromium and a font for the browser tests; elsewhere CHROMIUM=FILE names one. */
export async function setUpBrowser() {
  if (chromium() !== undefined) return;
  if (!isDebian()) throw new Failure('For the browser tests install Chromium, or name a Chromium or Chrome program in CHROMIUM.');
  installPackages(['chromium', 'fonts-dejavu-core'], 'the browser tests');
}

/** The path of the browser for the tests, or undefined. */
export function chromium() {
  return process.env.CHROMIUM || ['chromium', 'chromium-browser', 'google-chrome'].map(which).find(Boolean);
}

/** Debian's Firefox; elsewhere FIREFOX=FILE names one. */
export async function setUpFirefox() {
  if (firefox() !== undefined) return;
  if (!isDebian()) throw new Failure('For the Firefox tests install Firefox, or name its program in FIREFOX.');
  installPackages(['firefox-esr', 'fonts-dejavu-core'], 'the Firefox tests');
}

/** The path of Firefox for the tests, or undefined. */
export function firefox() {
  return process.env.FIREFOX || ['firefox-esr', 'firefox'].map(which).find(Boolean);
}

/** npm packages as locked, unless they are there already. */
export async function setUpNpm() {
  const lock = path.join(root, 'package-lock.json');
  const installed = path.join(root, 'node_modules/.package-lock.json');
  if (!fs.existsSync(lock)) return;
  if (fs.existsSync(installed) && fs.statSync(installed).mtimeMs >= fs.statSync(lock).mtimeMs) return;
  say('installing npm packages');
  // The browser is Debian's: Playwright must not download one.
  run('npm', ['ci', '--no-audit', '--no-fund'], { env: { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' } });
  // npm keeps the time of an unchanged file; this one says when it last looked.
  fs.utimesSync(installed, new Date(), new Date());
}

/** What `npm run check` needs: the formatter, in the version whose output counts, and TypeScript. */
export async function setUpChecks() {
  await setUpNpm();
  if (which('clang-format-19') !== undefined) return;
  if (!isDebian()) throw new Failure('To check the formatting, clang-format-19 must be on the PATH.');
  installPackages(['clang-format-19'], 'checking the formatting');
}

async function main(names) {
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0) throw new Failure(`unknown part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  const started = Date.now();
  await setUp(...(names.length > 0 ? names : Object.keys(parts)));
  say(`ready (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

if (isMain(import.meta.url)) main(process.argv.slice(2)).catch(exitWith);
