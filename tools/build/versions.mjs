// What the package was made of: libraries, compilers, bundler. The same whatever the repository's history.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { bundled } from './notices.mjs';
import { inBuild, root } from './run.mjs';
import { readPins } from './third_party.mjs';

/** The Emscripten that links the WebAssembly files, as emscripten.mjs has chosen it. */
export const emscriptenFolder = () => fs.readFileSync(inBuild('toolchain/emscripten-root'), 'utf8').trim();

/** What versions.json says. Both need Emscripten to be set up, and the npm packages. */
export function versions(emscripten) {
  const { version, devDependencies: pinned } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const pins = readPins().filter(({ usedBy }) => usedBy === 'core');
  const libraries = pins.map(({ name, version: pinnedVersion, git }) => [name, { version: pinnedVersion, commit: git.commit }]);
  const scripts = bundled.map(({ name }) => [name, { version: pinned[name] }]);
  return {
    'resnet-wasm': version,
    libraries: Object.fromEntries([...libraries, ...scripts]),
    tools: { emscripten: emscriptenVersion(emscripten), esbuild: pinned.esbuild, typescript: pinned.typescript },
  };
}

function emscriptenVersion(folder) {
  return fs.readFileSync(path.join(folder, 'emscripten-version.txt'), 'utf8').match(/\d+\.\d+\.\d+/)?.[0];
}
