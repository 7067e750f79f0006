// Bundles the TypeScript of web/ with Emscripten's glue into dist/package and dist/app.
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { metaPolicy } from './policy.mjs';
import { Failure, inBuild, root, run } from './run.mjs';

export const dist = (...parts) => path.join(root, 'dist', ...parts);
const builds = ['simd', 'relaxed'];

/** Needs both wasm presets to be built. */
export async function bundlePackage() {
  await bundle({ index: 'web/api/index.ts', worker: 'web/api/worker.ts' }, dist('package'));
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'web/api/tsconfig.json']);
  const manifest = { ...packageManifest(), files: ['*.js', '*.wasm', 'types', 'THIRD-PARTY.md'] };
  fs.writeFileSync(dist('package/package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const name of ['LICENSE', 'THIRD-PARTY.md'].filter((file) => fs.existsSync(path.join(root, file)))) {
    fs.copyFileSync(path.join(root, name), dist('package', name));
  }
}

/** Likewise. */
export async function bundleApp() {
  await bundle({ main: 'web/app/main.ts', worker: 'web/api/worker.ts' }, dist('app'));
  const html = fs.readFileSync(path.join(root, 'web/app/index.html'), 'utf8');
  fs.writeFileSync(dist('app/index.html'), html.replace('%CONTENT_SECURITY_POLICY%', metaPolicy));
  for (const name of ['styles.css', 'icon.svg']) fs.copyFileSync(path.join(root, 'web/app', name), dist('app', name));
  // The page asks for its models; whoever hosts it adds some.
  fs.mkdirSync(dist('app/models'));
  fs.writeFileSync(dist('app/models/index.json'), '{"models": []}\n');
}

/** One folder with scripts and wasm files. What the page's and the worker's script share is a file of its own. */
async function bundle(entryPoints, folder) {
  // Not at the top: in a fresh clone this file is loaded before the set-up has installed the package.
  const { build } = await import('esbuild');
  fs.rmSync(folder, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    logLevel: 'warning',
    alias: { 'resnet-glue': sharedGlue() },
  });
  for (const name of builds) fs.copyFileSync(inBuild(`wasm-${name}/resnet.wasm`), path.join(folder, `resnet-${name}.wasm`));
}

/** The glue, which must be the same for both builds: the package holds it once. */
function sharedGlue() {
  const [glue, ...others] = builds.map((build) => inBuild(`wasm-${build}/resnet.mjs`));
  const text = fs.readFileSync(glue, 'utf8');
  for (const other of others) {
    if (fs.readFileSync(other, 'utf8') !== text) throw new Failure(`${glue} and ${other} differ: one glue must serve both builds`);
  }
  if (/\beval\(|new Function|\bimport\(/.test(text)) throw new Failure(`${glue} holds dynamic code`);
  return glue;
}

function packageManifest() {
  const { version, license, description, engines } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const own = (name) => ({ [`./${name}`]: `./${name}` });
  return {
    name: 'resnet-wasm',
    version,
    description,
    license,
    type: 'module',
    sideEffects: ['./worker.js'],
    exports: {
      '.': { types: './types/index.d.ts', default: './index.js' },
      ...own('worker.js'),
      ...own('resnet-simd.wasm'),
      ...own('resnet-relaxed.wasm'),
      ...own('package.json'),
    },
    engines,
  };
}
