// Classifier: the package's front. One model, calls in a queue, aborts that hold.
//
// SPDX-License-Identifier: MIT
import type { ModelSource } from './download.js';
import { ResnetError } from './errors.js';
import { defaultMaxImageBytes, readImage, type ImageSource } from './image.js';
import { loadEngine, type ClassifierInfo, type LoadedEngine, type LoadOptions } from './loading.js';
import { classifyRun, embedRun, type ClassifyOptions, type PictureOptions } from './options.js';
import type { EnginePort, RunOptions, RunResult } from './protocol.js';
import { abortable, Queue } from './queue.js';

export type ClassifyResult = Omit<RunResult, 'embedding'>;

/**
 *     const classifier = await Classifier.load('model.safetensors');
 *     const { predictions } = await classifier.classify(file);
 *     classifier.dispose();
 */
export class Classifier {
  readonly info: Readonly<ClassifierInfo>;
  readonly #port: EnginePort;
  readonly #queue = new Queue();

  private constructor({ port, info }: LoadedEngine) {
    this.#port = port;
    this.info = info;
  }

  /** Errors: those of a model file, `io`, `unsupported_engine`; the signal's reason. */
  static async load(model: ModelSource, options: LoadOptions = {}): Promise<Classifier> {
    return new Classifier(await abortable(loadEngine(model, options), options.signal));
  }

  /** The classes that a picture shows, best first. Errors: those of a picture file, `bad_argument`; the signal's reason. */
  classify(image: ImageSource, options: ClassifyOptions = {}): Promise<ClassifyResult> {
    return this.#run(image, options, () => classifyRun(options));
  }

  /** The picture as a point in a space where like pictures are near. Errors: as classify. */
  async embed(image: ImageSource, options: PictureOptions = {}): Promise<Float32Array> {
    const { embedding } = await this.#run(image, options, () => embedRun(options));
    if (embedding === undefined) throw new ResnetError('internal', 'the engine gave no embedding');
    return embedding;
  }

  /** The engine's memory at present. It never shrinks: `dispose` gives it back. */
  heapBytes(): Promise<number> {
    return this.#queue.add(() => this.#port.call('heapBytes', {}));
  }

  /** Ends the worker and gives its memory back. Calls under way, and later ones, reject with code `cancelled`. */
  dispose(): void {
    this.#queue.close(new ResnetError('cancelled', 'the classifier was disposed of'));
    this.#port.end();
  }

  #run(image: ImageSource, options: PictureOptions, runOptions: () => RunOptions): Promise<RunResult> {
    const { signal, maxImageBytes = defaultMaxImageBytes } = options;
    return this.#queue.add(async () => {
      const checked = runOptions();
      const bytes = await readImage(image, maxImageBytes);
      signal?.throwIfAborted();
      return this.#port.call('run', { image: bytes, options: checked }, signal);
    }, signal);
  }
}
