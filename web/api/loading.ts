// Loading: picks a build, starts an engine, feeds it the model, and has it prove itself.
//
// SPDX-License-Identifier: MIT
import { platform } from 'resnet-platform';
import { LocalPort } from './local_port.js';
import { asResnetError, ResnetError } from './errors.js';
import { buildsToTry, type Build, type BuildChoice, type WasmFile } from './features.js';
import type { CacheOption } from './model_cache.js';
import { openModel, type ModelSource, type ModelStream } from './model_source.js';
import type { EnginePort } from './protocol.js';
import { collect } from './streams.js';
import type { ModelInfo } from './wasm_module.js';
import { WorkerPort } from './worker_port.js';

/** First the download, then what comes between its last byte and the first picture. */
export interface LoadProgress {
  stage: 'download' | 'prepare';
  loadedBytes: number;
  /** Undefined where the server does not say it. */
  totalBytes: number | undefined;
  /** Of everything, 0..1, for a single bar; undefined where it cannot be told. */
  fraction: number | undefined;
}

/** How a model is loaded, and by what. */
export interface LoadOptions {
  /** Called as the model comes in, and while it is prepared. */
  onProgress?: ((progress: LoadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** What the whole model file must have, in hexadecimal. */
  sha256?: string | undefined;
  /** Whether the browser keeps a fetched model for the next time, and under which name. Default: `true`, as "resnet-wasm". */
  cache?: CacheOption | undefined;
  /** `false`: on the calling thread, which is then busy but for short breaks. Default: `true`. */
  worker?: boolean | undefined;
  /** Which WebAssembly build. Default: the quickest that works here. */
  build?: Build | 'auto' | undefined;
  /**
   * Threads of each layer; more than one only where the page is cross-origin isolated (COOP and COEP headers), otherwise one.
   * Default: one a processor core, at most four.
   */
  threads?: number | 'auto' | undefined;
  /** Where the package's files lie, if not beside its script. */
  wasmUrl?: Partial<Record<WasmFile, string | URL>> | undefined;
  workerUrl?: string | URL | undefined;
  threadsWorkerUrl?: string | URL | undefined;
  /** Modules that are compiled already, in place of addresses. */
  wasmModule?: Partial<Record<WasmFile, WebAssembly.Module>> | undefined;
}

/** What was loaded, and what does the work. */
export interface ClassifierInfo extends ModelInfo {
  build: Build;
  threads: number;
  /** Why that build with so many threads. */
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

// Of the bar, the rest is for packing the weights and the self-test.
const downloadShare = 0.9;
const packedShare = 0.95;

/** Errors: those of a model file, `io`, `unsupported_engine`; the signal's reason, or `cancelled` after an abort. */
export async function loadEngine(model: ModelSource, options: LoadOptions): Promise<LoadedEngine> {
  let unfit: Unfit | undefined;
  const { build = 'auto', threads = 'auto', worker = true } = options;
  checkThreads(threads);
  for (const choice of buildsToTry({ build, threads, worker })) {
    options.signal?.throwIfAborted(); // then the build before was not unfit, but ended
    const reason: string = unfit === undefined ? choice.reason : `${choice.reason}: ${unfit.error.message}`;
    const loaded = await tryBuild(model, { ...choice, reason }, options);
    if (!(loaded instanceof Unfit)) return loaded;
    unfit = loaded;
  }
  throw unfit?.error ?? new ResnetError('internal', 'there was no build to try');
}

async function tryBuild(model: ModelSource, choice: BuildChoice, options: LoadOptions): Promise<LoadedEngine | Unfit> {
  const { signal, worker = true, workerUrl, threadsWorkerUrl } = options;
  const threaded = choice.threads > 1;
  const port = worker ? new WorkerPort(threaded ? threadsWorkerUrl : workerUrl, threaded) : new LocalPort();
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
  port: EnginePort, model: ModelSource, choice: BuildChoice, options: LoadOptions & { worker: boolean },
): Promise<LoadedEngine | Unfit> {
  const { signal, sha256, cache = true, onProgress, worker } = options;
  // The module is fetched and compiled while the model's server thinks about its answer.
  const started = start(port, choice, options);
  const onBytes = (loadedBytes: number, totalBytes: number | undefined) =>
    onProgress?.({ stage: 'download', loadedBytes, totalBytes, fraction: totalBytes && downloadShare * (loadedBytes / totalBytes) });
  const open = () => openModel(model, { onBytes, signal, sha256, cache });
  let stream = await open();
  const prepared = (fraction: number) =>
    onProgress?.({ stage: 'prepare', loadedBytes: stream.totalBytes, totalBytes: stream.totalBytes, fraction });
  const take = async () => {
    await feed(port, stream);
    prepared(downloadShare);
    return port.call('finishModel', {});
  };
  let info: ModelInfo;
  try {
    const unfit = await started;
    if (unfit !== undefined) return unfit;
    info = await take().catch(async (error: unknown) => {
      // The copy in the cache may be the bad one: once more, from the server.
      if (!isBadFile(error) || !(await stream.forget())) throw error;
      stream.close();
      stream = await open();
      return take();
    });
  } finally {
    stream.close();
  }
  prepared(packedShare);
  if (!(await port.call('selfTest', {}))) return new Unfit(selfTestError(choice.build));
  prepared(1);
  const { build, threads, reason: buildReason } = choice;
  return { port, info: { ...info, build, threads, buildReason, worker, modelBytes: stream.totalBytes } };
}

async function start(port: EnginePort, { build, threads }: BuildChoice, options: LoadOptions): Promise<Unfit | undefined> {
  try {
    await port.call('start', { wasm: await wasmOf(threads > 1 ? `${build}-threads` : build, options), threads });
    return undefined;
  } catch (error) {
    return new Unfit(asResnetError(error));
  }
}

/** The module, or its address for the worker to fetch. */
async function wasmOf(file: WasmFile, { wasmModule, wasmUrl }: LoadOptions): Promise<string | WebAssembly.Module> {
  if (wasmModule?.[file] !== undefined) return wasmModule[file];
  const url = wasmUrl?.[file] ?? platform.wasmUrl(file);
  const local = platform.openFile(url);
  if (local !== undefined) return WebAssembly.compile(await collect(local.pieces));
  // The engine's worker would resolve it against its own address, not against that of the page or worker that asks.
  return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href;
}

async function feed(port: EnginePort, { pieces, totalBytes, sha256 }: ModelStream): Promise<void> {
  await port.call('beginModel', { totalBytes, sha256 });
  // One piece is read while the one before it is taken in; no more, so that a slow engine is not buried.
  let taken: Promise<void> = Promise.resolve();
  for await (const chunk of pieces) {
    await taken;
    taken = port.call('appendModel', { chunk });
    taken.catch(() => undefined); // it is looked at in the next round
  }
  await taken;
}

const isBadFile = (error: unknown) =>
  error instanceof ResnetError && ['truncated', 'not_a_model', 'bad_model', 'unsupported_model', 'wrong_architecture'].includes(error.code);

function checkThreads(threads: number | 'auto'): void {
  if (threads === 'auto' || (Number.isInteger(threads) && threads >= 1)) return;
  throw new ResnetError('bad_argument', `threads is ${threads}; expected a whole number from 1 on, or "auto"`);
}

function selfTestError(build: Build): ResnetError {
  return new ResnetError('bad_model', `the ${build} build did not give the scores that the model file has recorded for its test picture; `
    + 'the file is damaged, or this browser computes wrongly');
}
