// What the bundler puts in under these names: tools/build/bundle.mjs.
//
// SPDX-License-Identifier: MIT

/** The JavaScript that Emscripten writes beside the wasm file. */
declare module 'resnet-glue' {
  export interface ModuleOptions {
    instantiateWasm(imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void): object;
    /** Ours: see cmake/wasm.cmake. */
    poolSize?: number;
    mainScriptUrlOrBlob?: string;
  }
  export default function createModule<Module>(options: ModuleOptions): Promise<Module>;
}

/** Of the builds with threads. A script that imports it takes part in a pool where its worker's name says so. */
declare module 'resnet-glue-threads' {
  export { default } from 'resnet-glue';
}

/** platform_web.ts, platform_node.ts or platform_single.ts. */
declare module 'resnet-platform' {
  export const platform: import('./platform.js').Platform;
}

/** What a page in a single file has in itself: tools/build/single.mjs. */
declare module 'resnet-inlined' {
  export const workerScript: string;
  /** By gzip, then in base64. */
  export const wasm: Partial<Record<import('./features.js').WasmFile, string>>;
}

/** In Node, and nowhere else. */
declare const setImmediate: ((work: () => void) => unknown) | undefined;

// The few parts of Node that platform_node.ts and worker_node.ts use; @types/node would give all of it to the browser's files too.
declare module 'node:fs' {
  interface FileHandle {
    stat(): Promise<{ size: number; isFile(): boolean }>;
    read(buffer: Uint8Array, offset: number, length: number): Promise<{ bytesRead: number }>;
    close(): Promise<void>;
  }
  export const promises: { open(path: string | URL): Promise<FileHandle>; readFile(path: string | URL): Promise<Uint8Array> };
  export function statSync(path: string | URL, options: { throwIfNoEntry: false }): { size: number; isFile(): boolean } | undefined;
}
declare module 'node:url' {
  export function pathToFileURL(path: string): URL;
}
declare module 'node:worker_threads' {
  export class Worker {
    constructor(url: string | URL, options: { name: string; execArgv: string[] });
    postMessage(message: unknown, transfer: Transferable[]): void;
    on(event: 'message', listener: (data: unknown) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'exit', listener: (status: number) => void): this;
    unref(): void;
    ref(): void;
    terminate(): Promise<number>;
  }
  export const parentPort: {
    postMessage(message: unknown, transfer: Transferable[]): void;
    on(event: 'message', listener: (data: unknown) => void): void;
  } | null;
}
