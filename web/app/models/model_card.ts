// What the page works with: the model, its progress while it loads, what it knows, what is wrong with it.
//
// SPDX-License-Identifier: MIT
import { edition } from 'resnet-edition';
import type { ClassifierInfo } from '../../api/index.js';
import { element, setText } from '../dom.js';
import { alertView } from '../parts/alert.js';
import { filePicker } from '../parts/pickers.js';
import type { ModelState, Session } from '../session.js';
import { bytes } from '../format.js';
import { architecture, classes, engine, precision, recognises, strings } from '../strings.js';

/** Shown below every panel. */
export function modelCard(session: Session): HTMLElement {
  const { model: words } = strings;
  const title = element('p', { className: 'model-name' });
  const amount = element('p', { className: 'amount quiet' });
  const progress = element('progress', { max: 1, 'aria-label': words.progress });
  const loading = element('div', {}, progress, amount);
  const kinds = element('p', { className: 'kinds', hidden: true });
  const facts = element('dl', { className: 'facts' });
  const hint = element('p', { className: 'hint quiet', hidden: true }, words.moreClasses,
    element('code', {}, words.moreClassesCommand), words.then, element('code', {}, words.startCommand));
  const alert = alertView();
  const none = element('div', { hidden: true }, ...(edition.hasServer ? [
    element('p', {}, words.noneDetail), element('pre', {}, element('code', {}, words.noneCommand)), element('p', {}, words.noneOr),
  ] : [element('p', {}, strings.single.noModel)]));
  const picker = filePicker({ kind: 'secondary', accept: '.safetensors' }, ([model]) => model && void session.useFile(model.file));
  session.model.watch((model) => {
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
    if (model.kind === 'failed') alert.update(model.name, model.error);
    else alert.update('', undefined);
    setText(picker.label, model.kind === 'none' ? words.choose : words.chooseAnother);
  });
  return element('section', { className: 'card model', 'aria-labelledby': 'model-heading' },
    element('div', { className: 'model-head' },
      element('div', {}, element('h2', { id: 'model-heading' }, words.heading), title), picker.root),
    loading, kinds, facts, hint, none, alert.root);
}

function showProgress(model: ModelState, progress: HTMLProgressElement, amount: HTMLElement): void {
  progress.classList.toggle('busy', model.kind === 'preparing');
  if (model.kind === 'preparing') progress.value = 1;
  else if (model.kind === 'loading' && model.totalBytes) progress.value = model.loadedBytes / model.totalBytes;
  else progress.removeAttribute('value');
  setText(amount, model.kind === 'loading' ? strings.model.loading(model.loadedBytes, model.totalBytes) : strings.model.preparing);
}

/** What a model is, as a list of terms. */
export function showFacts(facts: HTMLElement, info: ClassifierInfo): void {
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
