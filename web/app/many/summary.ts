// What several photos show together: the mean of their scores, and how often each class was the best one.
//
// SPDX-License-Identifier: MIT
import type { Prediction } from '../../api/index.js';
import { labelOf, type Classes } from '../parts/class_names.js';
import { shownResults } from '../parts/results.js';
import { bestOf, type Item } from './item.js';

export interface Vote {
  index: number;
  label: string;
  photos: number;
}

export interface Summary {
  /** Photos with an answer. */
  answered: number;
  /** Photos whose scores are in the mean. */
  averaged: number;
  /** The classes with the highest means, best first. */
  averages: Prediction[];
  /** Classes that were the best one, most frequent first; among equals the one with the lower number. */
  votes: Vote[];
}

export function summaryOf(items: readonly Item[], model: Classes): Summary {
  const sums = new Float64Array(model.classes);
  const counts = new Map<number, number>();
  let answered = 0;
  let averaged = 0;
  for (const item of items) {
    const best = bestOf(item);
    if (item.outcome?.kind !== 'done' || best === undefined) continue;
    ++answered;
    counts.set(best.index, (counts.get(best.index) ?? 0) + 1);
    const { scores } = item.outcome;
    if (scores === undefined) continue;
    ++averaged;
    for (let i = 0; i < scores.length; ++i) sums[i] = (sums[i] ?? 0) + (scores[i] ?? 0);
  }
  const votes = [...counts].map(([index, photos]) => ({ index, label: labelOf(model, index), photos }));
  votes.sort((a, b) => b.photos - a.photos || a.index - b.index);
  return { answered, averaged, averages: averaged === 0 ? [] : means(sums, averaged, model), votes };
}

function means(sums: Float64Array, photos: number, model: Classes): Prediction[] {
  const all = Array.from(sums, (sum, index) => ({ index, score: sum / photos }));
  all.sort((a, b) => b.score - a.score || a.index - b.index);
  return all.slice(0, shownResults).map(({ index, score }) => ({ index, label: labelOf(model, index), score }));
}
