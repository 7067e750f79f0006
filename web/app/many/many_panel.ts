// Many photos: a grid that fills as they are looked at, what they show together, and how many answers are right.
//
// SPDX-License-Identifier: MIT
import { element } from '../dom.js';
import type { App, Panel } from '../panel.js';
import { labelOf } from '../parts/class_names.js';
import { strings } from '../strings.js';
import { accuracyCard } from './accuracy_card.js';
import { arranged } from './arrangement.js';
import { Batch } from './batch.js';
import { controlsCard } from './controls_card.js';
import { Grid } from './grid.js';
import { Intake } from './intake.js';
import type { Item } from './item.js';
import { paced } from './paced.js';
import { summaryCard } from './summary_card.js';
import { Thumbnails } from './thumbnails.js';
import { truthKeeper } from './truth_keeper.js';
import { viewBar } from './view_bar.js';

// While results come, all that depends on all of them is worked out so often; what the user does shows at once. Milliseconds.
const refreshedEvery = 200;
const evaluatedEvery = 1000;

export function manyPanel({ session, go }: App): Panel {
  const batch = new Batch(session);
  const selected = new Set<Item>();
  const truth = truthKeeper(batch);
  let shown: Item[] = [];
  let leftByOpening = false;

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
  const controls = controlsCard(batch, session, {
    take: (files) => void intake.take(files), takeLabels: (files) => void intake.takeLabels(files), clear,
  });
  const intake = new Intake(batch, controls, () => refresh());
  const view = viewBar(() => refresh(), selectAll, selectNone);
  const noneShown = element('p', { className: 'quiet none-shown' }, strings.many.noneShown);
  const summary = summaryCard();
  const accuracy = accuracyCard();
  const body = element('div', { className: 'panel many-body' },
    element('section', { className: 'card photos', 'aria-label': strings.many.grid }, view.root, noneShown, grid.root, grid.help),
    summary.root, accuracy.root);
  const root = element('div', { className: 'panel many-panel' }, controls.root, body);

  const evaluateSoon = paced(evaluatedEvery, () => accuracy.update(truth(intake.labels), batch.model?.info));
  const refresh = () => {
    if (root.hidden) return; // all is worked out when it is shown again
    controls.update();
    const { items, model } = batch;
    body.hidden = items.length === 0;
    if (items.length === 0) return;
    const known = truth(intake.labels);
    const about = { classes: model?.info.classes ?? 0, truth: known?.of };
    shown = arranged(items, view.arrangement, about);
    const chosen = shown.filter((item) => selected.has(item));
    view.update({ shown: shown.length, all: items.length, selected: chosen.length, labelled: known !== undefined });
    noneShown.hidden = shown.length > 0;
    grid.root.hidden = shown.length === 0;
    grid.show(shown, { ...about, label: (index) => (model === undefined ? '' : labelOf(model.info, index)), selected, thumbnails });
    summary.update(chosen.length > 0 ? chosen : shown, chosen.length > 0, model?.info);
    evaluateSoon();
  };
  function clear(): void {
    selected.clear();
    thumbnails.clear();
    view.reset();
    intake.clear();
    refresh();
    controls.root.querySelector('input')?.focus(); // the button that had the focus is gone
  }

  const refreshSoon = paced(refreshedEvery, refresh);
  batch.state.watch(refreshSoon);
  session.model.watch(refreshSoon);
  return {
    root,
    take: (files) => void intake.take(files),
    show() {
      refresh();
      if (leftByOpening && document.activeElement === document.body) grid.focus();
      leftByOpening = false;
    },
  };
}
