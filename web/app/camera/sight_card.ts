// What the network sees in the camera's picture, and how quick it is.
//
// SPDX-License-Identifier: MIT
import { element, setText } from '../dom.js';
import { errorMessage, messageView, type Message } from '../parts/alert.js';
import { resultList } from '../parts/results.js';
import type { Session } from '../session.js';
import { frameRate, milliseconds } from '../format.js';
import { cameraProblems } from '../problem_strings.js';
import { engine, strings } from '../strings.js';
import type { CameraState, Sight } from './camera_state.js';
import type { Viewfinder } from './viewfinder.js';

const usualClasses = 1000; // until the model is known
const steadyMs = 500; // numbers that change more often cannot be read
const none = '–';

export function sightCard(session: Session, finder: Viewfinder, video: HTMLVideoElement): HTMLElement {
  // It has its text from the start and is made visible: so its place is kept, however many lines it takes.
  const doubt = element('p', { className: 'doubt blank' }, strings.result.doubt(usualClasses));
  const list = resultList();
  const alert = messageView();
  const speed = speedView(video);
  const update = () => {
    const { state: { value: state }, sight: { value: sight } } = finder;
    const info = session.ready?.info;
    if (info !== undefined) setText(doubt, strings.result.doubt(info.classes));
    doubt.classList.toggle('blank', sight.doubtful !== true);
    list.update(sight.predictions);
    alert.update(messageOf(state, sight));
    list.root.hidden = doubt.hidden = !alert.root.hidden;
    speed.update(sight, info === undefined ? '' : engine(info));
  };
  finder.state.watch(update);
  finder.sight.watch(update);
  session.model.watch(update);
  return element('section', { className: 'card sight', 'aria-labelledby': 'sight-heading' },
    element('h2', { id: 'sight-heading' }, strings.result.heading),
    element('div', { className: 'result-body' }, doubt, list.root, alert.root), speed.root);
}

function messageOf(state: CameraState, { error }: Sight): Message | undefined {
  if (error !== undefined) return errorMessage(strings.camera.frame, error);
  if (state.kind !== 'failed') return undefined;
  const { title, lines } = cameraProblems[state.problem];
  // Why, in the browser's words, where we have none.
  return { code: state.problem, title, lines: state.problem === 'other' && state.detail !== '' ? [state.detail, ...lines] : lines };
}

function speedView(video: HTMLVideoElement): { root: HTMLElement; update(sight: Sight, engine: string): void } {
  const { camera: words } = strings;
  const [rate, latency, size] = [element('dd', {}), element('dd', {}), element('dd', {})];
  const root = element('dl', { className: 'timing speed', 'aria-label': words.timing },
    element('div', {}, element('dt', {}, words.rate), rate),
    element('div', { title: words.latencyHint }, element('dt', {}, words.latency), latency),
    element('div', {}, element('dt', {}, words.resolution), size));
  const by = element('p', { className: 'quiet by' });
  let last = -Infinity;
  return {
    root: element('div', {}, root, by),
    update(sight, engineName) {
      setText(by, engineName);
      const now = performance.now();
      const hasAll = sight.rate !== undefined && rate.textContent !== none;
      if (hasAll && now - last < steadyMs) return;
      last = now;
      setText(rate, sight.rate === undefined ? none : frameRate(sight.rate));
      setText(latency, sight.latency === undefined ? none : milliseconds(sight.latency));
      setText(size, sight.predictions === undefined ? none : words.size(video.videoWidth, video.videoHeight));
    },
  };
}
