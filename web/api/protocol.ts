// What the classifier asks of an engine, on its own thread or through a worker's messages.
//
// SPDX-License-Identifier: MIT
import type { WireError } from './errors.js';
import type { Classification, HeatGrid, ModelInfo, WasmPictureOptions, WasmResultOptions } from './wasm_module.js';

/** A picture on its way to the engine; the buffers are owned and handed over. */
export type EngineImage =
  | { kind: 'file'; bytes: Uint8Array<ArrayBuffer> }
  | { kind: 'pixels'; bytes: Uint8Array<ArrayBuffer>; width: number; height: number; channels: number };

export interface RunOptions {
  picture: WasmPictureOptions;
  result: WasmResultOptions;
  /** A class, or `true` for the best one. */
  heatmap: boolean | number;
  embedding: boolean;
}

export interface RunResult extends Classification {
  heatmap?: HeatGrid & { index: number };
  embedding?: Float32Array;
}

/** Every call: what goes in, what comes out. */
export interface Calls {
  start: { args: { wasmUrl: string }; result: void };
  beginModel: { args: { totalBytes: number }; result: void };
  appendModel: { args: { chunk: Uint8Array<ArrayBuffer> }; result: void };
  finishModel: { args: object; result: ModelInfo };
  /** Whether the model's recorded picture gives the recorded scores. */
  selfTest: { args: object; result: boolean };
  run: { args: { image: EngineImage; options: RunOptions }; result: RunResult };
  heapBytes: { args: object; result: number };
}
export type CallName = keyof Calls;
export type Args<Name extends CallName> = Calls[Name]['args'];
export type CallResult<Name extends CallName> = Calls[Name]['result'];

/** What an engine does for each call. `signal` aborts it at the next chance. */
export type Handlers = {
  [Name in CallName]: (args: Args<Name>, signal?: AbortSignal) => Promise<CallResult<Name>>;
};

/** An engine, wherever it runs. One call at a time: the caller queues. */
export interface EnginePort {
  call<Name extends CallName>(name: Name, args: Args<Name>, signal?: AbortSignal): Promise<CallResult<Name>>;
  /** Gives back its memory. Calls under way reject. */
  end(): void;
}

export type Request =
  | { [Name in CallName]: { type: 'call'; id: number; name: Name; args: Args<Name> } }[CallName]
  | { type: 'cancel'; id: number };

export type Reply =
  | { type: 'done'; id: number; result: CallResult<CallName> }
  | { type: 'failed'; id: number; error: WireError };

/** The buffers in `value` that can be handed over rather than copied. */
export function buffersOf(value: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.values(value).flatMap(buffersOf);
}
