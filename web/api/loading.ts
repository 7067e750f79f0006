// Loading: picks a build, starts an engine, feeds it the model, and has it prove itself.
//
// SPDX-License-Identifier: MIT
import { startWorker, wasmUrl } from './assets.js';
import { openModel, type ModelSource } from './download.js';
import { LocalPort } from './engine.js';
import { asResnetError, ResnetError } from './errors.js';
import { buildsToTry, type Build, type BuildChoice } from './features.js';
import type { EnginePort } from './protocol.js';
import type { ModelInfo } from './wasm_module.js';
import { WorkerPort } from './worker_port.js';

/** First the download, then what comes between its last byte and the first picture. */
export type LoadProgress =
  | { stage: 'download'; loadedBytes: number; totalBytes: number | undefined }
  | { stage: 'prepare' };

export interface LoadOptions {
  onProgress?: ((progress: LoadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** `false`: on the calling thread, which is then busy but for short breaks. Default: `true`. */
  worker?: boolean | undefined;
  /** Which WebAssembly build. Default: the quickest that works here. */
  build?: Build | 'auto' | undefined;
}

export interface ClassifierInfo extends ModelInfo {
  build: Build;
  /** Why that build. */
  buildReason: string;
  /** Whether a worker does the work. */
  worker: boolean;
  /** Of the model file. */
  modelBytes: number;
}

export interface LoadedEngine {
  port: EnginePort;
  info: ClassifierInfo;
}

/** Why a build cannot be used here, while another one may. */
class Unfit {
  constructor(readonly error: ResnetError) {}
}

/** Errors: those of a model file, `io`, `unsupported_engine`; the signal's reason, or `cancelled` after an abort. */
export async function loadEngine(model: ModelSource, options: LoadOptions): Promise<LoadedEngine> {
  options.signal?.throwIfAborted();
  let unfit: Unfit | undefined;
  for (const choice of buildsToTry(options.build ?? 'auto')) {
    const reason: string = unfit === undefined ? choice.reason : `${choice.reason}: ${unfit.error.message}`;
    const loaded = await tryBuild(model, { build: choice.build, reason }, options);
    if (!(loaded instanceof Unfit)) return loaded;
    unfit = loaded;
  }
  throw unfit?.error ?? new ResnetError('internal', 'there was no build to try');
}

async function tryBuild(model: ModelSource, choice: BuildChoice, options: LoadOptions): Promise<LoadedEngine | Unfit> {
  const { signal, worker = true } = options;
  const port = worker ? new WorkerPort(startWorker()) : new LocalPort();
  const end = () => port.end();
  signal?.addEventListener('abort', end, { once: true });
  let loaded: LoadedEngine | Unfit | undefined;
  try {
    loaded = await loadInto(port, model, choice, { ...options, worker });
    return loaded;
  } finally {
    signal?.removeEventListener('abort', end);
    if (loaded === undefined || loaded instanceof Unfit) port.end();
  }
}

async function loadInto(
  port: EnginePort, model: ModelSource, { build, reason }: BuildChoice, options: LoadOptions & { worker: boolean },
): Promise<LoadedEngine | Unfit> {
  const { signal, onProgress, worker } = options;
  // The module is fetched and compiled while the model's server thinks about its answer.
  const started = start(port, build);
  const onBytes = (loadedBytes: number, totalBytes: number | undefined) =>
    onProgress?.({ stage: 'download', loadedBytes, totalBytes });
  const { pieces, totalBytes } = await openModel(model, onBytes, signal);
  const unfit = await started;
  if (unfit !== undefined) return unfit;
  await feed(port, pieces, totalBytes);
  onProgress?.({ stage: 'prepare' });
  const info = await port.call('finishModel', {});
  if (!(await port.call('selfTest', {}))) return new Unfit(selfTestError(build));
  return { port, info: { ...info, build, buildReason: reason, worker, modelBytes: totalBytes } };
}

async function start(port: EnginePort, build: Build): Promise<Unfit | undefined> {
  try {
    await port.call('start', { wasmUrl: wasmUrl(build).href });
    return undefined;
  } catch (error) {
    return new Unfit(asResnetError(error));
  }
}

async function feed(port: EnginePort, pieces: AsyncIterable<Uint8Array<ArrayBuffer>>, totalBytes: number): Promise<void> {
  await port.call('beginModel', { totalBytes });
  // One piece is read while the one before it is taken in; no more, so that a slow engine is not buried.
  let taken: Promise<void> = Promise.resolve();
  for await (const chunk of pieces) {
    await taken;
    taken = port.call('appendModel', { chunk });
    taken.catch(() => undefined); // it is looked at in the next round
  }
  await taken;
}

function selfTestError(build: Build): ResnetError {
  return new ResnetError('bad_model', `the ${build} build did not give the scores that the model file has recorded for its test picture; `
    + 'the file is damaged, or this browser computes wrongly');
}
