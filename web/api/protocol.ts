// What the classifier asks of an engine, on its own thread or through a worker's messages.
//
// SPDX-License-Identifier: MIT
import type { WireError } from './errors.js';
import type { Classification, HeatGrid, ModelInfo, WasmPictureOptions, WasmResultOptions } from './wasm_module.js';

/** A picture on its way to the engine; the buffers are owned and handed over. */
export type EngineImage =
  | { kind: 'file'; bytes: Uint8Array<ArrayBuffer> }
  | { kind: 'pixels'; bytes: Uint8Array<ArrayBuffer>; width: number; height: number; channels: number }
  /** What the browser has decoded. */
  | { kind: 'bitmap'; bitmap: ImageBitmap };

export interface RunOptions {
  picture: WasmPictureOptions;
  result: WasmResultOptions;
  /** A class, or `true` for the best one. */
  heatmap: boolean | number;
  embedding: boolean;
}

/** What `classify` finds. */
export interface ClassifyResult extends Classification {
  /** Whose decoder read the picture: ours (JPEG, PNG, BMP), the browser's (other formats, elements, frames), or the caller's (pixels). */
  decodedBy: 'resnet-wasm' | 'browser' | 'caller';
  /** Where the class with this number shows, if that was asked. */
  heatmap?: HeatGrid & { index: number };
}

export interface RunResult extends ClassifyResult {
  embedding?: Float32Array;
}

/** Every call: what goes in, what comes out. */
export interface Calls {
  /** The module, or where it is. */
  start: { args: { wasm: string | WebAssembly.Module; threads: number }; result: void };
  beginModel: { args: { totalBytes: number; sha256: string | undefined }; result: void };
  appendModel: { args: { chunk: Uint8Array<ArrayBuffer> }; result: void };
  /** Checks what was appended and makes the network. */
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
  | { type: 'cancel'; id: number }
  | { type: 'ping' };

export type Reply =
  /** The end of the worker will show by itself: by the lock of its name, which it holds, or by its platform's word. */
  | { type: 'ready'; watch: 'lock' | 'platform' }
  | { type: 'pong' }
  | { type: 'done'; id: number; result: CallResult<CallName> }
  | { type: 'failed'; id: number; error: WireError };

/** What in `value` can be handed over rather than copied. */
export function transferables(value: unknown): Transferable[] {
  if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
  if (typeof ImageBitmap === 'function' && value instanceof ImageBitmap) return [value];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.values(value).flatMap(transferables);
}
