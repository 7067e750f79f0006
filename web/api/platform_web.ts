// The platform in browsers. Each file is addressed by one literal `new URL`, which bundlers see and copy.
//
// SPDX-License-Identifier: MIT
import { ResnetError } from './errors.js';
import type { Platform, WorkerEvents, WorkerHandle } from './platform.js';

export const platform: Platform = {
  startWorker(url, threads, name, events) {
    return watched(newWorker(url, threads, name), events);
  },

  wasmUrl(file) {
    switch (file) {
      case 'simd': return new URL('./resnet-simd.wasm', import.meta.url);
      case 'relaxed': return new URL('./resnet-relaxed.wasm', import.meta.url);
      case 'simd-threads': return new URL('./resnet-simd-threads.wasm', import.meta.url);
      case 'relaxed-threads': return new URL('./resnet-relaxed-threads.wasm', import.meta.url);
    }
  },

  openFile: () => undefined,
};

function newWorker(url: string | URL | undefined, threads: boolean, name: string): Worker {
  if (url !== undefined) return new Worker(url, { type: 'module', name });
  if (threads) return new Worker(new URL('./worker-threads.js', import.meta.url), { type: 'module', name });
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name });
}

export function watched(worker: Worker, { onMessage, onLost }: WorkerEvents): WorkerHandle {
  worker.onmessage = ({ data }: MessageEvent<unknown>) => onMessage(data);
  worker.onmessageerror = () => onLost(new ResnetError('worker_lost', 'a message of the worker could not be read'));
  worker.onerror = ({ message }) => onLost(message
    ? new ResnetError('worker_lost', `the worker failed: ${message}`)
    // Browsers say nothing more where it is the script that could not be loaded.
    : new ResnetError('io', 'the worker could not be started; check that worker.js is there, beside the wasm files'));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    hold: () => undefined, // pages do not end by themselves
    terminate: () => worker.terminate(),
  };
}
