// The platform of a page in a single file, opened from a disk: nothing lies beside it, and nothing can be fetched.
//
// SPDX-License-Identifier: MIT
import { wasm, workerScript } from 'resnet-inlined';
import { ResnetError } from './errors.js';
import type { WasmFile } from './features.js';
import type { Platform } from './platform.js';
import { watched } from './platform_web.js';
import { read } from './streams.js';

const scheme = 'resnet-inlined:';
let script: string | undefined;

export const platform: Platform = {
  startWorker(_url, _threads, name, events) {
    script ??= URL.createObjectURL(new Blob([workerScript], { type: 'text/javascript' }));
    // A classic one: of modules, browsers want to know an origin, which a file on a disk has not.
    return watched(new Worker(script, { name }), events);
  },

  wasmUrl: (file) => new URL(scheme + file),

  openFile(address) {
    const name = String(address);
    if (!name.startsWith(scheme)) return undefined;
    const packed = wasm[name.slice(scheme.length) as WasmFile];
    if (packed === undefined) throw new ResnetError('io', 'a page in a single file has no threads');
    const bytes = Uint8Array.from(atob(packed), (digit) => digit.charCodeAt(0));
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return { name, totalBytes: bytes.byteLength, pieces: read(unpacked, name), base: name };
  },
};
