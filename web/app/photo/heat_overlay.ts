// Where in the picture a class shows: the class activation map, laid over the preview.
//
// SPDX-License-Identifier: MIT
import type { ClassifyResult } from '../../api/index.js';
import { element } from '../dom.js';

export interface HeatOverlay {
  root: HTMLElement;
  /** Draws the result's map, or nothing where it has none. */
  update(result: ClassifyResult | undefined): void;
  /** 0..1. */
  fade(opacity: number): void;
}

// From nothing over yellow and red to dark red; without green, so that red-blind people see a rise in darkness.
const colours: readonly [number, number, number, number][] = [
  [255, 236, 110, 0], [255, 214, 60, 140], [250, 120, 30, 200], [200, 20, 50, 225], [110, 0, 60, 235],
];

export function heatOverlay(): HeatOverlay {
  const canvas = element('canvas', { className: 'heat' });
  const root = element('div', { className: 'heat-area', 'aria-hidden': 'true' }, canvas);
  return {
    root,
    update(result) {
      root.hidden = result?.heatmap === undefined;
      if (result?.heatmap === undefined) return;
      const { crop, heatmap: { size, values } } = result;
      // The browser's smooth scaling does the rest.
      canvas.width = canvas.height = size;
      canvas.getContext('2d')?.putImageData(new ImageData(coloured(values), size, size), 0, 0);
      const box = { left: crop.left, top: crop.top, width: crop.right - crop.left, height: crop.bottom - crop.top };
      for (const [side, value] of Object.entries(box)) canvas.style.setProperty(side, `${100 * value}%`);
    },
    fade: (opacity) => canvas.style.setProperty('opacity', String(opacity)),
  };
}

/** What speaks for the class, from none to the most; what speaks against it counts as none. */
function coloured(values: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const most = Math.max(1e-9, ...values);
  const pixels = new Uint8ClampedArray(4 * values.length);
  values.forEach((value, i) => {
    const place = (Math.max(0, value) / most) * (colours.length - 1);
    const below = colours[Math.floor(place)];
    const above = colours[Math.ceil(place)];
    if (below === undefined || above === undefined) return;
    const part = place % 1;
    for (let channel = 0; channel < 4; ++channel) {
      pixels[4 * i + channel] = (below[channel] ?? 0) * (1 - part) + (above[channel] ?? 0) * part;
    }
  });
  return pixels;
}
