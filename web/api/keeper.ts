// EngineKeeper: a loaded engine that is replaced when it has ended, whoever ended it.
//
// SPDX-License-Identifier: MIT
import { ResnetError } from './errors.js';
import { loadEngine, type ClassifierInfo, type LoadedEngine, type LoadOptions } from './loading.js';
import type { ModelSource } from './model_source.js';
import type { EnginePort } from './protocol.js';

export class EngineKeeper {
  readonly info: Readonly<ClassifierInfo>;
  readonly #model: ModelSource;
  readonly #options: LoadOptions;
  #loaded: Promise<LoadedEngine> | undefined;
  #ended: ResnetError | undefined;

  private constructor(model: ModelSource, options: LoadOptions, loaded: LoadedEngine) {
    this.#model = model;
    // A later load is not the one that the caller watched. It takes the build that has proved itself.
    this.#options = { ...options, build: loaded.info.build, threads: loaded.info.threads, signal: undefined, onProgress: undefined };
    this.#loaded = Promise.resolve(loaded);
    this.info = loaded.info;
  }

  /** Errors: as loadEngine. */
  static async load(model: ModelSource, options: LoadOptions): Promise<EngineKeeper> {
    return new EngineKeeper(model, options, await loadEngine(model, options));
  }

  /** What `work` does with the engine; done once more with a new one where the engine ended meanwhile. Errors: `worker_lost`. */
  async use<T>(work: (port: EnginePort) => Promise<T>): Promise<T> {
    try {
      return await this.#try(work);
    } catch (error) {
      if (!isLoss(error) || this.#ended !== undefined) throw error;
    }
    try {
      return await this.#try(work);
    } catch (error) {
      if (!isLoss(error)) throw error;
      throw new ResnetError('worker_lost', `the engine ended twice over this call: ${error.message}`);
    }
  }

  /** Gives the engine's memory back; calls under way and later ones reject with `reason`. */
  end(reason: ResnetError): void {
    this.#ended = reason;
    void this.#loaded?.then(({ port }) => port.end(), () => undefined);
  }

  async #try<T>(work: (port: EnginePort) => Promise<T>): Promise<T> {
    if (this.#ended !== undefined) throw this.#ended;
    const loading = this.#loaded ??= this.#replace();
    try {
      return await work((await loading).port);
    } catch (error) {
      if (isLoss(error) && this.#loaded === loading) {
        this.#loaded = undefined;
        void loading.then(({ port }) => port.end(), () => undefined);
      }
      throw error;
    }
  }

  async #replace(): Promise<LoadedEngine> {
    try {
      const loaded = await loadEngine(this.#model, this.#options);
      if (this.#ended !== undefined) loaded.port.end();
      return loaded;
    } catch (error) {
      this.#loaded = undefined; // the next call tries again
      throw error;
    }
  }
}

const isLoss = (error: unknown): error is ResnetError => error instanceof ResnetError && error.code === 'worker_lost';
