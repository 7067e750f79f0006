// What the photo panel shows.
//
// SPDX-License-Identifier: MIT
import type { ClassifyResult, Region, ResnetError } from '../../api/index.js';

interface Shown {
  name: string;
  /** The preview's address. */
  url: string;
  /** The part that is looked at, in fractions of the upright picture; undefined: all of it. */
  region: Region | undefined;
}

export type PhotoState =
  | { kind: 'empty' }
  | (Shown & { kind: 'waiting' | 'busy' })
  | (Shown & { kind: 'done'; result: ClassifyResult })
  | (Shown & { kind: 'failed'; error: ResnetError });

/** The same photo at another point of its way. */
export function shownOf({ name, url, region }: Exclude<PhotoState, { kind: 'empty' }>): Shown {
  return { name, url, region };
}
