// The package as its users get it: packed, and installed into build/consumers, the folder that all consumers share.
//
// SPDX-License-Identifier: MIT
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { dist } from '../../tools/build/bundle.mjs';
import { inBuild } from '../../tools/build/run.mjs';

export const inConsumers = (...parts) => inBuild('consumers', ...parts);
export const tarball = inConsumers('resnet-wasm.tgz');
/** Of the installed package. */
export const installed = (...parts) => inConsumers('node_modules/resnet-wasm', ...parts);

/** Packs dist/package and installs what comes out, without a network: it depends on nothing. At once where it is there already. */
export function installPackage() {
  const made = fs.statSync(dist('package/package.json'), { throwIfNoEntry: false });
  if (made === undefined) throw new Error('dist/package is not there: run npm run build');
  if (fs.existsSync(installed()) && fs.statSync(tarball).mtimeMs > made.mtimeMs) return;
  fs.rmSync(inConsumers(), { recursive: true, force: true });
  fs.mkdirSync(inConsumers(), { recursive: true });
  fs.writeFileSync(inConsumers('package.json'), JSON.stringify({ name: 'consumers', private: true, type: 'module' }));
  const [{ filename }] = JSON.parse(npm('pack', dist('package'), '--json'));
  fs.renameSync(inConsumers(filename), tarball);
  npm('install', tarball, '--offline', '--no-save', '--no-audit', '--no-fund');
}

function npm(...args) {
  return execFileSync('npm', args, { cwd: inConsumers(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
