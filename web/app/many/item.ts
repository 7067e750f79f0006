// One photo of many: where it comes from, and what became of it.
//
// SPDX-License-Identifier: MIT
import type { Prediction, ResnetError } from '../../api/index.js';
import type { PickedFile } from '../files.js';

export interface Item extends PickedFile {
  /** Its place among all that were given. */
  readonly order: number;
  /** Undefined: not looked at yet. */
  outcome: Outcome | undefined;
}

export type Outcome =
  /** `scores`: those of all classes, where they are kept. */
  | { kind: 'done'; top: readonly Prediction[]; scores: Float32Array | undefined; ms: number }
  | { kind: 'failed'; error: ResnetError };

/** What a photo shows most likely, where that is known. */
export function bestOf({ outcome }: Item): Prediction | undefined {
  return outcome?.kind === 'done' ? outcome.top[0] : undefined;
}

/** The last part of its path. */
export const nameOf = ({ path }: Item) => path.slice(path.lastIndexOf('/') + 1);
