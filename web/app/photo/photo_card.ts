// The photo itself: its preview, with the part that is looked at and where a class is seen; where it comes from.
//
// SPDX-License-Identifier: MIT
import type { Atom } from '../atom.js';
import { element, icon, setText } from '../dom.js';
import { modelHindrance } from '../parts/model_progress.js';
import { button, filePicker } from '../parts/pickers.js';
import type { Session } from '../session.js';
import { strings } from '../strings.js';
import { doubtedClasses } from './doubted.js';
import { heatOverlay } from './heat_overlay.js';
import type { PhotoActions } from './photo_panel.js';
import type { PhotoState } from './photo_state.js';
import { regionBox } from './region_box.js';
import { samplesView } from './samples.js';

const icons = {
  photo: 'M4 6h4l2-2h4l2 2h4v13H4zM12 9a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  broken: 'M4 5h16v14H4zM4 16l5-5 3 3M14 12l2-2 4 4M9 5l2 5-2 3 3 6',
};
const usualOpacity = 0.65;

export function photoCard(
  session: Session, photo: Atom<PhotoState>, located: Atom<number | undefined>, actions: PhotoActions,
): HTMLElement {
  const preview = element('img', { className: 'preview', decoding: 'async' });
  const heat = heatOverlay();
  const region = regionBox(actions.look);
  const frame = element('div', { className: 'frame', hidden: true }, preview, heat.root, region.root);
  const prompt = element('div', { className: 'prompt' }, icon(icons.photo),
    element('p', {}, strings.photo.hint), element('p', { className: 'quiet' }, strings.photo.kinds));
  const noPreview = element('div', { className: 'prompt', hidden: true }, icon(icons.broken), element('p', {}, strings.photo.noPreview));
  const drop = element('div', { className: 'drop' }, strings.photo.drop);
  const stage = element('div', { className: 'stage' }, prompt, noPreview, frame, drop);
  const show = (shown: HTMLElement) => [prompt, noPreview, frame].forEach((part) => { part.hidden = part !== shown; });
  preview.onload = () => frame.style.setProperty('--ratio', String(preview.naturalWidth / preview.naturalHeight));
  preview.onerror = () => show(noPreview);

  const picker = filePicker({ kind: 'primary', accept: 'image/*', multiple: true }, actions.choose);
  const statusLine = element('span', {});
  const statusMore = element('span', { className: 'for-ears' }); // what the eye finds beside the bars
  const status = element('p', { className: 'status', role: 'status' }, statusLine, ' ', statusMore);
  const tools = toolsView(photo, located, actions, region, heat);

  const update = () => {
    const { value } = photo;
    const doubted = doubtedClasses(session, value);
    setText(picker.label, value.kind === 'empty' ? strings.photo.choose : strings.photo.chooseAnother);
    setText(statusLine, statusText(session, value));
    setText(statusMore, doubted === undefined ? '' : strings.status.doubtfulMore(doubted));
    status.classList.toggle('busy', value.kind === 'busy');
    heat.update(value.kind === 'done' && located.value !== undefined ? value.result : undefined);
    if (value.kind === 'empty') return show(prompt);
    region.update(value.region);
    if (preview.src === value.url) return;
    preview.src = value.url;
    preview.alt = strings.photo.preview(value.name);
    show(frame);
  };
  photo.watch(update);
  located.watch(update);
  session.model.watch(update);
  return element('section', { className: 'card photo', 'aria-label': strings.photo.heading },
    stage, element('div', { className: 'bar-row' }, picker.root, status), tools, samplesView(actions));
}

/** For a photo that is there: the part that is looked at, and how strongly the map covers it. */
function toolsView(
  photo: Atom<PhotoState>, located: Atom<number | undefined>, actions: PhotoActions,
  region: ReturnType<typeof regionBox>, heat: ReturnType<typeof heatOverlay>,
): HTMLElement {
  const { region: words } = strings;
  let editing = false;
  const choosePart = button('secondary', words.choose, () => edit(!editing));
  const whole = button('secondary', words.whole, () => actions.look(undefined));
  const help = element('p', { className: 'quiet region-help', hidden: true }, words.help);
  const opacity = element('input', { type: 'range', min: '0', max: '1', step: '0.05', value: String(usualOpacity) });
  const fade = element('label', { className: 'fade' }, strings.heat.opacity, opacity);
  // Its place is kept from the start: nothing moves when a photo comes.
  const root = element('div', { className: 'tools' }, choosePart, whole, fade, help);
  const edit = (on: boolean) => {
    editing = on;
    region.edit(on);
    choosePart.setAttribute('aria-pressed', String(on));
    help.hidden = !on;
    if (on) region.root.focus({ preventScroll: true });
  };
  edit(false);
  opacity.oninput = () => heat.fade(Number(opacity.value));
  heat.fade(usualOpacity);
  let name: string | undefined;
  photo.watch((state) => {
    // A whole photo that cannot be read has no parts either.
    root.classList.toggle('blank', state.kind === 'empty' || (state.kind === 'failed' && state.region === undefined));
    if (state.kind === 'empty') return;
    if (state.url !== name) edit(false);
    name = state.url;
    whole.disabled = state.region === undefined;
  });
  located.watch((index) => fade.classList.toggle('blank', index === undefined));
  return root;
}

function statusText(session: Session, photo: PhotoState): string {
  const { model: { value: model } } = session;
  const { status } = strings;
  if (photo.kind === 'busy') return status.busy;
  if (photo.kind === 'failed') return status.photoFailed;
  if (photo.kind === 'done') {
    const best = photo.result.predictions[0];
    if (best === undefined) return status.nothing;
    return (doubtedClasses(session, photo) === undefined ? status.done : status.doubtful)(best.label, best.score);
  }
  if (model.kind === 'ready') return status.noPhoto;
  if (photo.kind === 'empty' && model.kind !== 'failed' && model.kind !== 'none') return status.noPhotoYet;
  return modelHindrance(model) ?? '';
}
