// Engine: drives the WebAssembly engine, in a worker or on the calling thread.
//
// SPDX-License-Identifier: MIT
import { asResnetError, ResnetError } from './errors.js';
import type { Args, CallName, CallResult, EnginePort, Handlers, RunResult } from './protocol.js';
import { Turns } from './turns.js';
import { startEngine, type Failure, type WasmEngine } from './wasm_module.js';

// How long a thread works before it looks at its events: an abort must be seen, and a page must stay alive.
const turnMs = 15;
// Larger pieces of a model are cut up, so that the module's memory grows by this and not by a whole file.
const chunkBytes = 4 << 20;

export class Engine implements Handlers {
  #wasm: WasmEngine | undefined;
  readonly #turns = new Turns();

  async start({ wasmUrl }: Args<'start'>): Promise<void> {
    this.#wasm = await startEngine(wasmUrl);
  }

  async beginModel({ totalBytes }: Args<'beginModel'>): Promise<void> {
    this.#do((wasm) => wasm.beginModel(totalBytes));
  }

  async appendModel({ chunk }: Args<'appendModel'>): Promise<void> {
    for (let start = 0; start < chunk.byteLength; start += chunkBytes) {
      this.#do((wasm) => wasm.appendModel(chunk.subarray(start, start + chunkBytes)));
    }
  }

  async finishModel(): Promise<CallResult<'finishModel'>> {
    this.#do((wasm) => wasm.finishModel());
    return this.#do((wasm) => wasm.info());
  }

  async selfTest(): Promise<boolean> {
    return this.#do((wasm) => wasm.selfTest());
  }

  async run({ image, options }: Args<'run'>, signal?: AbortSignal): Promise<RunResult> {
    throwIfCancelled(signal);
    const { picture } = options;
    if (image.kind === 'file') this.#do((wasm) => wasm.beginBytes(image.bytes, picture));
    else this.#do((wasm) => wasm.beginPixels(image.bytes, image.width, image.height, image.channels, picture));
    await this.#runLayers(signal);
    const result: RunResult = this.#do((wasm) => wasm.finish(options.result));
    const index = options.heatmap === true ? result.predictions[0]?.index : options.heatmap;
    if (typeof index === 'number') result.heatmap = { index, ...this.#do((wasm) => wasm.heatMap(index)) };
    if (options.embedding) result.embedding = this.#do((wasm) => wasm.embedding());
    return result;
  }

  async heapBytes(): Promise<number> {
    return this.#do((wasm) => wasm.heapBytes());
  }

  end(): void {
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
    if (this.#wasm === undefined) throw new ResnetError('internal', 'the engine has not been started, or has ended');
    let result: T | Failure;
    try {
      result = work(this.#wasm);
    } catch (error) {
      this.#wasm = undefined; // after a trap nothing in it can be relied upon
      throw new ResnetError('internal', `the WebAssembly engine stopped: ${asResnetError(error).message}`);
    }
    if (isFailure(result)) throw new ResnetError(result.error.code, result.error.message);
    return result;
  }
}

/** An engine on the calling thread. */
export class LocalPort implements EnginePort {
  readonly #engine = new Engine();

  call<Name extends CallName>(name: Name, args: Args<Name>, signal?: AbortSignal): Promise<CallResult<Name>> {
    const handlers: Handlers = this.#engine;
    return handlers[name](args, signal);
  }

  end(): void {
    this.#engine.end();
  }
}

function isFailure(result: unknown): result is Failure {
  return typeof result === 'object' && result !== null && 'error' in result;
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ResnetError('cancelled', 'the work was cancelled');
}
