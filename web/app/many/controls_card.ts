// What comes in, how far it is, and the buttons that stop it, go on with it, and clear it away.
//
// SPDX-License-Identifier: MIT
import { element, icon, setText } from '../dom.js';
import type { PickedFile } from '../files.js';
import { alertView } from '../parts/alert.js';
import { button, filePicker } from '../parts/pickers.js';
import { toResnetError, type Session } from '../session.js';
import { strings } from '../strings.js';
import type { Batch } from './batch.js';
import type { IntakeVoice } from './intake.js';

export interface ControlActions {
  take(files: PickedFile[]): void;
  takeLabels(files: PickedFile[]): void;
  clear(): void;
}

export interface ControlsCard extends IntakeVoice {
  root: HTMLElement;
  update(): void;
}

const photos = 'M7 4h13v13H7zM4 8v12h12M9 14l3-4 3 3 2-2 3 4';
const announcedEvery = 20_000; // milliseconds

export function controlsCard(batch: Batch, session: Session, actions: ControlActions): ControlsCard {
  const { many: words } = strings;
  const kinds = 'image/*';
  const files = filePicker({ kind: 'primary', accept: `${kinds},.tsv`, multiple: true }, actions.take);
  const folder = filePicker({ kind: 'secondary', accept: kinds, folder: true }, actions.take);
  const labels = filePicker({ kind: 'secondary', accept: '.tsv,.txt' }, actions.takeLabels);
  setText(labels.label, words.labels);
  labels.root.title = words.labelsHint;
  const stop = button('secondary', words.stop, () => batch.stop());
  const goOn = button('secondary', words.goOn, () => batch.goOn());
  const clear = button('secondary', words.clear, actions.clear);
  const prompt = element('div', { className: 'prompt' }, icon(photos), element('p', {}, words.invite),
    element('p', { className: 'quiet' }, words.inviteMore), element('p', { className: 'quiet' }, words.inviteLabels));
  const invitation = element('div', { className: 'invitation' }, prompt);
  const progress = progressView(batch, session);
  const note = element('p', { className: 'quiet', role: 'status' });
  const refusal = alertView();
  const alert = alertView();
  const root = element('section', { className: 'card controls', 'aria-label': words.heading }, invitation,
    element('div', { className: 'bar-row' }, files.root, folder.root, labels.root, element('span', { className: 'spring' }), stop, goOn, clear),
    progress.root, note, refusal.root, alert.root, element('div', { className: 'drop' }, words.drop));
  return {
    root,
    update() {
      const { state: { value: state }, error } = batch;
      const empty = state === 'empty';
      invitation.hidden = !empty;
      labels.root.hidden = clear.hidden = empty;
      setText(files.label, empty ? words.choose : words.chooseMore);
      setText(folder.label, empty ? words.folder : words.folderMore);
      keepFocus([stop, goOn, clear], () => {
        stop.hidden = state !== 'running' && state !== 'waiting';
        goOn.hidden = state !== 'stopped';
      });
      progress.update();
      alert.update(words.heading, error);
    },
    note: (text) => setText(note, text),
    refuse(name, error) {
      refusal.update('', undefined);
      if (error !== undefined) refusal.update(name, toResnetError(error));
    },
  };
}

/** Where `change` hides the button that has the focus, the first one that is left gets it. */
function keepFocus(buttons: readonly HTMLElement[], change: () => void): void {
  const focused = buttons.find((each) => each === document.activeElement);
  change();
  if (focused?.hidden) buttons.find((each) => !each.hidden)?.focus();
}

function progressView(batch: Batch, session: Session): { root: HTMLElement; update(): void } {
  const bar = element('progress', { max: 1, 'aria-label': strings.many.progress });
  const text = element('p', { className: 'amount quiet' });
  const spoken = element('p', { className: 'for-ears', role: 'status' });
  let said = '';
  let saidAt = 0;
  // What is new is told at once, how far it is only now and then.
  const announce = (state: string, words: string) => {
    const now = performance.now();
    if (state === said && now - saidAt < announcedEvery) return;
    said = state;
    saidAt = now;
    setText(spoken, words);
  };
  const root = element('div', { className: 'many-progress' }, bar, text, spoken);
  return {
    root,
    update() {
      const { state: { value: state }, looked, items: { length: all } } = batch;
      bar.hidden = text.hidden = state === 'empty';
      bar.value = all === 0 ? 0 : looked / all;
      bar.classList.toggle('busy', state === 'waiting');
      const words = progressText(batch, session);
      setText(text, words);
      announce(state, state === 'empty' ? '' : state === 'running' && said !== 'running' ? strings.many.looking(all) : words);
    },
  };
}

function progressText(batch: Batch, session: Session): string {
  const { state: { value: state }, looked, failed, rate, items: { length: all } } = batch;
  const { many: words } = strings;
  const unreadable = failed === 0 ? [] : [words.unreadable(failed)];
  if (state === 'waiting') {
    const { kind } = session.model.value;
    return kind === 'none' ? words.noModel(all) : kind === 'failed' ? words.modelFailed(all) : words.waiting(all);
  }
  if (state === 'done') return [words.done(all), ...unreadable].join(' · ');
  if (state === 'stopped') return [words.stopped(looked, all), ...unreadable].join(' · ');
  const speed = rate === undefined ? [] : [words.rate(rate), words.left((all - looked) / rate)];
  return [words.count(looked, all), ...speed, ...unreadable].join(' · ');
}
