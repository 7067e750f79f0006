// Bundles the page's service worker, with the list of all files that it keeps and their hashes.
//
// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { headers } from './policy.mjs';
import { root } from './run.mjs';

const worker = 'service-worker.js';

/** For the page in `folder`, as it is now: anything that is changed there afterwards will be refused as damaged. */
export async function bundleServiceWorker(folder) {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: [{ in: 'web/app/offline/service_worker.ts', out: path.parse(worker).name }],
    outdir: folder,
    bundle: true,
    format: 'iife', // not all browsers take modules here
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    logLevel: 'warning',
    define: {
      'process.env.NODE_ENV': '"production"', // Workbox says in the console what it does, otherwise
      precachedFiles: JSON.stringify(precachedFiles(folder)),
      addedHeaders: JSON.stringify(headers),
    },
  });
}

/** Every file but the models, which the package keeps, and the worker itself, which the browser keeps. */
function precachedFiles(folder) {
  const names = fs.readdirSync(folder, { recursive: true }).map((name) => name.split(path.sep).join('/')).sort();
  return names.filter((name) => name !== worker && !name.startsWith('models/') && fs.statSync(path.join(folder, name)).isFile()).map((name) => {
    const hash = createHash('sha256').update(fs.readFileSync(path.join(folder, name))).digest();
    return {
      url: name.split('/').map(encodeURIComponent).join('/'),
      revision: hash.toString('hex').slice(0, 16),
      integrity: `sha256-${hash.toString('base64')}`,
    };
  });
}
