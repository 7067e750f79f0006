// Our model file as the writers of other formats want it: the network's layers in running order, with their numbers.
//
// What stands in the file is said in src/model/model.h, which layers there are in src/model/architecture.cc. Whether the file is
// valid is judged by the library, which runs it too.
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';

const arrays = { F32: Float32Array, I32: Int32Array, I8: Int8Array, U8: Uint8Array };

/** The file's metadata, and its tensors by name: {dtype, shape, data}; `data` is undefined for types that no other format gets. */
export function readSafetensors(file) {
  const bytes = fs.readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE());
  const { __metadata__: metadata, ...entries } = JSON.parse(bytes.toString('utf8', 8, start));
  const tensors = new Map();
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(entries)) {
    const copy = new Uint8Array(bytes.subarray(start + from, start + to)); // which is aligned
    tensors.set(name, { dtype, shape, data: arrays[dtype] && new arrays[dtype](copy.buffer) });
  }
  return { metadata, tensors };
}

/**
 * {name, precision, architecture, recipe, classes} and the layers {stem, pooling, blocks, head}. A convolution is {name, kernel,
 * stride, relu, weight [O, H, W, I], bias}, and in 8-bit networks {scale, output}: of its weights and of the bytes that it makes.
 */
export function readNetwork(file) {
  const { metadata, tensors } = readSafetensors(file);
  const { architecture, precision, activation_bits: bits } = metadata;
  return {
    name: path.basename(file, '.safetensors'),
    architecture,
    precision: precision === 'i8' ? `${bits}-bit` : precision,
    classes: Number(metadata.classes),
    recipe: JSON.parse(metadata.recipe),
    ...new LayerReader(metadata, tensors).read(),
  };
}

class LayerReader {
  constructor({ variant, stem }, tensors) {
    this.tensors = tensors;
    this.strideFirst = variant === 'keras';
    this.large = stem === 'imagenet';
  }

  read() {
    const blocks = [1, 2, 3, 4].flatMap((stage) => this.stage(stage));
    const head = ['fc', 'fc1', 'fc2'].filter((name) => this.tensors.has(`${name}.weight`));
    return {
      stem: this.convolution('conv1', this.large ? 2 : 1, true),
      pooling: this.large,
      blocks,
      head: head.map((name, i) => ({ ...this.weights(name), relu: i + 1 < head.length })),
    };
  }

  stage(number) {
    const blocks = [];
    for (let i = 0; this.tensors.has(`layer${number}.${i}.conv1.weight`); ++i) {
      blocks.push(this.block(`layer${number}.${i}`, number > 1 && i === 0 ? 2 : 1));
    }
    return blocks;
  }

  block(name, stride) {
    const has = (layer) => this.tensors.has(`${name}.${layer}.weight`);
    const names = ['conv1', 'conv2', 'conv3'].filter(has);
    const strided = names.length === 3 && !this.strideFirst ? 1 : 0;
    return {
      name: `${name}.add`,
      convolutions: names.map((layer, i) => this.convolution(`${name}.${layer}`, i === strided ? stride : 1, i + 1 < names.length)),
      shortcut: has('downsample.0') ? this.convolution(`${name}.downsample.0`, stride, false) : undefined,
      output: this.quantization(`${name}.add`),
    };
  }

  convolution(name, stride, relu) {
    const { weight, ...more } = this.weights(name);
    return { ...more, weight, kernel: weight.shape[1], stride, relu, output: this.quantization(name) };
  }

  weights(name) {
    const get = (what) => this.tensors.get(`${name}.${what}`);
    return { name, weight: get('weight'), bias: get('bias'), scale: get('weight_scale')?.data };
  }

  /** Number = scale * (byte - zeroPoint); undefined for floats. */
  quantization(name) {
    const [scale, zeroPoint, most] = ['scale', 'zero_point', 'max'].map((what) => this.tensors.get(`${name}.output_${what}`)?.data[0]);
    return scale === undefined ? undefined : { scale, zeroPoint, most };
  }
}

/** Why other engines cannot be given this network, or undefined. */
export function unfit(network) {
  const { precision, stem, blocks } = network;
  if (precision === 'f32') return undefined;
  if (precision !== '8-bit') return `its precision is ${precision}: float networks and 8-bit ones can be written for others`;
  const layers = [stem, ...blocks.flatMap(({ convolutions, shortcut }) => [...convolutions, shortcut].filter(Boolean))];
  const float = layers.find(({ weight }) => weight.dtype !== 'I8');
  if (float) return `${float.name} is kept in floats`;
  // Others clip at the byte's own ends.
  const sums = blocks.map(({ name, output }) => ({ name, output, relu: true }));
  const clipped = [...layers, ...sums].find(({ output, relu }) => output.most !== 127 || (relu && output.zeroPoint !== -128));
  return clipped && `${clipped.name} does not use all 256 bytes`;
}

/**
 * Calls the operations of a `writer` in running order and returns what the last one made: convolution(layer, input),
 * maxPooling(input), sum(block, main, shortcut), averagePooling(input), dense(layer, input).
 */
export function walk(network, writer, input) {
  const through = (layers, value) => layers.reduce((made, layer) => writer.convolution(layer, made), value);
  let value = through([network.stem], input);
  if (network.pooling) value = writer.maxPooling(value);
  for (const block of network.blocks) {
    const main = through(block.convolutions, value);
    value = writer.sum(block, main, through(block.shortcut ? [block.shortcut] : [], value));
  }
  return network.head.reduce((made, layer) => writer.dense(layer, made), writer.averagePooling(value));
}

/** A dense layer's weights as floats. */
export function denseWeights({ weight, scale }) {
  if (weight.dtype === 'F32') return weight.data;
  const columns = weight.shape[1];
  return Float32Array.from(weight.data, (value, i) => value * scale[Math.floor(i / columns)]);
}

/** The scales of the sums in a convolution that reads bytes of `inputScale`: also its bias's. */
export const sumScales = ({ scale }, inputScale) => scale.map((value) => value * inputScale);

/** Pixels around the picture in what other engines are given: with 8 bits their own padding cannot be the mean colour. */
export const borderOf = ({ precision, stem }) => (precision === 'f32' ? 0 : Math.floor(stem.kernel / 2));

/** 8-bit networks read the pixels themselves. */
export const pixels = { scale: 1, zeroPoint: -128 };
