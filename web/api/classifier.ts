// Classifier: the package's front. One model, calls in a queue, aborts that hold.
//
// SPDX-License-Identifier: MIT
// Users whose TypeScript has no Symbol.asyncDispose otherwise could not compile the package's types.
/// <reference lib="esnext.disposable" preserve="true" />
import { disposed, ResnetError, typed } from './errors.js';
import { defaultMaxImageBytes, readImage, type ImageSource } from './image.js';
import { EngineKeeper } from './keeper.js';
import type { ClassifierInfo, LoadOptions } from './loading.js';
import { inParallel, type AllOptions, type ImageOutcome } from './many.js';
import type { CacheOption } from './model_cache.js';
import { clearCache, isCached, type ModelSource } from './model_source.js';
import { classifyRun, embedRun, type ClassifyOptions, type EmbedOptions, type PictureOptions } from './options.js';
import type { ClassifyResult, RunOptions, RunResult } from './protocol.js';
import { abortable, Queue } from './queue.js';
import { frames, type FrameOutcome, type StreamSource } from './stream.js';
import { l2Normalized } from './vectors.js';

/**
 *     const classifier = await Classifier.load('model.safetensors');
 *     const { predictions } = await classifier.classify(file);
 *     classifier.dispose();
 */
export class Classifier {
  readonly info: Readonly<ClassifierInfo>;
  readonly #engine: EngineKeeper;
  readonly #queue = new Queue();
  readonly #disposal = new AbortController();

  private constructor(engine: EngineKeeper) {
    this.#engine = engine;
    this.info = engine.info;
  }

  /**
   * The model stays referred to, for the case that the engine has to be replaced: a Blob or an address costs no memory by it,
   * an ArrayBuffer does. Errors: those of a model file, `io`, `unsupported_engine`; the signal's reason.
   */
  static async load(model: ModelSource, options: LoadOptions = {}): Promise<Classifier> {
    return new Classifier(await abortable(typed(EngineKeeper.load(model, options)), options.signal));
  }

  /** Whether `load` would find the model, with all its parts, in the browser's cache. */
  static isCached(model: ModelSource, { cache = true }: { cache?: CacheOption } = {}): Promise<boolean> {
    return isCached(model, cache);
  }

  /** Takes a model, or without one all of them, out of the browser's cache. */
  static clearCache(model?: ModelSource, { cache = true }: { cache?: CacheOption } = {}): Promise<void> {
    return clearCache(model, cache);
  }

  /** The classes that a picture shows, best first. Errors: those of a picture file, `bad_argument`, `worker_lost`; the signal's reason. */
  async classify(image: ImageSource, options: ClassifyOptions = {}): Promise<ClassifyResult> {
    return this.#run(image, options, classifyRun(options));
  }

  /**
   * Many pictures, in their order: one that cannot be read yields its error, and the rest goes on. The next ones are read while
   * the network is busy, at most `concurrency` ahead of what has been taken. An abort ends it with the signal's reason.
   */
  classifyAll<Image extends ImageSource>(
    images: Iterable<Image> | AsyncIterable<Image>, options: ClassifyOptions & AllOptions = {},
  ): AsyncGenerator<ImageOutcome<Image, ClassifyResult>, void, undefined> {
    return inParallel(images, async (image) => this.#run(image, options, classifyRun(options), true), options);
  }

  /**
   * A video or a camera's track, as long as it lasts: each time the newest frame, so that results never lag behind; frames that
   * come while the network is busy are dropped. An abort ends it with the signal's reason, leaving the loop frees everything.
   */
  classifyStream(source: StreamSource, options: ClassifyOptions = {}): AsyncGenerator<FrameOutcome<ClassifyResult>, void, undefined> {
    return frames(source, (image) => this.classify(image, options), options.signal);
  }

  /** The picture as a point in a space where like pictures are near. Errors: as classify. */
  async embed(image: ImageSource, options: EmbedOptions = {}): Promise<Float32Array> {
    const { embedding } = await this.#run(image, options, embedRun(options));
    if (embedding === undefined) throw new ResnetError('internal', 'the engine gave no embedding');
    return options.l2Normalize === true ? l2Normalized(embedding) : embedding;
  }

  /** The engine's memory at present. It never shrinks: `dispose` gives it back. */
  heapBytes(): Promise<number> {
    return this.#queue.add(() => this.#engine.use((port) => port.call('heapBytes', {})));
  }

  /** Ends the worker and gives its memory back. Calls under way, and later ones, reject with code `cancelled`. */
  dispose(): void {
    const reason = disposed();
    this.#queue.close(reason);
    this.#disposal.abort(reason);
    this.#engine.end(reason);
  }

  /** For `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose();
  }

  /** `ahead`: read now and not when its turn comes. */
  async #run(image: ImageSource, options: PictureOptions, run: RunOptions, ahead = false): Promise<RunResult> {
    const { signal, maxImageBytes = defaultMaxImageBytes } = options;
    const read = () => readImage(image, { maxBytes: maxImageBytes, signal });
    // What the caller may change or close after the call is copied now; files wait for their turn.
    let early = ahead || !isLasting(image) ? read() : undefined;
    early?.catch(() => undefined); // it is looked at in its turn
    const result = this.#queue.add(() => typed(this.#engine.use(async (port) => {
      const picture = await (early ?? read());
      early = undefined; // handed over: where the engine is replaced, the picture is read again
      signal?.throwIfAborted();
      return port.call('run', { image: picture, options: run }, signal);
    })), signal);
    return abortable(result, this.#disposal.signal); // also where it waits for a picture's server
  }
}

function isLasting(image: ImageSource): boolean {
  return typeof image === 'string' || image instanceof URL || image instanceof Blob;
}
