// What the network sees in a photo: bars, doubt, times.
//
// SPDX-License-Identifier: MIT
import type { ClassifyResult } from '../../api/index.js';
import type { Atom } from '../atom.js';
import { element, setText } from '../dom.js';
import { alertView } from '../parts/alert.js';
import { resultList } from '../parts/results.js';
import type { Session } from '../session.js';
import { milliseconds } from '../format.js';
import { engine, strings } from '../strings.js';
import { doubtedClasses } from './doubted.js';
import type { PhotoActions } from './photo_panel.js';
import type { PhotoState } from './photo_state.js';

const usualClasses = 1000; // until the model is known

export function resultCard(
  session: Session, photo: Atom<PhotoState>, located: Atom<number | undefined>, actions: PhotoActions,
): HTMLElement {
  // It has its text from the start and is made visible: so its place is kept, however many lines it takes.
  const doubt = element('p', { className: 'doubt blank' }, strings.result.doubt(usualClasses));
  const list = resultList(({ index }) => actions.locate(index === located.value ? undefined : index), strings.heat.show);
  const hint = element('p', { className: 'quiet locate-hint blank' }, strings.heat.hint);
  const alert = alertView();
  const timing = timingView();
  const update = () => {
    const { value } = photo;
    const result = value.kind === 'done' ? value.result : undefined;
    if (session.ready !== undefined) setText(doubt, strings.result.doubt(session.ready.info.classes));
    doubt.classList.toggle('blank', doubtedClasses(session, value) === undefined);
    // While the map of a class is made, the bars stay what they are.
    if (value.kind !== 'busy' || located.value === undefined) list.update(result?.predictions);
    list.mark(located.value);
    list.root.classList.toggle('busy', value.kind === 'busy');
    hint.classList.toggle('blank', result === undefined);
    list.root.hidden = doubt.hidden = hint.hidden = value.kind === 'failed';
    timing.update(result, session.ready === undefined ? '' : engine(session.ready.info));
    if (value.kind === 'failed') alert.update(value.name, value.error);
    else alert.update('', undefined);
  };
  photo.watch(update);
  located.watch(update);
  session.model.watch(update);
  return element('section', { className: 'card result', 'aria-labelledby': 'result-heading' },
    element('h2', { id: 'result-heading' }, strings.result.heading),
    element('div', { className: 'result-body' }, doubt, list.root, hint, alert.root), timing.root);
}

function timingView(): { root: HTMLElement; update(result: ClassifyResult | undefined, engine: string): void } {
  const parts = (['decode', 'preprocess', 'inference', 'total'] as const).map((part) => {
    const value = element('dd', {});
    return { part, value, root: element('div', {}, element('dt', {}, strings.result[part]), value) };
  });
  const times = element('dl', { className: 'timing', 'aria-label': strings.result.timing }, ...parts.map(({ root }) => root));
  const by = element('p', { className: 'quiet by' });
  return {
    root: element('div', {}, times, by),
    update(result, engineName) {
      for (const { part, value } of parts) setText(value, result === undefined ? '–' : milliseconds(result.timing[part]));
      const decoder = result?.decodedBy === 'browser' ? strings.result.decodedByBrowser : '';
      setText(by, [engineName, decoder].filter(Boolean).join(' · '));
    },
  };
}
