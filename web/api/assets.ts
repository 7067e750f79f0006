// The files beside this script. Each address is one literal `new URL`, which bundlers see and copy.
//
// SPDX-License-Identifier: MIT
import type { Build } from './features.js';

export function wasmUrl(build: Build): URL {
  return build === 'relaxed'
    ? new URL('./resnet-relaxed.wasm', import.meta.url)
    : new URL('./resnet-simd.wasm', import.meta.url);
}

export function startWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'resnet-wasm' });
}
