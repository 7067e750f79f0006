// The picture that all entrants are shown, and the inputs that it makes for engines which take numbers and no pictures.
//
// SPDX-License-Identifier: MIT

const sky = [150, 185, 215];
const box = [24, 26, 24];
const lamps = [{ y: 0.27, colour: [250, 60, 40] }, { y: 0.5, colour: [240, 190, 40] }, { y: 0.73, colour: [60, 220, 110] }];

/**
 * A traffic light, drawn: a network that has seen the world is sure of it, so that engines which round differently agree on the
 * best class. RGB, [side, side, 3]; of a size that scaling leaves as it is.
 */
export function makePicture({ resize, crop }) {
  const side = resize.mode === 'short-side' ? resize.size : crop;
  const data = new Uint8Array(side * side * 3);
  for (let i = 0; i < side * side; ++i) data.set(colourAt((i % side + 0.5) / side, (Math.floor(i / side) + 0.5) / side), 3 * i);
  return { data, width: side, height: side };
}

function colourAt(x, y) {
  const lamp = lamps.find((at) => Math.hypot(x - 0.5, y - at.y) < 0.095);
  if (lamp) return lamp.colour;
  return Math.abs(x - 0.5) < 0.15 && Math.abs(y - 0.5) < 0.38 ? box : sky;
}

const toByte = (value) => Math.round(Math.min(Math.max(value, 0), 255));

/** The middle of the picture that the network sees: [crop, crop, 3] in the recipe's order of channels. */
export function seenPixels({ data, width }, { crop, order }) {
  const middle = (width - crop) / 2;
  const offset = middle % 1 === 0.5 ? 2 * Math.round(middle / 2) : Math.round(middle); // halves to even, as the library
  const out = new Uint8Array(crop * crop * 3);
  for (let i = 0; i < out.length; ++i) {
    const [y, x, channel] = [Math.floor(i / (3 * crop)), Math.floor(i / 3) % crop, order === 'BGR' ? 2 - i % 3 : i % 3];
    out[i] = data[((y + offset) * width + x + offset) * 3 + channel];
  }
  return out;
}

/** What float networks read: normalised. */
export function normalised(seen, { scale, mean, std }) {
  return Float32Array.from(seen, (value, i) => (value * scale - mean[i % 3]) / std[i % 3]);
}

/** What 8-bit networks read: pixels with a border of the mean colour, which no engine's own padding can give. */
export function bordered(seen, { crop, scale, mean }, border) {
  const side = crop + 2 * border;
  const out = new Uint8Array(side * side * 3);
  for (let i = 0; i < out.length; ++i) out[i] = toByte(mean[i % 3] / scale);
  for (let y = 0; y < crop; ++y) out.set(seen.subarray(3 * y * crop, 3 * (y + 1) * crop), 3 * ((y + border) * side + border));
  return out;
}

/** [h, w, c] to [c, h, w]. */
export function channelsFirst(values) {
  const area = values.length / 3;
  return values.map((_, i) => values[(i % area) * 3 + Math.floor(i / area)]);
}
