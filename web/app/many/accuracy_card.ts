// How many of the photos whose class is known are answered rightly, and what is taken for what: as a picture and as a table.
//
// SPDX-License-Identifier: MIT
import { element, setText } from '../dom.js';
import { uniqueLabels, type Classes } from '../parts/class_names.js';
import { download } from '../parts/download.js';
import { button } from '../parts/pickers.js';
import { percent } from '../format.js';
import { strings } from '../strings.js';
import { confusionPicture, styleConfusions, svgFile } from './confusion_picture.js';
import { drawnClasses, evaluate, mistakes, type ClassCounts, type Evaluation } from './evaluation.js';
import type { Truth } from './truth.js';

export interface AccuracyCard {
  root: HTMLElement;
  /** Without a truth it is hidden. */
  update(truth: Truth | undefined, model: Classes | undefined): void;
}

const mostDrawn = 40; // above, names and numbers no longer fit a screen
const fewerDrawn = 24;
const mostBeside = 12; // with more the table stands below the picture
const mostListed = 30;
const answersListed = 4;
const fewClasses = 5; // of which the best five are all

export function accuracyCard(): AccuracyCard {
  const { many: words } = strings;
  styleConfusions();
  const facts = element('dl', { className: 'accuracy-facts' });
  const notes = element('ul', { className: 'notes quiet' });
  const picture = pictureView();
  const table = tableView();
  const results = element('div', { className: 'accuracy-body' }, picture.root, table.root);
  const root = element('section', { className: 'card accuracy', 'aria-labelledby': 'accuracy-heading' },
    element('h2', { id: 'accuracy-heading' }, words.accuracy), facts, notes, results);
  let before = '';
  return {
    root,
    update(truth, model) {
      root.hidden = truth === undefined || model === undefined;
      if (truth === undefined || model === undefined) return;
      const evaluation = evaluate(truth.of);
      const labels = uniqueLabels(model);
      const now = JSON.stringify([[...evaluation.classes].map(([index, { answers, inFive }]) => [index, inFive, ...answers]),
        evaluation.unreadable, truth.unmatched, truth.unlabelled, truth.absent, labels]);
      if (now === before) return; // what is hovered, focused or scrolled stays as it is
      before = now;
      showFacts(facts, evaluation, model);
      showNotes(notes, truth, evaluation);
      facts.hidden = results.hidden = truth.of.size === 0;
      results.classList.toggle('large', picture.update(evaluation, labels) > mostBeside);
      table.update(evaluation, labels, model.classes > fewClasses);
    },
  };
}

function showFacts(facts: HTMLElement, { photos, right, inFive }: Evaluation, model: Classes): void {
  const { many: words } = strings;
  const rows = [[words.right, right] as const, ...(model.classes > fewClasses ? [[words.inFive, inFive] as const] : [])];
  facts.replaceChildren(...rows.map(([name, number]) => element('div', {}, element('dt', {}, name), element('dd', {},
    element('strong', {}, photos === 0 ? words.none : percent(number / photos)), ' ',
    element('span', { className: 'quiet' }, words.ofPhotos(number, photos))))));
}

function showNotes(notes: HTMLElement, { from, unmatched, unlabelled, absent }: Truth, { unreadable }: Evaluation): void {
  const { many: words } = strings;
  const listed = unmatched.slice(0, mostListed).join(', ');
  const more = unmatched.length > mostListed ? ` ${words.andMore(unmatched.length - mostListed)}` : '';
  const lines = [
    from === 'file' ? words.fromFile : words.fromFolders,
    unmatched.length > 0 && `${words.unmatched(unmatched.length, from)}: ${listed}${more}.`,
    unlabelled > 0 && `${words.unlabelled(unlabelled)}.`,
    unreadable > 0 && `${words.labelledUnreadable(unreadable)}.`,
    absent > 0 && `${words.absent(absent)}.`,
  ];
  notes.replaceChildren(...lines.filter((line) => line !== false).map((line) => element('li', {}, line)));
}

/** `update` returns how many classes are drawn. */
function pictureView(): { root: HTMLElement; update(evaluation: Evaluation, labels: readonly string[]): number } {
  const { many: words } = strings;
  const note = element('p', { className: 'quiet' });
  const frame = element('div', { className: 'confusion-frame', tabIndex: 0, role: 'group', 'aria-label': words.confusions });
  let drawn: SVGElement | undefined;
  const save = button('secondary', words.saveSvg, () => drawn && download(`${words.confusionFile}.svg`, svgFile(drawn)));
  const root = element('div', { className: 'confusions' },
    element('div', { className: 'confusion-head' }, element('h3', {}, words.confusions), save), note, frame);
  return {
    root,
    update(evaluation, labels) {
      const classes = drawnClasses(evaluation, mostDrawn, fewerDrawn);
      const all = evaluation.classes.size;
      drawn = classes.length === 0 ? undefined : confusionPicture(evaluation, classes, labels);
      frame.replaceChildren(...(drawn === undefined ? [] : [drawn]));
      frame.hidden = save.hidden = drawn === undefined;
      setText(note, drawn === undefined ? words.noConfusions(all) : classes.length < all ? words.fewerClasses(classes.length, all) : '');
      return classes.length;
    },
  };
}

function tableView(): { root: HTMLElement; update(evaluation: Evaluation, labels: readonly string[], withFive: boolean): void } {
  const { many: words } = strings;
  const head = element('tr', {});
  const body = element('tbody', {});
  const table = element('table', {}, element('caption', { className: 'for-ears' }, words.table), element('thead', {}, head), body);
  const root = element('div', { className: 'by-class' }, element('h3', {}, words.table),
    element('div', { className: 'table-frame', tabIndex: 0, role: 'group', 'aria-label': words.table }, table));
  return {
    root,
    update(evaluation, labels, withFive) {
      const columns = [words.tableClass, words.tablePhotos, words.tableRight, ...(withFive ? [words.tableFive] : []), words.tableTaken];
      head.replaceChildren(...columns.map((name) => element('th', { scope: 'col' }, name)));
      const taken = takenFor(evaluation, labels);
      body.replaceChildren(...[...evaluation.classes].map(([index, counts]) =>
        classRow(labels[index] ?? '', counts, taken.get(index) ?? [], withFive)));
    },
  };
}

/** For each class what it is taken for, most frequent first. */
function takenFor(evaluation: Evaluation, labels: readonly string[]): Map<number, string[]> {
  const taken = new Map<number, string[]>();
  for (const { truth, answer, photos } of mistakes(evaluation)) {
    const words = taken.get(truth) ?? [];
    words.push(strings.many.taken(labels[answer] ?? '', photos));
    taken.set(truth, words);
  }
  return taken;
}

function classRow(label: string, { photos, right, inFive }: ClassCounts, taken: readonly string[], withFive: boolean): HTMLElement {
  const part = (number: number) => element('td', {}, photos === 0 ? strings.many.none : percent(number / photos));
  const rest = taken.length > answersListed ? [strings.many.andMore(taken.length - answersListed)] : [];
  return element('tr', {}, element('th', { scope: 'row' }, label), element('td', {}, String(photos)), part(right),
    ...(withFive ? [part(inFive)] : []), element('td', { className: 'taken' }, [...taken.slice(0, answersListed), ...rest].join(', ')));
}
