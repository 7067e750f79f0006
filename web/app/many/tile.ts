// One photo in the grid: a small picture, the best class, and what went wrong in words.
//
// SPDX-License-Identifier: MIT
import { isDoubtful } from '../doubt.js';
import { element, icon, setText } from '../dom.js';
import { percent } from '../format.js';
import { errorTitles } from '../problem_strings.js';
import { strings } from '../strings.js';
import { isWrong, type Known } from './arrangement.js';
import { bestOf, nameOf, type Item } from './item.js';
import type { Thumbnails } from './thumbnails.js';

/** What a tile says besides its item. */
export interface TileContext extends Known {
  /** Of a class. */
  label(index: number): string;
  selected: ReadonlySet<Item>;
  thumbnails: Thumbnails;
}

export interface Tile {
  root: HTMLElement;
  /** Undefined: there is no photo in this place. */
  update(item: Item | undefined, context: TileContext): void;
}

const icons = {
  check: 'M5 12.5l4.5 4.5L19 7.5',
  open: 'M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5',
  broken: 'M4 5h16v14H4zM4 16l5-5 3 3M14 12l2-2 4 4M9 5l2 5-2 3 3 6',
};

/** `open`: the button for the pointer; the keyboard has Enter. */
export function tile(column: number, open: () => void): Tile {
  const picture = thumbView();
  const label = element('p', { className: 'label' });
  const score = element('span', { className: 'score' });
  const detail = element('p', { className: 'detail' });
  const openButton = element('button', { type: 'button', className: 'open', tabIndex: -1, onclick: open }, icon(icons.open));
  const root = element('div', { className: 'tile', role: 'gridcell', tabIndex: -1, 'aria-colindex': column + 1 },
    picture.root, label, score, detail, element('span', { className: 'check' }, icon(icons.check)), openButton);
  return {
    root,
    update(item, context) {
      root.hidden = item === undefined;
      if (item === undefined) return picture.clear();
      picture.update(context.thumbnails.of(item), item);
      const words = wordsFor(item, context);
      setText(label, words.label);
      setText(score, words.score);
      setText(detail, words.detail);
      if (root.title !== words.more) root.title = words.more;
      if (root.dataset['kind'] !== words.kind) root.dataset['kind'] = words.kind;
      openButton.ariaLabel = openButton.title = strings.many.open(nameOf(item));
      root.ariaSelected = String(context.selected.has(item));
    },
  };
}

interface Words {
  kind: 'waits' | 'failed' | 'sure' | 'doubtful' | 'wrong';
  label: string;
  score: string;
  detail: string;
  /** What the tile has no room for. */
  more: string;
}

function wordsFor(item: Item, { classes, truth, label: labelOf }: TileContext): Words {
  const { many: words } = strings;
  const detail = nameOf(item);
  const more = item.path;
  if (item.outcome?.kind === 'failed') {
    const { code, message } = item.outcome.error;
    return { kind: 'failed', label: errorTitles[code], score: '', detail, more: `${more}: ${message}` };
  }
  const best = bestOf(item);
  if (best === undefined) return { kind: 'waits', label: words.waits, score: '', detail, more };
  const doubtful = isDoubtful(best.score, classes);
  const answer = { label: doubtful ? words.unsure(best.label) : best.label, score: percent(best.score), more };
  const right = truth?.get(item);
  if (right !== undefined && isWrong(item, truth)) {
    const shouldBe = words.shouldBe(labelOf(right));
    return { kind: 'wrong', ...answer, detail: shouldBe, more: `${more}: ${shouldBe}` };
  }
  return { kind: doubtful ? 'doubtful' : 'sure', ...answer, detail };
}

function thumbView() {
  const canvas = element('canvas', { width: 0, height: 0 });
  const broken = icon(icons.broken);
  const root = element('div', { className: 'thumb', 'aria-hidden': 'true' }, canvas, broken);
  let drawn: Item | undefined;
  const clear = () => {
    canvas.width = canvas.height = 0; // gives back its memory
    drawn = undefined;
  };
  return {
    root,
    clear,
    update(thumbnail: ImageBitmap | 'none' | undefined, item: Item) {
      root.classList.toggle('none', thumbnail === 'none');
      if (drawn === item) return;
      clear();
      if (!(thumbnail instanceof ImageBitmap)) return;
      canvas.width = thumbnail.width;
      canvas.height = thumbnail.height;
      canvas.getContext('2d')?.drawImage(thumbnail, 0, 0);
      drawn = item;
    },
  };
}
