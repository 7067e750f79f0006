// Which photos are shown, and in which order.
//
// SPDX-License-Identifier: MIT
import { isDoubtful } from '../doubt.js';
import { bestOf, type Item } from './item.js';

export const sortings = ['order', 'name', 'most', 'least', 'label'] as const;
export const kinds = ['all', 'sure', 'doubtful', 'failed', 'wrong'] as const;

export interface Arrangement {
  /** Part of the best class's label. */
  label: string;
  /** That the best class has at least, 0..1. */
  leastScore: number;
  /** `wrong`: what is known to show something else. */
  kind: (typeof kinds)[number];
  sorting: (typeof sortings)[number];
}

export const everything: Arrangement = { label: '', leastScore: 0, kind: 'all', sorting: 'order' };

export interface Known {
  /** Of the model; 0 without one. */
  classes: number;
  truth: ReadonlyMap<Item, number> | undefined;
}

export function arranged(items: readonly Item[], arrangement: Arrangement, known: Known): Item[] {
  const shown = items.filter((item) => passes(item, arrangement, known));
  return arrangement.sorting === 'order' ? shown : shown.sort(comparisons[arrangement.sorting]);
}

function passes(item: Item, { label, leastScore, kind }: Arrangement, known: Known): boolean {
  const best = bestOf(item);
  if (label !== '' && !best?.label.toLowerCase().includes(label.toLowerCase())) return false;
  if (leastScore > 0 && !(best !== undefined && best.score >= leastScore)) return false;
  switch (kind) {
    case 'all': return true;
    case 'failed': return item.outcome?.kind === 'failed';
    case 'wrong': return isWrong(item, known.truth);
    default: return best !== undefined && isDoubtful(best.score, known.classes) === (kind === 'doubtful');
  }
}

export function isWrong(item: Item, truth: Known['truth']): boolean {
  const best = bestOf(item);
  const index = truth?.get(item);
  return best !== undefined && index !== undefined && best.index !== index;
}

const names = new Intl.Collator('en', { numeric: true });
const byOrder = (a: Item, b: Item) => a.order - b.order;
/** What has no answer comes last, whatever the order of the others. */
const answeredFirst = (a: Item, b: Item) => Number(bestOf(a) === undefined) - Number(bestOf(b) === undefined);
const scoreOf = (item: Item) => bestOf(item)?.score ?? 0;

const comparisons: Record<Exclude<Arrangement['sorting'], 'order'>, (a: Item, b: Item) => number> = {
  name: (a, b) => names.compare(a.path, b.path) || byOrder(a, b),
  most: (a, b) => answeredFirst(a, b) || scoreOf(b) - scoreOf(a) || byOrder(a, b),
  least: (a, b) => answeredFirst(a, b) || scoreOf(a) - scoreOf(b) || byOrder(a, b),
  label: (a, b) => answeredFirst(a, b) || names.compare(bestOf(a)?.label ?? '', bestOf(b)?.label ?? '') || scoreOf(b) - scoreOf(a) || byOrder(a, b),
};
