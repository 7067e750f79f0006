// What the photos really show, worked out again only where the photos, the labels or the model are others than before.
//
// SPDX-License-Identifier: MIT
import type { Batch } from './batch.js';
import type { LabelsFile } from './labels_file.js';
import { truthOf, type Truth } from './truth.js';

export function truthKeeper(batch: Batch): (labels: readonly LabelsFile[]) => Truth | undefined {
  let known: Truth | undefined;
  let before: unknown[] = [];
  return (labels) => {
    const now = [batch.items[0], batch.items.length, batch.model, labels];
    if (now.some((value, i) => value !== before[i])) known = batch.model && truthOf(batch.items, labels, batch.model.info);
    before = now;
    return known;
  };
}
