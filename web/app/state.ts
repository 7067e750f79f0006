// The page's state: what it is, and one small atom that holds it.
//
// SPDX-License-Identifier: MIT
import type { ClassifierInfo, ClassifyResult, ResnetError } from '../api/index.js';

/** Where the model stands. `name` is a file's or the list's name for it. */
export type ModelState =
  | { kind: 'looking' }
  | { kind: 'none' }
  | { kind: 'loading'; name: string; loadedBytes: number; totalBytes: number | undefined }
  | { kind: 'preparing'; name: string }
  | { kind: 'ready'; name: string; info: ClassifierInfo; builtIn: boolean }
  | { kind: 'failed'; name: string; error: ResnetError };

/** Where the photo stands. `url` is the preview's. */
export type PhotoState =
  | { kind: 'empty' }
  | { kind: 'waiting'; name: string; url: string }
  | { kind: 'busy'; name: string; url: string }
  | { kind: 'done'; name: string; url: string; result: ClassifyResult }
  | { kind: 'failed'; name: string; url: string; error: ResnetError };

export interface PageState {
  model: ModelState;
  photo: PhotoState;
}

/** A value that tells its listeners when it changes. */
export class Atom<Value extends object> {
  #value: Value;
  readonly #listeners: ((value: Value) => void)[] = [];

  constructor(value: Value) {
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }

  /** Replaces some of the fields. */
  update(change: Partial<Value>): void {
    this.#value = { ...this.#value, ...change };
    for (const listener of this.#listeners) listener(this.#value);
  }

  /** Calls `listener` now and at every change. */
  watch(listener: (value: Value) => void): void {
    this.#listeners.push(listener);
    listener(this.#value);
  }
}
