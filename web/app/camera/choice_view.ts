// Which camera it is, and whether its picture is shown as in a mirror.
//
// SPDX-License-Identifier: MIT
import { Atom } from '../atom.js';
import { element } from '../dom.js';
import { button } from '../parts/pickers.js';
import { remembered } from '../remembered.js';
import { strings } from '../strings.js';
import { isOn } from './camera_state.js';
import type { Camera, CameraChoice } from './device.js';
import type { Viewfinder } from './viewfinder.js';

export interface ChoiceView {
  root: HTMLElement;
  /** Whether the picture is mirrored. */
  mirrors: Atom<boolean>;
}

export function choiceView(finder: Viewfinder): ChoiceView {
  const mirrors = new Atom(true);
  const root = element('div', { className: 'choices' }, cameraSelect(finder), turnButton(finder), mirrorSwitch(finder, mirrors));
  return { root, mirrors };
}

function cameraSelect(finder: Viewfinder): HTMLElement {
  const { camera: words } = strings;
  const select = element('select', { id: 'camera-choice', onchange: () => finder.choose(select.value) });
  const update = () => {
    const { state: { value: state }, choices: { value: choices } } = finder;
    const options = choices.map(({ id, label }: CameraChoice, i) => ({ id, label: label || words.unnamed(i + 1) }));
    const wanted = isOn(state) ? state.camera.id : remembered.camera.get();
    const shown = options.find(({ id }) => id === wanted);
    // Until there is a permission nobody knows which there are.
    if (shown === undefined) options.unshift({ id: '', label: words.usual });
    select.replaceChildren(...options.map(({ id, label }) => element('option', { value: id, disabled: id === '' }, label)));
    select.value = shown?.id ?? '';
    select.disabled = choices.length === 0;
  };
  finder.state.watch(update);
  finder.choices.watch(update);
  return element('div', { className: 'choice' }, element('label', { htmlFor: select.id }, words.choice), select);
}

/** Only where cameras look to two sides. That is known when one is open; with a finger as the pointer it is likely. */
function turnButton(finder: Viewfinder): HTMLElement {
  const root = button('secondary', strings.camera.turn, () => void finder.turn());
  const likely = matchMedia('(hover: none) and (pointer: coarse)').matches;
  finder.state.watch((state) => {
    root.hidden = !likely && !(isOn(state) && state.camera.facing !== undefined);
    root.disabled = !isOn(state);
  });
  return root;
}

/** Whoever sees themselves expects a mirror: only there, and only if they want it. */
function mirrorSwitch(finder: Viewfinder, mirrors: Atom<boolean>): HTMLElement {
  const box = element('input', { type: 'checkbox', checked: true });
  const update = () => {
    const { value: state } = finder.state;
    box.disabled = isOn(state) && !facesUser(state.camera);
    mirrors.set(box.checked && !box.disabled);
  };
  box.onchange = update;
  finder.state.watch(update);
  return element('label', { className: 'switch' }, box, strings.camera.mirror);
}

/** The cameras of a computer do not say where they look: at whoever sits there. */
const facesUser = ({ facing }: Camera) => facing !== 'environment';
