// The platform in Node: worker_threads, and files of this machine.
//
// SPDX-License-Identifier: MIT
import { promises as fs, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ResnetError } from './errors.js';
import type { Platform } from './platform.js';
import { pieceBytes, type OpenPieces } from './streams.js';

export const platform: Platform = {
  startWorker(url, _threads, name, { onMessage, onLost }) {
    const worker = newWorker(url, name);
    worker.unref();
    worker.on('message', onMessage);
    worker.on('error', (error) => onLost(new ResnetError('worker_lost', `the worker failed: ${error.message}`)));
    worker.on('exit', (status) => onLost(new ResnetError('worker_lost', `the worker ended (${status})`)));
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      hold: (waiting) => (waiting ? worker.ref() : worker.unref()),
      terminate: () => void worker.terminate(),
    };
  },

  wasmUrl: (file) => (file === 'relaxed'
    ? new URL('./resnet-relaxed.wasm', import.meta.url)
    : new URL('./resnet-simd.wasm', import.meta.url)),

  openFile(address) {
    const url = fileUrl(address);
    if (url === undefined) return undefined;
    const stat = statOf(url, String(address));
    return { name: String(address), totalBytes: stat.size, pieces: pieces(url, String(address)), base: url.href };
  },
};

function newWorker(url: string | URL | undefined, name: string): Worker {
  // Without the program's own flags: "--input-type", for one, is an error in a worker.
  const options = { name, execArgv: [] };
  // Two calls: of an address that does not stand alone, Next's bundler says that it may be any file of the package.
  return url === undefined ? new Worker(new URL('./worker-node.js', import.meta.url), options) : new Worker(url, options);
}

/** The file: address of a path or of such an address; undefined for one to fetch. */
function fileUrl(address: string | URL): URL | undefined {
  const text = String(address);
  if (/^file:/i.test(text)) return new URL(text);
  return /^[a-z][a-z0-9+.-]+:/i.test(text) ? undefined : pathToFileURL(text);
}

function statOf(url: URL, name: string): { size: number } {
  let stat;
  try {
    stat = statSync(url, { throwIfNoEntry: false });
  } catch (error) {
    throw new ResnetError('io', `${name}: ${String(error)}`);
  }
  if (stat?.isFile() !== true) throw new ResnetError('io', `${name}: there is no such file`);
  return stat;
}

async function* pieces(url: URL, name: string): OpenPieces {
  const file = await fs.open(url).catch((error: unknown) => {
    throw new ResnetError('io', `${name}: ${String(error)}`);
  });
  try {
    for (;;) {
      const buffer = new Uint8Array(pieceBytes);
      const { bytesRead } = await file.read(buffer, 0, pieceBytes);
      if (bytesRead === 0) return;
      yield bytesRead === pieceBytes ? buffer : buffer.slice(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
