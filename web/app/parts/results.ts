// The classes that a picture shows, as bars.
//
// SPDX-License-Identifier: MIT
import type { Prediction } from '../../api/index.js';
import { element, setText } from '../dom.js';
import { percent } from '../format.js';

export const shownResults = 5;

export interface ResultList {
  root: HTMLElement;
  /** Undefined: an empty list of the same height. */
  update(predictions: readonly Prediction[] | undefined): void;
  /** `index`: the class that is marked as chosen. */
  mark(index: number | undefined): void;
}

/** `choose`: what a click on a class does, where it does anything; `hint`: what that is, in words. */
export function resultList(choose?: (prediction: Prediction) => void, hint?: (label: string) => string): ResultList {
  const rows = Array.from({ length: shownResults }, () => resultRow(choose, hint));
  const root = element('ol', { className: 'results' }, ...rows.map((row) => row.root));
  return {
    root,
    update(predictions) {
      rows.forEach((row, i) => row.update(predictions?.[i]));
      root.ariaHidden = predictions === undefined ? 'true' : null;
    },
    mark: (index) => rows.forEach((row) => row.mark(index)),
  };
}

function resultRow(choose: ((prediction: Prediction) => void) | undefined, hint: ((label: string) => string) | undefined) {
  const label = element('span', { className: 'label' });
  const score = element('span', { className: 'score' });
  const fill = element('span', { className: 'fill' });
  const parts = [label, score, element('span', { className: 'track', 'aria-hidden': 'true' }, fill)];
  let shown: Prediction | undefined;
  const face = choose === undefined ? undefined
    : element('button', { type: 'button', className: 'row', 'aria-pressed': 'false', onclick: () => shown && choose(shown) }, ...parts);
  const root = element('li', {}, ...(face === undefined ? parts : [face]));
  return {
    root,
    update(prediction: Prediction | undefined) {
      shown = prediction;
      root.classList.toggle('blank', prediction === undefined);
      setText(label, prediction?.label ?? '');
      label.title = label.textContent ?? ''; // long ones are cut
      setText(score, prediction === undefined ? '' : percent(prediction.score));
      fill.style.setProperty('--score', String(prediction?.score ?? 0));
      if (face === undefined) return;
      face.disabled = prediction === undefined;
      face.title = prediction === undefined ? '' : hint?.(prediction.label) ?? '';
    },
    mark(index: number | undefined) {
      face?.setAttribute('aria-pressed', String(shown !== undefined && shown.index === index));
    },
  };
}
