// How far the model is.
//
// SPDX-License-Identifier: MIT
import type { ModelState } from '../session.js';
import { bytes, wholePercent } from '../format.js';
import { strings } from '../strings.js';

/** What to wait for, or what is missing; undefined where the model is ready. */
export function modelHindrance(model: ModelState): string | undefined {
  const { status } = strings;
  if (model.kind === 'ready') return undefined;
  if (model.kind === 'failed') return status.modelFailed;
  if (model.kind === 'none') return status.noModel;
  return status.waiting(progressText(model));
}

/** In tenths: a screen reader is told of each change. */
function progressText(model: ModelState): string {
  if (model.kind === 'preparing') return strings.model.preparing;
  if (model.kind !== 'loading') return strings.model.looking;
  return model.totalBytes ? wholePercent(Math.floor((10 * model.loadedBytes) / model.totalBytes) / 10) : bytes(model.loadedBytes);
}
