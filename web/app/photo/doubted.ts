// Whether a photo probably shows none of what the model knows.
//
// SPDX-License-Identifier: MIT
import { isDoubtful } from '../doubt.js';
import type { Session } from '../session.js';
import type { PhotoState } from './photo_state.js';

/** How many classes the model knows, where the photo probably shows none of them; else undefined. */
export function doubtedClasses({ ready }: Session, photo: PhotoState): number | undefined {
  const best = photo.kind === 'done' ? photo.result.predictions[0] : undefined;
  if (best === undefined || ready === undefined) return undefined;
  return isDoubtful(best.score, ready.info.classes) ? ready.info.classes : undefined;
}
