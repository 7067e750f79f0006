// What becomes of files that come in: photos are looked at, labels files read, and the rest is told of.
//
// SPDX-License-Identifier: MIT
import type { PickedFile } from '../files.js';
import { strings } from '../strings.js';
import type { Batch } from './batch.js';
import { readLabelsFile, type LabelsFile } from './labels_file.js';
import { sortedFiles } from './sorted_files.js';

/** What can be said of them. */
export interface IntakeVoice {
  /** Something about files that have just come; '': nothing. */
  note(text: string): void;
  /** Why a labels file cannot be used; undefined: nothing is wrong. */
  refuse(name: string, error: unknown): void;
}

export class Intake {
  /** A new array whenever there is one more. */
  labels: readonly LabelsFile[] = [];
  readonly #batch: Batch;
  readonly #voice: IntakeVoice;
  readonly #changed: () => void;

  constructor(batch: Batch, voice: IntakeVoice, changed: () => void) {
    this.#batch = batch;
    this.#voice = voice;
    this.#changed = changed;
  }

  async take(files: readonly PickedFile[]): Promise<void> {
    const { many: words } = strings;
    const { photos, labels, leftOut } = sortedFiles(files);
    this.#voice.note(leftOut > 0 ? words.leftOut(leftOut) : photos.length + labels.length === 0 ? words.nothing : '');
    this.#batch.add(photos);
    this.#changed();
    if (labels.length > 0) await this.takeLabels(labels);
  }

  async takeLabels(files: readonly PickedFile[]): Promise<void> {
    this.#voice.refuse('', undefined);
    for (const picked of files) {
      try {
        this.labels = [...this.labels, await readLabelsFile(picked)];
        if (this.#batch.items.length === 0) this.#voice.note(strings.many.labelsFirst);
      } catch (error) {
        this.#voice.refuse(picked.path, error);
      }
    }
    this.#changed();
  }

  clear(): void {
    this.labels = [];
    this.#voice.note('');
    this.#voice.refuse('', undefined);
    this.#batch.clear();
  }
}
