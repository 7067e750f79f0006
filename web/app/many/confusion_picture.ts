// The confusion matrix as a picture: a row for each true class, a column for each answer.
//
// SPDX-License-Identifier: MIT
import { strings } from '../strings.js';
import { confusionStyle, paperStyle, rightSteps, wrongSteps } from './confusion_style.js';
import type { Evaluation } from './evaluation.js';

const space = 'http://www.w3.org/2000/svg';
const mostLetters = 26;
const letterWidth = 6.7; // of 12 pixels, in the widest usual system font
const slant = 0.71; // of names that lean by 45 degrees
const margin = 4;

const node = (name: string, attributes: Record<string, string | number> = {}, ...children: (Element | string)[]) => {
  const made = document.createElementNS(space, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  made.append(...children);
  return made;
};
const text = (x: number, y: number, style: string, content: string, more: Record<string, string | number> = {}) =>
  node('text', { x, y, class: style, ...more }, content);
const box = (x: number, y: number, width: number, height: number, style: string) => node('rect', { x, y, width, height, class: style });

interface Grid {
  x: number;
  y: number;
  cell: number;
  side: number;
}

/** `classes`: those that are drawn; `labels`: of all classes of the model, each a different one. */
export function confusionPicture(evaluation: Evaluation, classes: readonly number[], labels: readonly string[]): SVGElement {
  const cell = classes.length <= 12 ? 40 : classes.length <= 24 ? 28 : 24;
  const names = classes.map((index) => shortened(labels[index] ?? String(index)));
  const widest = letterWidth * Math.max(...names.map((name) => name.length), 11);
  const side = cell * classes.length;
  const grid: Grid = { x: margin + widest + 12, y: margin + widest * slant + 34, cell, side };
  const legend = legendOf(grid.x, grid.y + side + 24);
  const width = Math.ceil(Math.max(grid.x + side + widest * slant + 12, legend.right) + margin);
  const height = Math.ceil(legend.bottom + margin);
  return node('svg', {
    xmlns: space, viewBox: `0 0 ${width} ${height}`, width, height, class: 'confusion', role: 'img',
    'aria-label': strings.many.picture(classes.length),
  },
  text(grid.x - 12, grid.y - 10, 'muted end', strings.many.trueClass), text(grid.x - 12, grid.y - 26, 'muted end', strings.many.answer),
  box(grid.x, grid.y, side, side, 'empty'), ...cells(evaluation, classes, labels, grid), rules(classes.length, grid),
  ...names.flatMap((name, i) => namesOf(name, i, grid)), ...legend.parts) as SVGElement;
}

function cells({ classes: all }: Evaluation, classes: readonly number[], labels: readonly string[], { x, y, cell }: Grid): Element[] {
  return classes.flatMap((truth, row) => classes.flatMap((answer, column) => {
    const counts = all.get(truth);
    const count = counts?.answers.get(answer) ?? 0;
    if (counts === undefined || count === 0) return [];
    const step = stepOf(count / counts.photos, truth === answer ? rightSteps : wrongSteps);
    const size = Math.min(cell * 0.36 + 1, (cell * 1.36) / String(count).length);
    const [left, top] = [x + column * cell, y + row * cell];
    const { many: words } = strings;
    const [label = '', other = ''] = [labels[truth], labels[answer]];
    const what = truth === answer ? words.cellRight(label, count, counts.photos) : words.cellWrong(label, other, count, counts.photos);
    return [node('g', {}, node('title', {}, what), box(left, top, cell, cell, `${truth === answer ? 'r' : 'w'}${step}`),
      text(left + cell / 2, top + cell / 2 + size * 0.36, `middle${step >= 4 ? ' over' : ''}`, String(count), { 'font-size': size }))];
  }));
}

/** 1 to 6. */
const stepOf = (part: number, steps: readonly number[]) => 1 + Math.min(steps.length - 1, steps.findIndex((most) => 100 * part <= most));

function rules(count: number, { x, y, cell, side }: Grid): Element {
  const lines = Array.from({ length: count + 1 }, (_, i) => `M${x} ${y + i * cell}h${side}M${x + i * cell} ${y}v${side}`);
  return node('path', { class: 'rule', d: lines.join('') });
}

function namesOf(name: string, i: number, { x, y, cell }: Grid): Element[] {
  const [across, down] = [x + (i + 0.5) * cell, y + (i + 0.5) * cell];
  return [text(x - 8, down + 4, 'end', name), text(across, y - 8, '', name, { transform: `rotate(-45 ${across} ${y - 8})` })];
}

function legendOf(x: number, y: number): { parts: Element[]; right: number; bottom: number } {
  const [width, height, lead] = [30, 14, 46];
  const { many: words } = strings;
  const line = (name: string, style: string, steps: readonly number[], top: number) => [
    text(x, top + 11, '', name),
    ...steps.flatMap((most, i) => [
      box(x + lead + i * width, top, width, height, `${style}${i + 1}`),
      text(x + lead + (i + 1) * width, top + height + 13, 'muted end', String(most)),
    ]),
  ];
  const parts = [
    ...line(words.legendRight, 'r', rightSteps, y), ...line(words.legendWrong, 'w', wrongSteps, y + 38),
    text(x, y + 86, 'muted', words.legend),
  ];
  return { parts, right: x + Math.max(lead + 6 * width, letterWidth * words.legend.length), bottom: y + 92 };
}

const shortened = (name: string) => (name.length <= mostLetters ? name : `${name.slice(0, mostLetters - 1)}…`);

/** The picture as a file of its own. */
export function svgFile(picture: SVGElement): Blob {
  const whole = picture.cloneNode(true) as SVGElement;
  whole.prepend(node('style', {}, confusionStyle, paperStyle));
  return new Blob([new XMLSerializer().serializeToString(whole)], { type: 'image/svg+xml' });
}

/** The page's policy allows no style in the text of a page; one that a script makes it does. */
export function styleConfusions(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(confusionStyle);
  document.adoptedStyleSheets.push(sheet);
}
