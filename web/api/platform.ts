// What differs between browsers and Node: how a worker is started, and what an address may be.
//
// The bundler puts platform_web.ts, platform_node.ts or platform_single.ts in the place of the module 'resnet-platform': tools/build/bundle.mjs.
// SPDX-License-Identifier: MIT
import type { WasmFile } from './features.js';
import type { ResnetError } from './errors.js';
import type { OpenPieces } from './streams.js';

export interface WorkerEvents {
  onMessage(data: unknown): void;
  /** It has ended, or could not be started. */
  onLost(error: ResnetError): void;
}

export interface WorkerHandle {
  post(message: unknown, transfer: Transferable[]): void;
  /** Whether an answer is awaited: a Node program must not end meanwhile, and may otherwise. */
  hold(waiting: boolean): void;
  terminate(): void;
}

export interface LocalFile {
  name: string;
  totalBytes: number;
  pieces: OpenPieces;
  /** What names beside it are relative to. */
  base: string;
}

export interface Platform {
  /** `threads`: the worker for builds with threads. `name`: the worker's own, which no other has. */
  startWorker(url: string | URL | undefined, threads: boolean, name: string, events: WorkerEvents): WorkerHandle;
  /** The file beside the package's scripts. */
  wasmUrl(file: WasmFile): URL;
  /** A file of this machine, or undefined where the address is one to fetch. Errors, while it is read: `io`. */
  openFile(address: string | URL): LocalFile | undefined;
}
