// What the camera sees, and what can be done with it.
//
// SPDX-License-Identifier: MIT
import { element, icon, setText } from '../dom.js';
import { button } from '../parts/pickers.js';
import { modelHindrance } from '../parts/model_progress.js';
import type { Session } from '../session.js';
import { cameraProblems } from '../problem_strings.js';
import { strings } from '../strings.js';
import type { Announcer } from './announcer.js';
import { isOn, type CameraState } from './camera_state.js';
import { choiceView } from './choice_view.js';
import type { Viewfinder } from './viewfinder.js';

const icons = {
  camera: 'M3 7h12v10H3zM15 11l6-4v10l-6-4z',
  none: 'M3 7h12v10H3zM15 11l6-4v10l-6-4zM3 3l18 18',
};

/** What the card asks for beyond the camera itself. */
export interface PictureActions {
  save(): void;
  open(): void;
}

export function cameraCard(
  session: Session, finder: Viewfinder, video: HTMLVideoElement, announcer: Announcer, actions: PictureActions,
): HTMLElement {
  const choices = choiceView(finder);
  return element('section', { className: 'card camera', 'aria-label': strings.camera.heading },
    stageView(finder, video, choices.mirrors),
    element('div', { className: 'bar-row' }, startButton(finder), statusView(session, finder, announcer)),
    toolsView(finder, actions), choices.root);
}

function stageView(finder: Viewfinder, video: HTMLVideoElement, mirrors: ReturnType<typeof choiceView>['mirrors']): HTMLElement {
  const { camera: words } = strings;
  const symbol = element('span', {});
  const title = element('p', {});
  const more = element('p', { className: 'quiet' });
  const prompt = element('div', { className: 'prompt' }, symbol, title, more);
  const held = element('div', { className: 'held' });
  const frame = element('div', { className: 'finder' }, video, held);
  video.onresize = () => frame.style.setProperty('--ratio', String(video.videoWidth / video.videoHeight)); // also where a phone is turned
  mirrors.watch((on) => frame.classList.toggle('mirrored', on));
  finder.state.watch((state) => {
    frame.hidden = !isOn(state);
    prompt.hidden = !frame.hidden;
    symbol.replaceChildren(icon(state.kind === 'failed' ? icons.none : icons.camera));
    setText(title, state.kind === 'failed' ? words.noPicture : words.invite);
    setText(more, state.kind === 'failed' ? cameraProblems[state.problem].title : words.inviteMore);
    if (state.kind !== 'frozen') return held.replaceChildren();
    state.still.role = 'img';
    state.still.ariaLabel = words.still;
    held.replaceChildren(state.still);
  });
  return element('div', { className: 'stage' }, prompt, frame);
}

/** One button, so that the focus stays where it is. */
function startButton(finder: Viewfinder): HTMLElement {
  const { camera: words } = strings;
  const root = button('primary', '', () => {
    const { kind } = finder.state.value;
    if (kind === 'off' || kind === 'failed') void finder.start();
    else finder.stop('asked');
  });
  finder.state.watch((state) => setText(root, state.kind === 'starting' ? words.cancel : isOn(state) ? words.stop : words.start));
  return root;
}

/** What goes on; what is seen is for the ears: the eye finds it beside the bars. */
function statusView(session: Session, finder: Viewfinder, announcer: Announcer): HTMLElement {
  const line = element('span', {});
  const more = element('span', { className: 'for-ears' });
  const root = element('p', { className: 'status', role: 'status' }, line, ' ', more);
  const update = () => {
    const { value: state } = finder.state;
    setText(line, announcer.note.value ?? statusText(session, state));
    root.classList.toggle('busy', state.kind === 'starting');
  };
  finder.state.watch(update);
  session.model.watch(update);
  announcer.note.watch(update);
  announcer.seen.watch((text) => setText(more, text));
  return root;
}

function statusText(session: Session, state: CameraState): string {
  const { camera: words } = strings;
  if (state.kind === 'off') return { new: words.off, asked: words.off, hidden: words.hidden, left: words.left }[state.why];
  if (state.kind === 'starting' || state.kind === 'failed') return words[state.kind];
  if (state.kind === 'live' && state.silent) return words.silent;
  return modelHindrance(session.model.value) ?? words[state.kind];
}

/** They are there from the start, so that nothing moves. */
function toolsView(finder: Viewfinder, { save, open }: PictureActions): HTMLElement {
  const { camera: words } = strings;
  const freeze = button('secondary', '', () => (finder.state.value.kind === 'frozen' ? finder.goOn() : finder.freeze()));
  freeze.classList.add('freeze');
  const all = [freeze, button('secondary', words.save, save), button('secondary', words.open, open)];
  finder.state.watch((state) => {
    setText(freeze, state.kind === 'frozen' ? words.goOn : words.freeze);
    for (const tool of all) tool.disabled = !isOn(state);
  });
  return element('div', { className: 'tools' }, ...all);
}
