// A ResNet-18 with nothing learnt: all weights zero, so that its answer is known beforehand from the last layer's bias.
//
// With it, everything but what a network knows can be tested without a real one.
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';

export const labels = ['nothing', 'something', 'anything'];
export const labelIds = ['n00', 'n01', 'n02'];
const usualBias = [0, 3, 1];
/** With this one no class is much more likely than another. */
export const doubtfulBias = [0, 0.2, 0.1];

/** The scores that every picture gets, by class, where the model was written without another `bias`. */
export const scores = scoresOf(usualBias);

/** The softmax of a last layer's `bias`. */
export function scoresOf(bias) {
  const powers = bias.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** [name, shape] of every weight, torchvision's names; convolutions as [out, height, width, in]. */
function layers(classes) {
  const list = [['conv1', [64, 3, 3, 3]]];
  let inputs = 64;
  [64, 128, 256, 512].forEach((channels, stage) => {
    for (const block of [0, 1]) {
      const name = `layer${stage + 1}.${block}`;
      list.push([`${name}.conv1`, [channels, 3, 3, inputs]], [`${name}.conv2`, [channels, 3, 3, channels]]);
      if (inputs !== channels) list.push([`${name}.downsample.0`, [channels, 1, 1, inputs]]);
      inputs = channels;
    }
  });
  return [...list, ['fc', [classes, inputs]]];
}

/**
 * `crop`: side of the input. `bias`: the last layer's, from which all scores come: as many classes, the first ones are `labels`;
 * where these are all, there are `labelIds` too.
 * `golden`: recorded logits, to be compared with `bias` by the self-test.
 */
export function writeBlankModel(file, { crop = 32, bias = usualBias, golden } = {}) {
  const names = bias.map((_, i) => labels[i] ?? `thing ${i}`);
  const recipe = {
    resize: { mode: 'short-side', size: crop, filter: 'bilinear' }, crop, order: 'RGB', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1],
  };
  const metadata = {
    format: 'resnet-wasm 1', architecture: 'resnet18', variant: 'torchvision', stem: 'small', classes: String(bias.length),
    head: String(bias.length), precision: 'f16', recipe: JSON.stringify(recipe), labels: JSON.stringify(names), name: 'blank',
    ...(bias.length === labelIds.length && { label_ids: JSON.stringify(labelIds) }),
  };
  const tensors = [];
  for (const [name, shape] of layers(bias.length)) {
    const values = new Float32Array(shape[0]);
    if (name === 'fc') values.set(bias);
    tensors.push({ name: `${name}.bias`, dtype: 'F32', shape: [shape[0]], data: new Uint8Array(values.buffer) });
    tensors.push({ name: `${name}.weight`, dtype: 'F16', shape, data: new Uint8Array(2 * shape.reduce((a, b) => a * b)) });
  }
  if (golden !== undefined) {
    const logits = new Float32Array([...golden, 0].slice(0, bias.length));
    tensors.push({ name: 'golden.logits', dtype: 'F32', shape: [bias.length], data: new Uint8Array(logits.buffer) });
    tensors.push({ name: 'golden.input', dtype: 'U8', shape: [8, 8, 3], data: new Uint8Array(8 * 8 * 3) });
  }
  writeSafetensors(file, metadata, tensors);
}

function writeSafetensors(file, metadata, tensors) {
  const header = { __metadata__: metadata };
  let offset = 0;
  for (const { name, dtype, shape, data } of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset += data.length] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, Buffer.concat([length, json, ...tensors.map(({ data }) => data)]));
}
