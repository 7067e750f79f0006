// Engine: drives the WebAssembly engine, in a worker or on the calling thread.
//
// SPDX-License-Identifier: MIT
import { decodeInBrowser, pixelsOf } from './bitmap.js';
import { asResnetError, disposed, ResnetError } from './errors.js';
import type { Args, CallResult, EngineImage, Handlers, RunOptions, RunResult } from './protocol.js';
import { Sha256Check } from './sha256.js';
import { Turns } from './turns.js';
import { startEngine, type Failure, type Glue, type WasmEngine } from './wasm_module.js';

// How long a thread works before it looks at its events: an abort must be seen, and a page must stay alive.
const turnMs = 15;
// Larger pieces of a model are cut up, so that the module's memory grows by this and not by a whole file.
const chunkBytes = 4 << 20;

export class Engine implements Handlers {
  readonly #glue: Glue;
  readonly #script: string;
  readonly #turns = new Turns();
  #wasm: WasmEngine | undefined;
  #check: Sha256Check | undefined;
  #threads = 1;
  #ended = false;

  /** `script`: of the worker, where its glue is that of the builds with threads. */
  constructor(glue: Glue, script = '') {
    this.#glue = glue;
    this.#script = script;
  }

  async start({ wasm, threads }: Args<'start'>): Promise<void> {
    this.#threads = threads;
    this.#wasm = await startEngine(this.#glue, wasm, threads > 1 ? { size: threads - 1, script: this.#script } : undefined);
  }

  async beginModel({ totalBytes, sha256 }: Args<'beginModel'>): Promise<void> {
    this.#check = sha256 === undefined ? undefined : new Sha256Check(sha256);
    this.#do((wasm) => wasm.beginModel(totalBytes));
  }

  async appendModel({ chunk }: Args<'appendModel'>): Promise<void> {
    this.#check?.update(chunk);
    for (let start = 0; start < chunk.byteLength; start += chunkBytes) {
      this.#do((wasm) => wasm.appendModel(chunk.subarray(start, start + chunkBytes)));
    }
  }

  async finishModel(): Promise<CallResult<'finishModel'>> {
    this.#check?.finish();
    this.#do((wasm) => wasm.finishModel(this.#threads));
    return this.#do((wasm) => wasm.info());
  }

  async selfTest(): Promise<boolean> {
    return this.#do((wasm) => wasm.selfTest());
  }

  async run({ image, options }: Args<'run'>, signal?: AbortSignal): Promise<RunResult> {
    throwIfCancelled(signal);
    const from = performance.now();
    const decodedBy = await this.#begin(image, options.picture);
    const begun = performance.now() - from;
    await this.#runLayers(signal);
    const result: RunResult = { ...this.#do((wasm) => wasm.finish(options.result)), decodedBy };
    if (decodedBy === 'browser') addDecoding(result.timing, begun);
    const index = options.heatmap === true ? result.predictions[0]?.index : options.heatmap;
    if (typeof index === 'number') result.heatmap = { index, ...this.#do((wasm) => wasm.heatMap(index)) };
    if (options.embedding) result.embedding = this.#do((wasm) => wasm.embedding());
    return result;
  }

  /** Decodes, scales and crops; tells whose decoder it was. */
  async #begin(image: EngineImage, options: RunOptions['picture']): Promise<RunResult['decodedBy']> {
    if (image.kind === 'bitmap') return this.#beginBitmap(image.bitmap, options);
    if (image.kind === 'pixels') {
      this.#do((wasm) => wasm.beginPixels(image.bytes, image.width, image.height, image.channels, options));
      return 'caller';
    }
    try {
      this.#do((wasm) => wasm.beginBytes(image.bytes, options));
      return 'resnet-wasm';
    } catch (error) {
      const known = error instanceof ResnetError && ['not_an_image', 'unsupported_image'].includes(error.code);
      const bitmap = known ? await decodeInBrowser(image.bytes) : undefined;
      if (bitmap === undefined) throw error;
      return this.#beginBitmap(bitmap, options);
    }
  }

  #beginBitmap(bitmap: ImageBitmap, options: RunOptions['picture']): 'browser' {
    const { data, width, height } = pixelsOf(bitmap, options.maxPixels);
    this.#do((wasm) => wasm.beginPixels(data, width, height, 4, options));
    return 'browser';
  }

  async heapBytes(): Promise<number> {
    return this.#do((wasm) => wasm.heapBytes());
  }

  end(): void {
    this.#ended = true;
    this.#turns.end();
    this.#wasm = undefined; // its memory goes with it: nothing else refers to the module
  }

  async #runLayers(signal: AbortSignal | undefined): Promise<void> {
    let resumed = -Infinity; // decoding took its time: look before the first layer
    do {
      if (performance.now() - resumed >= turnMs) {
        await this.#turns.yield();
        throwIfCancelled(signal);
        resumed = performance.now();
      }
    } while (this.#do((wasm) => wasm.step()));
  }

  /** Calls into the module; its errors, and a trap, become exceptions here. */
  #do<T>(work: (wasm: WasmEngine) => T | Failure): T {
    if (this.#ended) throw disposed();
    if (this.#wasm === undefined) throw new ResnetError('internal', 'the engine has not been started, or has failed');
    let result: T | Failure;
    try {
      result = work(this.#wasm);
    } catch (error) {
      this.#wasm = undefined; // after a trap nothing in it can be relied upon
      throw new ResnetError('worker_lost', `the WebAssembly engine stopped: ${asResnetError(error).message}`);
    }
    if (isFailure(result)) throw new ResnetError(result.error.code, result.error.message);
    return result;
  }
}

function isFailure(result: unknown): result is Failure {
  return typeof result === 'object' && result !== null && 'error' in result;
}

/** The library has timed what it did itself: from the pixels on. */
function addDecoding(timing: RunResult['timing'], begunMs: number): void {
  const decode = Math.max(0, begunMs - timing.preprocess);
  timing.total += decode - timing.decode;
  timing.decode = decode;
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ResnetError('cancelled', 'the work was cancelled');
}
