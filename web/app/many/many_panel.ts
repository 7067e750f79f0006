// Many photos: a grid that fills as they are looked at, what they show together, and how many answers are right.
//
// SPDX-License-Identifier: MIT
import { element } from '../dom.js';
import type { PickedFile } from '../files.js';
import type { App, Panel } from '../panel.js';
import { strings } from '../strings.js';
import { accuracyCard } from './accuracy_card.js';
import { arranged } from './arrangement.js';
import { Batch } from './batch.js';
import { labelOf } from './class_names.js';
import { controlsCard } from './controls_card.js';
import { Grid } from './grid.js';
import type { Item } from './item.js';
import { readLabelsFile, type LabelsFile } from './labels_file.js';
import { paced } from './paced.js';
import { sortedFiles } from './sorted_files.js';
import { summaryCard } from './summary_card.js';
import { Thumbnails } from './thumbnails.js';
import { truthOf, type Truth } from './truth.js';
import { viewBar } from './view_bar.js';

// While results come, all that depends on all of them is worked out so often; what the user does shows at once.
const refreshedEvery = 200;
const evaluatedEvery = 1000;

export function manyPanel({ session, go }: App): Panel {
  const { many: words } = strings;
  const batch = new Batch(session);
  const selected = new Set<Item>();
  const truth = truthKeeper(batch);
  let labels: LabelsFile[] = [];
  let shown: Item[] = [];
  let leftByOpening = false;

  /** Calls back with the selection changed. */
  const select = (change: () => void) => {
    change();
    refresh();
  };
  const selectNone = () => select(() => selected.clear());
  const selectAll = () => select(() => shown.forEach((item) => selected.add(item)));
  const grid = new Grid({
    open({ file, path }) {
      leftByOpening = true;
      go('photo', [{ file, path }]);
    },
    toggle: (item) => select(() => selected.delete(item) || selected.add(item)),
    select: (items) => select(() => items.forEach((item) => selected.add(item))),
    selectAll,
    selectNone,
  });
  const thumbnails = new Thumbnails(() => grid.drawSoon());
  const controls = controlsCard(batch, session, { take: (files) => void take(files), takeLabels: (files) => void takeLabels(files), clear });
  const view = viewBar(() => refresh(), selectAll, selectNone);
  const summary = summaryCard();
  const accuracy = accuracyCard();
  const noneShown = element('p', { className: 'quiet none-shown' }, words.noneShown);
  const help = element('p', { className: 'for-ears', id: 'grid-help' }, words.gridHelp);
  grid.root.setAttribute('aria-describedby', help.id);
  const photos = element('section', { className: 'card photos', 'aria-label': words.grid }, view.root, noneShown, grid.root, help);
  const body = element('div', { className: 'panel many-body' }, photos, summary.root, accuracy.root);
  const root = element('div', { className: 'panel many-panel' }, controls.root, body);

  const evaluateSoon = paced(evaluatedEvery, () => accuracy.update(truth.of(labels), batch.model?.info));
  const refresh = () => {
    if (root.hidden) return; // all is worked out when it is shown again
    const { items, model } = batch;
    const known = truth.of(labels);
    const about = { classes: model?.info.classes ?? 0, truth: known?.of };
    shown = arranged(items, view.arrangement, about);
    const chosen = shown.filter((item) => selected.has(item));
    controls.update();
    body.hidden = items.length === 0;
    if (items.length === 0) return;
    view.update({ shown: shown.length, all: items.length, selected: chosen.length, labelled: known !== undefined });
    noneShown.hidden = shown.length > 0;
    grid.root.hidden = shown.length === 0;
    grid.show(shown, { ...about, label: (index) => (model === undefined ? '' : labelOf(model.info, index)), selected, thumbnails });
    summary.update(chosen.length > 0 ? chosen : shown, chosen.length > 0, model?.info);
    evaluateSoon();
  };
  const refreshSoon = paced(refreshedEvery, refresh);

  async function take(files: readonly PickedFile[]): Promise<void> {
    const sorted = sortedFiles(files);
    controls.note(sorted.leftOut > 0 ? words.leftOut(sorted.leftOut) : sorted.photos.length + sorted.labels.length === 0 ? words.nothing : '');
    batch.add(sorted.photos);
    refresh();
    if (sorted.labels.length > 0) await takeLabels(sorted.labels);
  }
  async function takeLabels(files: readonly PickedFile[]): Promise<void> {
    const read: LabelsFile[] = [];
    controls.refuse('', undefined);
    for (const picked of files) {
      await readLabelsFile(picked).then((file) => read.push(file), (error: unknown) => controls.refuse(picked.path, error));
    }
    labels = [...labels, ...read];
    if (read.length > 0 && batch.items.length === 0) controls.note(words.labelsFirst);
    refresh();
  }
  function clear(): void {
    labels = [];
    selected.clear();
    thumbnails.clear();
    view.reset();
    controls.note('');
    controls.refuse('', undefined);
    batch.clear();
    refresh();
    controls.root.querySelector('input')?.focus(); // the button that had the focus is gone
  }

  batch.state.watch(refreshSoon);
  session.model.watch(refreshSoon);
  return {
    root,
    take: (files) => void take(files),
    show() {
      refresh();
      if (leftByOpening && document.activeElement === document.body) grid.focus();
      leftByOpening = false;
    },
  };
}

/** What the photos really show, worked out again where the photos, the labels or the model are others than before. */
function truthKeeper(batch: Batch): { of(labels: readonly LabelsFile[]): Truth | undefined } {
  let known: Truth | undefined;
  let before: unknown[] = [];
  return {
    of(labels) {
      const now = [batch.items[0], batch.items.length, batch.model, labels];
      if (now.some((value, i) => value !== before[i])) known = batch.model && truthOf(batch.items, labels, batch.model.info);
      before = now;
      return known;
    },
  };
}
