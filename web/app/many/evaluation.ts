// How many answers are right, and what is taken for what.
//
// SPDX-License-Identifier: MIT
import { bestOf, type Item } from './item.js';

export interface ClassCounts {
  /** Answered photos that show this class. */
  photos: number;
  right: number;
  /** Photos with this class among their best five. */
  inFive: number;
  /** Photos, of any class, that were said to show it. */
  said: number;
  /** How often each class was the answer. */
  answers: Map<number, number>;
}

export interface Evaluation {
  /** Answered photos whose class is known. */
  photos: number;
  right: number;
  inFive: number;
  /** Photos whose class is known, and that could not be read. */
  unreadable: number;
  /** The classes that occur, as truth or as answer, in their order. */
  classes: ReadonlyMap<number, ClassCounts>;
}

export interface Mistake {
  truth: number;
  answer: number;
  photos: number;
}

export function evaluate(truth: ReadonlyMap<Item, number>): Evaluation {
  const classes = new Map<number, ClassCounts>();
  const of = (index: number) => {
    const counts = classes.get(index) ?? { photos: 0, right: 0, inFive: 0, said: 0, answers: new Map<number, number>() };
    classes.set(index, counts);
    return counts;
  };
  let unreadable = 0;
  for (const [item, index] of truth) {
    const counts = of(index); // also before there is an answer: so the matrix keeps its size
    if (item.outcome?.kind === 'failed') ++unreadable;
    const best = bestOf(item);
    if (item.outcome?.kind !== 'done' || best === undefined) continue;
    ++counts.photos;
    if (best.index === index) ++counts.right;
    if (item.outcome.top.some((prediction) => prediction.index === index)) ++counts.inFive;
    counts.answers.set(best.index, (counts.answers.get(best.index) ?? 0) + 1);
    ++of(best.index).said;
  }
  const inOrder = [...classes].sort(([a], [b]) => a - b);
  const total = (what: 'photos' | 'right' | 'inFive') => inOrder.reduce((sum, [, counts]) => sum + counts[what], 0);
  return { photos: total('photos'), right: total('right'), inFive: total('inFive'), unreadable, classes: new Map(inOrder) };
}

/** What is taken for what, most frequent first. */
export function mistakes({ classes }: Evaluation): Mistake[] {
  const found = [...classes].flatMap(([truth, { answers }]) =>
    [...answers].filter(([answer]) => answer !== truth).map(([answer, photos]) => ({ truth, answer, photos })));
  return found.sort((a, b) => b.photos - a.photos || a.truth - b.truth || a.answer - b.answer);
}

/** The classes of a picture of the confusions: all that occur, or where those are more than `most`, up to `fewer` that are confused most. */
export function drawnClasses(evaluation: Evaluation, most: number, fewer: number): number[] {
  const all = [...evaluation.classes.keys()];
  if (all.length <= most) return all;
  const drawn = new Set<number>();
  for (const { truth, answer } of mistakes(evaluation)) {
    const added = Number(!drawn.has(truth)) + Number(!drawn.has(answer));
    if (drawn.size + added <= fewer) drawn.add(truth).add(answer);
  }
  return [...drawn].sort((a, b) => a - b);
}
