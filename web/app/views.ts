// The page's parts. Each view builds its elements once and returns what brings them in line with a state.
//
// SPDX-License-Identifier: MIT
import type { ClassifierInfo, ClassifyResult, Prediction, ResnetError } from '../api/index.js';
import { element, icon, setText } from './dom.js';
import { isDoubtful } from './doubt.js';
import type { ModelState, PageState } from './state.js';
import {
  architecture, bytes, classes, engine, errorAdvice, errorTitles, milliseconds, percent, precision, recognises, strings,
  wholePercent,
} from './strings.js';

export interface View {
  root: HTMLElement;
  update(state: PageState): void;
}

export interface Actions {
  choosePhoto(file: File): void;
  chooseModel(file: File): void;
}

export const shownResults = 5;
const usualClasses = 1000; // until the model is known

const icons = {
  photo: 'M4 6h4l2-2h4l2 2h4v13H4zM12 9a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  broken: 'M4 5h16v14H4zM4 16l5-5 3 3M14 12l2-2 4 4M9 5l2 5-2 3 3 6',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
};

export function pageView(actions: Actions): View {
  const photo = photoView(actions);
  const result = resultView();
  const model = modelView(actions);
  const root = element('div', { className: 'page' },
    element('header', {}, element('h1', {}, strings.title), element('p', {}, strings.tagline)),
    element('main', {}, photo.root, result.root, model.root),
    element('footer', {}, icon(icons.lock), element('p', {}, element('strong', {}, strings.privacy), ' ', strings.privacyDetail)));
  return { root, update: (state) => [photo, result, model].forEach((view) => view.update(state)) };
}

function photoView(actions: Actions): View {
  const preview = element('img', { className: 'preview', decoding: 'async', hidden: true });
  const prompt = element('div', { className: 'prompt' }, icon(icons.photo),
    element('p', {}, strings.photo.hint), element('p', { className: 'quiet' }, strings.photo.kinds));
  const noPreview = element('div', { className: 'prompt', hidden: true }, icon(icons.broken), element('p', {}, strings.photo.noPreview));
  const drop = element('div', { className: 'drop' }, strings.photo.drop);
  const stage = element('div', { className: 'stage' }, prompt, noPreview, preview, drop);
  const picker = filePicker('primary', 'image/jpeg,image/png,image/bmp', actions.choosePhoto);
  const statusLine = element('span', {});
  const statusMore = element('span', { className: 'for-ears' }); // what the eye finds beside the bars
  const status = element('p', { className: 'status', role: 'status' }, statusLine, ' ', statusMore);
  preview.onerror = () => show(noPreview);
  const show = (shown: HTMLElement) => [prompt, noPreview, preview].forEach((part) => { part.hidden = part !== shown; });

  return {
    root: element('section', { className: 'card photo', 'aria-label': strings.photo.heading },
      stage, element('div', { className: 'bar-row' }, picker.root, status)),
    update(state) {
      const { photo } = state;
      const doubted = doubtedClasses(state);
      setText(picker.label, photo.kind === 'empty' ? strings.photo.choose : strings.photo.chooseAnother);
      setText(statusLine, statusText(state));
      setText(statusMore, doubted === undefined ? '' : strings.status.doubtfulMore(doubted));
      status.classList.toggle('busy', photo.kind === 'busy');
      if (photo.kind === 'empty') return show(prompt);
      if (preview.src === photo.url) return;
      preview.src = photo.url;
      preview.alt = strings.photo.preview(photo.name);
      show(preview);
    },
  };
}

/** How many classes the model knows, where the photo probably shows none of them; else undefined. */
function doubtedClasses({ model, photo }: PageState): number | undefined {
  const best = photo.kind === 'done' ? photo.result.predictions[0] : undefined;
  if (best === undefined || model.kind !== 'ready') return undefined;
  return isDoubtful(best.score, model.info.classes) ? model.info.classes : undefined;
}

function statusText(state: PageState): string {
  const { model, photo } = state;
  const { status } = strings;
  if (photo.kind === 'busy') return status.busy;
  if (photo.kind === 'failed') return status.photoFailed;
  if (photo.kind === 'done') {
    const best = photo.result.predictions[0];
    if (best === undefined) return status.nothing;
    return (doubtedClasses(state) === undefined ? status.done : status.doubtful)(best.label, best.score);
  }
  if (model.kind === 'failed') return status.modelFailed;
  if (model.kind === 'none') return status.noModel;
  if (model.kind === 'ready') return status.noPhoto;
  return photo.kind === 'empty' ? status.noPhotoYet : status.waiting(progressText(model));
}

/** In whole percents: a screen reader is told of each change. */
function progressText(model: ModelState): string {
  if (model.kind === 'preparing') return strings.model.preparing;
  if (model.kind !== 'loading') return strings.model.looking;
  return model.totalBytes ? wholePercent(Math.floor((10 * model.loadedBytes) / model.totalBytes) / 10) : bytes(model.loadedBytes);
}

function resultView(): View {
  // It has its text from the start and is made visible: so its place is kept, however many lines it takes.
  const doubt = element('p', { className: 'doubt blank' }, strings.result.doubt(usualClasses));
  const rows = Array.from({ length: shownResults }, resultRow);
  const list = element('ol', { className: 'results' }, ...rows.map((row) => row.root));
  const alert = element('div', { className: 'alert', role: 'alert', hidden: true });
  const timing = timingView();
  const body = element('div', { className: 'result-body' }, doubt, list, alert);
  return {
    root: element('section', { className: 'card result', 'aria-labelledby': 'result-heading' },
      element('h2', { id: 'result-heading' }, strings.result.heading), body, timing.root),
    update(state) {
      const { model, photo } = state;
      const result = photo.kind === 'done' ? photo.result : undefined;
      if (model.kind === 'ready') setText(doubt, strings.result.doubt(model.info.classes));
      doubt.classList.toggle('blank', doubtedClasses(state) === undefined);
      rows.forEach((row, i) => row.update(result?.predictions[i]));
      list.classList.toggle('busy', photo.kind === 'busy');
      list.hidden = doubt.hidden = photo.kind === 'failed';
      list.ariaHidden = result === undefined ? 'true' : null;
      timing.update(result);
      alert.hidden = photo.kind !== 'failed';
      if (photo.kind === 'failed') explain(alert, photo.name, photo.error);
      else alert.replaceChildren();
    },
  };
}

function resultRow(): { root: HTMLElement; update(prediction: Prediction | undefined): void } {
  const label = element('span', { className: 'label' });
  const score = element('span', { className: 'score' });
  const fill = element('span', { className: 'fill' });
  const root = element('li', {}, label, score, element('span', { className: 'track', 'aria-hidden': 'true' }, fill));
  return {
    root,
    update(prediction) {
      root.classList.toggle('blank', prediction === undefined);
      setText(label, prediction?.label ?? '');
      label.title = label.textContent ?? ''; // long ones are cut
      setText(score, prediction === undefined ? '' : percent(prediction.score));
      fill.style.setProperty('--score', String(prediction?.score ?? 0));
    },
  };
}

function timingView(): { root: HTMLElement; update(result: ClassifyResult | undefined): void } {
  const parts = (['decode', 'preprocess', 'inference', 'total'] as const).map((part) => {
    const value = element('dd', {});
    return { part, value, root: element('div', {}, element('dt', {}, strings.result[part]), value) };
  });
  return {
    root: element('dl', { className: 'timing', 'aria-label': strings.result.timing }, ...parts.map(({ root }) => root)),
    update(result) {
      for (const { part, value } of parts) setText(value, result === undefined ? '–' : milliseconds(result.timing[part]));
    },
  };
}

function modelView(actions: Actions): View {
  const { model: words } = strings;
  const title = element('p', { className: 'model-name' });
  const amount = element('p', { className: 'amount quiet' });
  const progress = element('progress', { max: 1, 'aria-label': words.progress });
  const loading = element('div', {}, progress, amount);
  const kinds = element('p', { className: 'kinds', hidden: true });
  const facts = element('dl', { className: 'facts' });
  const hint = element('p', { className: 'hint quiet', hidden: true }, words.moreClasses,
    element('code', {}, words.moreClassesCommand), words.then, element('code', {}, words.startCommand));
  const alert = element('div', { className: 'alert', role: 'alert', hidden: true });
  const none = element('div', { hidden: true }, element('p', {}, words.noneDetail),
    element('pre', {}, element('code', {}, words.noneCommand)), element('p', {}, words.noneOr));
  const picker = filePicker('secondary', '.safetensors', actions.chooseModel);
  return {
    root: element('section', { className: 'card model', 'aria-labelledby': 'model-heading' },
      element('div', { className: 'model-head' },
        element('div', {}, element('h2', { id: 'model-heading' }, words.heading), title), picker.root),
      loading, kinds, facts, hint, none, alert),
    update({ model }) {
      setText(title, model.kind === 'looking' ? words.looking : model.kind === 'none' ? words.none : model.name);
      loading.hidden = model.kind !== 'loading' && model.kind !== 'preparing';
      if (!loading.hidden) showProgress(model, progress, amount);
      facts.hidden = kinds.hidden = model.kind !== 'ready';
      hint.hidden = model.kind !== 'ready' || !model.builtIn;
      if (model.kind === 'ready') {
        setText(kinds, recognises(model.info));
        showFacts(facts, model.info);
      }
      none.hidden = model.kind !== 'none';
      alert.hidden = model.kind !== 'failed';
      if (model.kind === 'failed') explain(alert, model.name, model.error);
      setText(picker.label, model.kind === 'none' ? words.choose : words.chooseAnother);
    },
  };
}

function showProgress(model: ModelState, progress: HTMLProgressElement, amount: HTMLElement): void {
  progress.classList.toggle('busy', model.kind === 'preparing');
  if (model.kind === 'preparing') progress.value = 1;
  else if (model.kind === 'loading' && model.totalBytes) progress.value = model.loadedBytes / model.totalBytes;
  else progress.removeAttribute('value');
  setText(amount, model.kind === 'loading' ? strings.model.loading(model.loadedBytes, model.totalBytes) : strings.model.preparing);
}

function showFacts(facts: HTMLElement, info: ClassifierInfo): void {
  const { model: words } = strings;
  const rows: [string, string, string?][] = [
    [words.network, architecture(info)],
    [words.classes, classes(info)],
    [words.precision, precision(info)],
    [words.size, bytes(info.modelBytes)],
    [words.engine, engine(info), info.buildReason],
    [words.licence, info.licence],
    [words.accuracy, info.accuracy],
  ];
  facts.replaceChildren(...rows.filter(([, value]) => value !== '').map(([name, value, title = '']) =>
    element('div', { title }, element('dt', {}, name), element('dd', {}, value))));
}

/** Says in words what happened to `name`, with what the library found and what to do. */
function explain(alert: HTMLElement, name: string, error: ResnetError): void {
  const found = `${name}: ${error.message}`;
  if (alert.children[1]?.textContent === found) return; // it has been said
  alert.dataset['code'] = error.code;
  alert.replaceChildren(
    element('p', { className: 'alert-title' }, errorTitles[error.code]),
    element('p', {}, found),
    element('p', {}, errorAdvice[error.code]));
}

/** A button that opens the system's file dialogue. */
function filePicker(kind: string, accept: string, choose: (file: File) => void): { root: HTMLElement; label: HTMLElement } {
  const input = element('input', { type: 'file', accept, className: 'hidden-input' });
  input.onchange = () => {
    const file = input.files?.[0];
    input.value = ''; // so that the same file can be chosen again
    if (file !== undefined) choose(file);
  };
  const label = element('span', {});
  return { root: element('label', { className: `button ${kind}` }, input, label), label };
}
