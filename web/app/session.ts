// The model that the page works with: finding one, loading it, replacing it.
//
// SPDX-License-Identifier: MIT
import { edition } from 'resnet-edition';
import { Classifier, ResnetError, type ClassifierInfo, type LoadProgress } from '../api/index.js';
import { Atom } from './atom.js';
import type { ServedModel } from './catalog.js';
import { remembered } from './remembered.js';
import { strings } from './strings.js';

/** Where the model stands. `name` is a file's or the list's name for it. */
export type ModelState =
  | { kind: 'looking' }
  | { kind: 'none' }
  | { kind: 'loading'; name: string; loadedBytes: number; totalBytes: number | undefined }
  | { kind: 'preparing'; name: string }
  | { kind: 'ready'; name: string; info: ClassifierInfo; builtIn: boolean; served: ServedModel | undefined; classifier: Classifier }
  | { kind: 'failed'; name: string; error: ResnetError };

export type ReadyModel = Extract<ModelState, { kind: 'ready' }>;

export class Session {
  readonly model = new Atom<ModelState>({ kind: 'looking' });
  /** The models beside the page; undefined until the list has come. */
  readonly served = new Atom<readonly ServedModel[] | undefined>(undefined);
  #loading = new AbortController();

  /** The model, where there is one that can be used now. */
  get ready(): ReadyModel | undefined {
    const { value } = this.model;
    return value.kind === 'ready' ? value : undefined;
  }

  /** Calls back whenever the model that can be used is another one, or there is none any more; not now. */
  onChange(changed: () => void): void {
    let before = this.ready?.classifier;
    this.model.watch(() => {
      const now = this.ready?.classifier;
      if (now === before) return;
      before = now;
      changed();
    });
  }

  /** Loads the served model that was chosen last, or else the first; a file that was chosen meanwhile goes before. */
  async begin(): Promise<void> {
    const { signal } = this.#loading;
    try {
      const served = await edition.models();
      this.served.set(served);
      if (signal.aborted) return;
      const [first] = served;
      const chosen = served.find(({ name }) => name === remembered.modelBeside(first?.name ?? '').get()) ?? first;
      if (chosen === undefined) this.model.set({ kind: 'none' });
      else await this.#load(chosen, chosen);
    } catch (error) {
      if (!signal.aborted) this.model.set({ kind: 'failed', name: strings.model.heading, error: toResnetError(error) });
    }
  }

  /** Replaces the model by one of those beside the page, which is then the first choice the next time. */
  async useServed(model: ServedModel): Promise<void> {
    remembered.modelBeside(this.served.value?.[0]?.name ?? '').set(model.name);
    await this.#load(model, model);
  }

  /** Replaces the model by a file of the user's. */
  async useFile(file: File): Promise<void> {
    await this.#load({ name: file.name, source: file, bytes: file.size, builtIn: false });
  }

  /** Replaces the model; a load or a classification under way is dropped. */
  async #load({ name, source, bytes, builtIn }: ServedModel, served?: ServedModel): Promise<void> {
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    const previous = this.ready?.classifier;
    this.model.set({ kind: 'loading', name, loadedBytes: 0, totalBytes: bytes });
    previous?.dispose();
    const onProgress = (progress: LoadProgress) => {
      if (!signal.aborted) this.model.set(underWay(name, progress));
    };
    try {
      const classifier = await Classifier.load(source, { signal, onProgress });
      const { info } = classifier;
      this.model.set({ kind: 'ready', name: info.name || name, info, builtIn, served, classifier });
    } catch (error) {
      if (!signal.aborted) this.model.set({ kind: 'failed', name, error: toResnetError(error) });
    }
  }
}

function underWay(name: string, { stage, loadedBytes, totalBytes }: LoadProgress): ModelState {
  return stage === 'prepare' ? { kind: 'preparing', name } : { kind: 'loading', name, loadedBytes, totalBytes };
}

/** Whatever went wrong, as an error with a code. */
export function toResnetError(error: unknown): ResnetError {
  if (error instanceof ResnetError) return error;
  return new ResnetError('internal', error instanceof Error ? error.message : String(error));
}
