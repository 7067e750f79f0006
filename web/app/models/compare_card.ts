// Two models on the same photo: what each says, how far they are apart, and how long each takes.
//
// SPDX-License-Identifier: MIT
import { Classifier, type ClassifierInfo, type ClassifyResult } from '../../api/index.js';
import type { ServedModel } from '../catalog.js';
import { element, setText } from '../dom.js';
import { alertView } from '../parts/alert.js';
import { uniqueLabels } from '../parts/class_names.js';
import { filePicker } from '../parts/pickers.js';
import { resultList, shownResults } from '../parts/results.js';
import { toResnetError, type Session } from '../session.js';
import { bytes, milliseconds } from '../format.js';
import { precision, strings } from '../strings.js';
import { median } from '../parts/median.js';

const timedRuns = 5; // of each, turn by turn after a first one that warms it up

export interface CompareCard {
  root: HTMLElement;
  look(photo: File): void;
}

interface Answer {
  result: ClassifyResult;
  ms: number;
}

export function compareCard(session: Session): CompareCard {
  const { compare: words } = strings;
  const first = column();
  const second = column();
  const status = element('p', { className: 'status', role: 'status' }, words.chooseModel);
  const alert = alertView();
  const select = element('select', { id: 'compare-model' });
  const ownModel = filePicker({ kind: 'secondary', accept: '.safetensors' }, ([model]) => model && void use(model.file, model.file.name));
  setText(ownModel.label, words.file);
  const photos = filePicker({ kind: 'primary', accept: 'image/*' }, ([picked]) => picked && look(picked.file));
  setText(photos.label, strings.photo.choose);

  let other: { classifier: Classifier; name: string } | undefined;
  let photo: Blob | undefined;
  let loading = new AbortController();
  let looking = new AbortController();

  async function use(source: ServedModel['source'], name: string): Promise<void> {
    loading.abort();
    loading = new AbortController();
    const { signal } = loading;
    looking.abort();
    other?.classifier.dispose();
    other = undefined;
    alert.update('', undefined);
    try {
      const onProgress = ({ fraction }: { fraction: number | undefined }) => {
        if (!signal.aborted) setText(status, strings.status.loading(name, fraction));
      };
      const classifier = await Classifier.load(source, { signal, onProgress });
      other = { classifier, name: classifier.info.name || name };
      await compare();
    } catch (error) {
      if (!signal.aborted) failed(name, error);
    }
  }

  function look(chosen: Blob): void {
    photo = chosen;
    void compare();
  }

  async function compare(): Promise<void> {
    looking.abort();
    looking = new AbortController();
    const { signal } = looking;
    const { ready } = session;
    first.name(ready?.name, ready?.info);
    second.name(other?.name, other?.classifier.info);
    first.update(undefined);
    second.update(undefined);
    alert.update('', undefined);
    if (other === undefined || ready === undefined) return setText(status, words.chooseModel);
    if (photo === undefined) return setText(status, words.choosePhoto);
    setText(status, strings.status.busy);
    try {
      const [a, b] = await answers([ready.classifier, other.classifier], photo, signal);
      first.update(a);
      second.update(b);
      setText(status, verdict([a, ready.info], [b, other.classifier.info]));
    } catch (error) {
      if (!signal.aborted) failed(strings.photo.heading, error);
    }
  }

  function failed(name: string, error: unknown): void {
    setText(status, '');
    alert.update(name, toResnetError(error));
  }

  session.served.watch((served) => {
    const options = (served ?? []).map(({ name }, i) => element('option', { value: String(i) }, name));
    select.replaceChildren(element('option', { value: '' }, words.choose), ...options);
  });
  select.onchange = () => {
    const model = session.served.value?.[Number(select.value)];
    if (select.value !== '' && model !== undefined) void use(model.source, model.name);
  };
  session.onChange(() => void compare());
  const root = element('section', { className: 'card compare', 'aria-labelledby': 'compare-heading' },
    element('h2', { id: 'compare-heading' }, words.heading), element('p', { className: 'quiet' }, words.detail),
    element('div', { className: 'bar-row' },
      element('label', { className: 'compare-choice' }, words.with, select), ownModel.root, photos.root),
    status, alert.root, element('div', { className: 'columns' }, first.root, second.root));
  return { root, look };
}

/** Each one's answer, and the median of its times; they take turns, so that a busy machine treats them alike. */
async function answers([a, b]: [Classifier, Classifier], photo: Blob, signal: AbortSignal): Promise<[Answer, Answer]> {
  const run = (classifier: Classifier) => classifier.classify(photo, { signal, maxResults: 0 });
  const first = await run(a);
  const second = await run(b);
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < timedRuns; ++i) {
    times[0].push((await run(a)).timing.inference);
    times[1].push((await run(b)).timing.inference);
  }
  return [{ result: first, ms: median(times[0]) }, { result: second, ms: median(times[1]) }];
}

/** Whether they agree, by how much the scores differ at most, and which is quicker. */
function verdict([a, info]: [Answer, ClassifierInfo], [b, otherInfo]: [Answer, ClassifierInfo]): string {
  const { compare: words } = strings;
  const [best, otherBest] = [a.result.predictions[0], b.result.predictions[0]];
  if (best === undefined || otherBest === undefined) return '';
  const [names, otherNames] = [uniqueLabels(info), uniqueLabels(otherInfo)]; // the same class may have another number
  const agreement = names[best.index] === otherNames[otherBest.index] ? words.agree(best.label) : words.differ(best.label, otherBest.label);
  const scores = new Map(b.result.predictions.map(({ index, score }) => [otherNames[index], score]));
  const gaps = a.result.predictions.map(({ index, score }) => Math.abs(score - (scores.get(names[index]) ?? NaN)));
  const gap = gaps.some(Number.isNaN) ? '' : words.gap(Math.max(...gaps)); // other classes: nothing to compare
  return [agreement, gap, words.times(a.ms / b.ms)].filter(Boolean).join(' ');
}

function column() {
  const title = element('h3', { className: 'model-name' }, '–');
  const facts = element('p', { className: 'quiet' });
  const list = resultList();
  const time = element('p', { className: 'quiet' }, '–');
  return {
    root: element('div', { className: 'column' }, title, facts, list.root, time),
    name(name: string | undefined, info: ClassifierInfo | undefined) {
      setText(title, name ?? '–');
      setText(facts, info === undefined ? '' : `${precision(info)} · ${bytes(info.modelBytes)}`);
    },
    update(answer: Answer | undefined) {
      list.update(answer?.result.predictions.slice(0, shownResults));
      setText(time, answer === undefined ? '–' : strings.compare.time(milliseconds(answer.ms), timedRuns));
    },
  };
}
