// Bundles the TypeScript of web/ with Emscripten's glue into dist/package and dist/app.
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { builtInModel, placeModels } from './model_list.mjs';
import { packageNotices, pageNotices } from './notices.mjs';
import { bundleServiceWorker } from './offline.mjs';
import { metaPolicy } from './policy.mjs';
import { Failure, inBuild, root, run } from './run.mjs';
import { emscriptenFolder, versions } from './versions.mjs';

export const dist = (...parts) => path.join(root, 'dist', ...parts);
// Emscripten's part of each WebAssembly file: one for all without threads, one for all with them.
const glues = { 'resnet-glue': ['simd', 'relaxed'], 'resnet-glue-threads': ['simd-threads', 'relaxed-threads'] };
export const wasmFiles = Object.values(glues).flat();
const workers = { worker: 'web/api/worker.ts', 'worker-threads': 'web/api/worker_threads.ts' };

/** Needs all wasm presets to be built. */
export async function bundlePackage() {
  const folder = dist('package');
  fs.rmSync(folder, { recursive: true, force: true });
  // Each file whole in itself: some bundlers copy a worker's script and nothing that it imports.
  await bundle({ index: 'web/api/index.ts', ...workers }, folder, { splitting: false });
  await bundle({ node: 'web/api/index.ts', 'worker-node': 'web/api/worker_node.ts' }, folder, { splitting: false, platform: 'node' });
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'web/api/tsconfig.json']);
  keepPublicTypes(dist('package/types'));
  const emscripten = emscriptenFolder();
  const texts = {
    'package.json': json(packageManifest()),
    'versions.json': json(versions(emscripten)),
    'THIRD-PARTY.md': packageNotices(emscripten),
    'README.md': fs.readFileSync(path.join(root, 'web/api/README.md'), 'utf8'),
    LICENSE: fs.readFileSync(path.join(root, 'LICENSE'), 'utf8'),
  };
  for (const [name, text] of Object.entries(texts)) fs.writeFileSync(dist('package', name), text);
}

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;

/** What the public entry leads to; the other files describe what nobody can import. */
function keepPublicTypes(folder) {
  const reached = new Set();
  const reach = (name) => {
    if (reached.has(name)) return;
    reached.add(name);
    const text = fs.readFileSync(path.join(folder, name), 'utf8');
    for (const [, next] of text.matchAll(/['"]\.\/(\w+)\.js['"]/g)) reach(`${next}.d.ts`);
  };
  reach('index.d.ts');
  for (const name of fs.readdirSync(folder).filter((file) => !reached.has(file))) fs.rmSync(path.join(folder, name));
}

/** Likewise. What it makes is whole, for any server of files: the built-in model, where the repository has it, is in it. */
export async function bundleApp() {
  fs.rmSync(dist('app'), { recursive: true, force: true });
  await bundle({ main: 'web/app/main.ts', ...workers }, dist('app'), { splitting: true });
  const html = fs.readFileSync(path.join(root, 'web/app/index.html'), 'utf8');
  fs.writeFileSync(dist('app/index.html'), html.replace('%CONTENT_SECURITY_POLICY%', metaPolicy));
  fs.writeFileSync(dist('app/styles.css'), await stylesOf('web/app/styles.css'));
  for (const name of ['manifest.webmanifest', 'icons', 'samples']) {
    fs.cpSync(path.join(root, 'web/app', name), dist('app', name), { recursive: true, filter: (file) => !file.endsWith('.md') });
  }
  fs.writeFileSync(dist('app/THIRD-PARTY.txt'), pageNotices(emscriptenFolder()));
  await bundleServiceWorker(dist('app'));
  // The page asks for its models; whoever hosts it may put others there.
  placeModels(dist('app/models'), [builtInModel()].filter(Boolean));
}

/** A style sheet with all that it imports. */
export async function stylesOf(file) {
  const { build } = await import('esbuild');
  const { outputFiles: [{ text }] } = await build({
    absWorkingDir: root, entryPoints: [file], bundle: true, write: false, minify: true, charset: 'utf8', logLevel: 'warning',
  });
  return text;
}

/** Scripts and wasm files into a folder. `splitting`: what two scripts share is a file of its own. */
async function bundle(entryPoints, folder, { splitting, platform = 'web' }) {
  // Not at the top: in a fresh clone this file is loaded before the set-up has installed the package.
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: folder,
    bundle: true,
    splitting,
    format: 'esm',
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    logLevel: 'warning',
    external: ['node:*'],
    alias: aliases({ platform }),
  });
  for (const name of wasmFiles) fs.copyFileSync(inBuild(`wasm-${name}/resnet.wasm`), path.join(folder, `resnet-${name}.wasm`));
}

/** What stands behind the names that the sources import. */
export function aliases({ platform = 'web', edition = 'served' }) {
  return {
    ...sharedGlues(),
    'resnet-platform': path.join(root, `web/api/platform_${platform}.ts`),
    'resnet-edition': path.join(root, `web/app/edition/${edition}.ts`),
  };
}

/** The files of both glues. Each must be the same for its builds: the package holds it once. */
function sharedGlues() {
  return Object.fromEntries(Object.entries(glues).map(([name, builds]) => {
    const [glue, ...others] = builds.map((build) => inBuild(`wasm-${build}/resnet.mjs`));
    const text = fs.readFileSync(glue, 'utf8');
    for (const other of others) {
      if (fs.readFileSync(other, 'utf8') !== text) throw new Failure(`${glue} and ${other} differ: one glue must serve both builds`);
    }
    if (/\beval\(|new Function|\bimport\(/.test(text)) throw new Failure(`${glue} holds dynamic code`);
    return [name, glue];
  }));
}

/** Conditions are tried from the top: `types` first. */
function packageManifest() {
  const { version, license, description, engines } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const own = (names) => Object.fromEntries(names.map((name) => [`./${name}`, `./${name}`]));
  const scripts = [...Object.keys(workers), 'worker-node'].map((name) => `${name}.js`);
  return {
    name: 'resnet-wasm',
    version,
    description,
    license,
    type: 'module',
    sideEffects: scripts.map((name) => `./${name}`), // they are started, not imported
    // For tools that know no exports.
    main: './index.js',
    types: './types/index.d.ts',
    exports: {
      '.': { types: './types/index.d.ts', node: './node.js', default: './index.js' },
      ...own([...scripts, ...wasmFiles.map((name) => `resnet-${name}.wasm`), 'versions.json', 'package.json']),
    },
    files: ['*.js', '*.wasm', 'types', 'versions.json', 'THIRD-PARTY.md'],
    engines,
  };
}
