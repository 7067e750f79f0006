// The box that marks the part of a photo that is looked at. Three ways to set it: drag, click two corners, arrow keys.
//
// SPDX-License-Identifier: MIT
import type { Region } from '../../api/index.js';
import { element } from '../dom.js';
import { strings } from '../strings.js';

export interface RegionBox {
  root: HTMLElement;
  /** Whether it can be set: otherwise it only shows what is set. */
  edit(on: boolean): void;
  update(region: Region | undefined): void;
}

const least = 0.04; // smaller boxes are slips of the hand
const keyStep = 0.02;
const first: Region = { left: 0.25, top: 0.25, right: 0.75, bottom: 0.75 }; // where the keys begin

/** Lies over the picture; `set` is called when a box is done. */
export function regionBox(set: (region: Region | undefined) => void): RegionBox {
  const box = element('div', { className: 'region', hidden: true });
  const root = element('div', { className: 'region-area', tabIndex: -1, role: 'application', 'aria-label': strings.region.area }, box);
  let editing = false;
  let region: Region | undefined;
  let corner: { x: number; y: number } | undefined; // the first, while the second is sought

  const draw = (shown: Region | undefined) => {
    box.hidden = shown === undefined;
    if (shown === undefined) return;
    const sides = { left: shown.left, top: shown.top, right: 1 - shown.right, bottom: 1 - shown.bottom };
    for (const [side, value] of Object.entries(sides)) box.style.setProperty(side, `${100 * value}%`);
  };
  const at = ({ clientX, clientY }: PointerEvent) => {
    const { left, top, width, height } = root.getBoundingClientRect();
    return { x: clamp((clientX - left) / width), y: clamp((clientY - top) / height) };
  };
  const between = (a: { x: number; y: number }, b: { x: number; y: number }): Region => ({
    left: Math.min(a.x, b.x), top: Math.min(a.y, b.y), right: Math.max(a.x, b.x), bottom: Math.max(a.y, b.y),
  });
  const finish = (end: { x: number; y: number }) => {
    if (corner === undefined) return;
    const drawn = between(corner, end);
    if (drawn.right - drawn.left < least || drawn.bottom - drawn.top < least) return; // a click: the first of two corners
    corner = undefined;
    set(drawn);
  };

  root.onpointerdown = (event) => {
    if (!editing || event.button !== 0) return;
    event.preventDefault();
    root.focus({ preventScroll: true });
    if (corner !== undefined) return finish(at(event));
    corner = at(event);
    root.setPointerCapture(event.pointerId);
  };
  root.onpointermove = (event) => {
    if (editing && corner !== undefined) draw(between(corner, at(event)));
  };
  root.onpointerup = (event) => finish(at(event));
  root.onpointercancel = () => {
    corner = undefined;
    draw(region);
  };
  root.onkeydown = (event) => {
    if (!editing) return;
    const moved = event.key === 'Escape' ? undefined : byKey(event, region ?? first);
    if (event.key !== 'Escape' && moved === undefined) return;
    event.preventDefault();
    corner = undefined;
    set(moved);
  };

  return {
    root,
    edit(on) {
      editing = on;
      corner = undefined;
      root.classList.toggle('editing', on);
      root.tabIndex = on ? 0 : -1;
      draw(region);
    },
    update(shown) {
      region = shown;
      if (corner === undefined) draw(shown);
    },
  };
}

/** Arrows move it, with shift they move its lower right corner; undefined for other keys. */
function byKey({ key, shiftKey }: KeyboardEvent, { left, top, right, bottom }: Region): Region | undefined {
  const steps: Record<string, [number, number]> = {
    ArrowLeft: [-keyStep, 0], ArrowRight: [keyStep, 0], ArrowUp: [0, -keyStep], ArrowDown: [0, keyStep], Enter: [0, 0],
  };
  const step = steps[key];
  if (step === undefined) return undefined;
  if (shiftKey) {
    return { left, top, right: Math.min(1, Math.max(left + least, right + step[0])), bottom: Math.min(1, Math.max(top + least, bottom + step[1])) };
  }
  const x = Math.min(1 - right, Math.max(-left, step[0]));
  const y = Math.min(1 - bottom, Math.max(-top, step[1]));
  return { left: left + x, top: top + y, right: right + x, bottom: bottom + y };
}

const clamp = (value: number) => Math.min(1, Math.max(0, value));
