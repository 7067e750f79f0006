// The WebAssembly module as TypeScript sees it (src/wasm/bindings.cc), and how it is fetched and started.
//
// SPDX-License-Identifier: MIT
import type { ModuleOptions } from 'resnet-glue';
import type createModule from 'resnet-glue';
import { looksLikeHtml, refusal, ResnetError, webPageMessage, type ErrorCode } from './errors.js';

/** An Error of the library, as it comes back in place of a value. */
export interface Failure {
  error: { code: ErrorCode; message: string };
}
type Done = Record<string, never>;

/** A part of a picture, in fractions of its upright sides. */
export interface Region {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Milliseconds. */
export interface Timing {
  decode: number;
  preprocess: number;
  inference: number;
  total: number;
}

/** A class, and how sure the network is of it. */
export interface Prediction {
  /** The class, from 0. */
  index: number;
  label: string;
  /** 0..1; over all classes they add up to 1. */
  score: number;
}

/** What a model file says of its network. */
export interface ModelInfo {
  /** For instance `resnet50`. */
  architecture: string;
  /** Where a block's stride stands: `torchvision` or `keras`. */
  variant: string;
  precision: 'f32' | 'f16' | 'i8';
  /** Of 8-bit models: `7` is the faster kind, `8` a little nearer to floats. Empty for the others. */
  activationBits: '' | '7' | '8' | 'mixed';
  classes: number;
  /** Side of the square that the network sees, in pixels. */
  inputSize: number;
  embeddingSize: number;
  /** One per class, or none. */
  labels: string[];
  /** One per class, or none: names in another system, such as ImageNet's `n02123045`. */
  labelIds: string[];
  /** Free text from the model file; empty where it is not known. */
  name: string;
  licence: string;
  source: string;
  accuracy: string;
}

/** What the library takes; undefined leaves its own default. */
export interface WasmPictureOptions {
  /** Left, top, right, bottom. */
  regionOfInterest: number[] | undefined;
  rotationDegrees: number | undefined;
  ignoreOrientation: boolean | undefined;
  maxBytes: number | undefined;
  maxPixels: number | undefined;
}
export interface WasmResultOptions {
  maxResults: number | undefined;
  scoreThreshold: number | undefined;
  allow: string[] | undefined;
  deny: string[] | undefined;
}

export interface Classification {
  predictions: Prediction[];
  timing: Timing;
  /** Of the picture, upright. */
  width: number;
  height: number;
  /** What the network saw of it; may reach outside 0..1 where the crop is larger than the picture. */
  crop: Region;
}

/** Where a class shows in what the network saw of the picture: see `crop`. */
export interface HeatGrid {
  /** Side of the square grid. */
  size: number;
  /** Rows from the top. */
  values: Float32Array;
}

/** One engine in the module's memory. Every array that it returns is a copy. */
export interface WasmEngine {
  beginModel(totalBytes: number): void;
  appendModel(bytes: Uint8Array): Done | Failure;
  finishModel(threads: number): Done | Failure;
  selfTest(): boolean | Failure;
  info(): ModelInfo;
  beginBytes(bytes: Uint8Array, options: WasmPictureOptions): Done | Failure;
  beginPixels(pixels: Uint8Array, width: number, height: number, channels: number, options: WasmPictureOptions): Done | Failure;
  step(): boolean | Failure;
  finish(options: WasmResultOptions): Classification | Failure;
  heatMap(classIndex: number): HeatGrid | Failure;
  embedding(): Float32Array;
  heapBytes(): number;
  delete(): void;
}

interface WasmModule {
  Engine: new () => WasmEngine;
}

/** Emscripten's part: one for all builds without threads, another one for those with them. @internal */
export type Glue = typeof createModule;

/** What a build with threads needs besides. */
export interface Pool {
  /** Threads besides the calling one. */
  size: number;
  /** A script that imports the glue, which then sees by the worker's name that it is one of the pool. */
  script: string;
}

/**
 * Starts a module, which is fetched where it is an address. Errors: `io` where the file is not there; the engine's own where it
 * refuses it. Its declaration would lead the package's users to the glue, of which they have no types.
 * @internal
 */
export async function startEngine(glue: Glue, wasm: string | WebAssembly.Module, pool: Pool | undefined): Promise<WasmEngine> {
  const compiled = typeof wasm === 'string' ? await compile(wasm) : wasm;
  const module = await new Promise<WasmModule>((resolve, reject) => {
    // Emscripten's own loader would guess the file's address; and it drops the reason of a failure.
    const instantiateWasm: ModuleOptions['instantiateWasm'] = (imports, receive) => {
      WebAssembly.instantiate(compiled, imports).then((instance) => receive(instance, compiled), reject);
      return {};
    };
    const threads = pool && { poolSize: pool.size, mainScriptUrlOrBlob: pool.script };
    glue<WasmModule>({ instantiateWasm, ...threads }).then(resolve, reject);
  });
  return new module.Engine();
}

async function compile(wasmUrl: string): Promise<WebAssembly.Module> {
  const response = await fetch(wasmUrl).catch((error: unknown) => {
    throw new ResnetError('io', `${wasmUrl}: ${String(error)}`);
  });
  if (!response.ok) throw refusal(wasmUrl, response);
  // Compiling while it loads works only where the server names the type.
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('application/wasm')) return WebAssembly.compileStreaming(response);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (looksLikeHtml(bytes)) throw new ResnetError('io', webPageMessage(wasmUrl, 'a WebAssembly file'));
  return WebAssembly.compile(bytes);
}
