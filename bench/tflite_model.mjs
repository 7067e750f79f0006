// The network as a TensorFlow Lite file for LiteRT.js, in floats or in 8 bits, table by table as the format's schema numbers the
// fields (google-ai-edge/LiteRT, tflite/converter/schema/schema.fbs).
//
// TensorFlow's "same" padding is uneven where there is a stride: there, torch's is an operator of its own. An 8-bit network gets
// its pixels, border included, as floats, which LiteRT.js takes in place of signed bytes; its end is in floats, as ours is.
// SPDX-License-Identifier: MIT
import { borderOf, denseWeights, pixels, sumScales, walk } from './network.mjs';

const identifier = 'TFL3';
const version = 3;
const operatorVersion = 3; // the first in which all of them have 8-bit kernels
const operators = {
  Add: { code: 0, options: 11 }, Conv: { code: 3, options: 1 }, Dequantize: { code: 6 }, Dense: { code: 9, options: 8 },
  MaxPool: { code: 17, options: 5 }, Pad: { code: 34 }, Mean: { code: 40 }, Quantize: { code: 114 },
};
const tensorTypes = new Map([[Float32Array, 0], [Int32Array, 2], [Int8Array, 9]]);
const same = 0, valid = 1; // Padding
const relu = 1; // ActivationFunctionType

/** The file's bytes. `flatbuffers`: the package of that name. */
export function tfliteModel(network, flatbuffers) {
  const writer = new TfliteWriter();
  const bytes = network.precision !== 'f32';
  const side = network.recipe.crop + 2 * borderOf(network);
  const picture = writer.value([1, side, side, 3], undefined);
  const input = bytes ? { ...writer.run('Quantize', [picture], picture.shape, pixels), padded: true } : picture;
  const output = walk(network, writer, input);
  return new TfliteFile(flatbuffers, writer.buffers).write(writer, picture, output);
}

/** A value is {index, shape, quantization}, the last for bytes only. */
class TfliteWriter {
  tensors = [];
  buffers = [new Uint8Array()]; // the first stands for none
  operations = [];

  convolution(layer, input) {
    const { kernel, stride, weight, output } = layer;
    const even = kernel === 1 || input.padded || stride > 1;
    const from = kernel > 1 && stride > 1 && !input.padded ? this.pad(input, Math.floor(kernel / 2)) : input;
    const [, height, width] = from.shape;
    const shape = [1, ...[height, width].map((side) => outputSide(side, even ? kernel : 1, stride)), weight.shape[0]];
    const options = [[0, 'Int8', even ? valid : same], [1, 'Int32', stride], [2, 'Int32', stride], [3, 'Int8', layer.relu ? relu : 0]];
    return this.run('Conv', [from, ...this.weights(layer, input)], shape, output, options);
  }

  weights({ weight, bias, scale }, input) {
    const scales = input.quantization && sumScales({ scale }, input.quantization.scale);
    return [this.constant(weight.data, weight.shape, scale), this.constant(bias.data, bias.shape, scales)];
  }

  maxPooling(input) {
    const padded = this.pad(input, 1); // nothing is below what it pads with: a ReLU came before
    const [, height, width, channels] = padded.shape;
    const options = [[0, 'Int8', valid], [1, 'Int32', 2], [2, 'Int32', 2], [3, 'Int32', 3], [4, 'Int32', 3]];
    const shape = [1, outputSide(height, 3, 2), outputSide(width, 3, 2), channels];
    return this.run('MaxPool', [padded], shape, input.quantization, options);
  }

  sum({ output }, main, shortcut) {
    return this.run('Add', [main, shortcut], main.shape, output, [[0, 'Int8', relu]]);
  }

  averagePooling(input) {
    const floats = input.quantization ? this.run('Dequantize', [input], input.shape) : input;
    return this.run('Mean', [floats, this.constant(Int32Array.of(1, 2), [2])], [1, input.shape[3]]);
  }

  dense(layer, input) {
    const { weight, bias } = layer;
    const inputs = [input, this.constant(denseWeights(layer), weight.shape), this.constant(bias.data, bias.shape)];
    return this.run('Dense', inputs, [1, weight.shape[0]], undefined, [[0, 'Int8', layer.relu ? relu : 0]]);
  }

  pad(input, border) {
    const [, height, width, channels] = input.shape;
    const borders = this.constant(Int32Array.of(0, 0, border, border, border, border, 0, 0), [4, 2]);
    return this.run('Pad', [input, borders], [1, height + 2 * border, width + 2 * border, channels], input.quantization);
  }

  /** `options`: the fields of the operator's own table. */
  run(operator, inputs, shape, quantization, options) {
    const output = this.value(shape, quantization);
    this.operations.push({ operator, inputs: inputs.map(({ index }) => index), output: output.index, options });
    return output;
  }

  value(shape, quantization) {
    const scales = quantization && { scales: [quantization.scale], zeroPoints: [quantization.zeroPoint] };
    this.tensors.push({ shape, type: tensorTypes.get(quantization ? Int8Array : Float32Array), buffer: 0, ...scales });
    return { index: this.tensors.length - 1, shape, quantization };
  }

  /** `scales`: one for each of the first dimension. */
  constant(data, shape, scales) {
    this.buffers.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const zeroPoints = scales && Array(scales.length).fill(0);
    this.tensors.push({ shape, type: tensorTypes.get(data.constructor), buffer: this.buffers.length - 1, scales, zeroPoints });
    return { index: this.tensors.length - 1, shape };
  }
}

const outputSide = (side, kernel, stride) => Math.floor((side - kernel) / stride) + 1;

/** Writes the tables, the inner ones first, as FlatBuffers must be. */
class TfliteFile {
  constructor({ Builder }, buffers) {
    const bytes = buffers.reduce((sum, { length }) => sum + length, 0);
    this.builder = new Builder(bytes + (1 << 20)); // growing would copy it all
    this.buffers = buffers.map((data) => this.table([[0, 'Offset', data.length > 0 ? this.data(data) : 0]]));
  }

  write({ tensors, operations }, input, output) {
    const names = Object.keys(operators);
    const codes = names.map((name) => this.operatorCode(operators[name].code));
    const subgraph = this.table([
      [0, 'Offset', this.offsets(tensors.map((tensor, i) => this.tensor(tensor, `t${i}`)))],
      [1, 'Offset', this.int32s([input.index])],
      [2, 'Offset', this.int32s([output.index])],
      [3, 'Offset', this.offsets(operations.map((operation) => this.operation(operation, names)))],
      [4, 'Offset', this.builder.createString('main')],
    ]);
    const model = this.table([
      [0, 'Int32', version], [1, 'Offset', this.offsets(codes)], [2, 'Offset', this.offsets([subgraph])],
      [4, 'Offset', this.offsets(this.buffers)],
    ]);
    this.builder.finish(model, identifier);
    return this.builder.asUint8Array();
  }

  /** The old place of an operator's number, its version, and the new place. */
  operatorCode(code) {
    return this.table([[0, 'Int8', code], [2, 'Int32', operatorVersion], [3, 'Int32', code]]);
  }

  operation({ operator, inputs, output, options }, names) {
    const own = options && [[3, 'Int8', operators[operator].options], [4, 'Offset', this.table(options)]];
    return this.table([
      [0, 'Int32', names.indexOf(operator)], [1, 'Offset', this.int32s(inputs)], [2, 'Offset', this.int32s([output])], ...(own ?? []),
    ]);
  }

  tensor({ shape, type, buffer, scales, zeroPoints }, name) {
    const quantization = scales && [[4, 'Offset', this.table([
      [2, 'Offset', this.vector(4, 'Float32', scales)], [3, 'Offset', this.vector(8, 'Int64', zeroPoints.map(BigInt))],
    ])]];
    return this.table([
      [0, 'Offset', this.int32s(shape)], [1, 'Int8', type], [2, 'Int32', buffer], [3, 'Offset', this.builder.createString(name)],
      ...(quantization ?? []),
    ]);
  }

  /** Fields as [number, type, value]. */
  table(fields) {
    this.builder.startObject(1 + Math.max(...fields.map(([number]) => number)));
    for (const [number, type, value] of fields) this.builder[`addField${type}`](number, value, 0); // zeros are left out: all defaults
    return this.builder.endObject();
  }

  int32s(values) {
    return this.vector(4, 'Int32', values);
  }

  offsets(values) {
    return this.vector(4, 'Offset', values);
  }

  vector(size, type, values) {
    this.builder.startVector(size, values.length, size);
    for (const value of values.toReversed()) this.builder[`add${type}`](value);
    return this.builder.endVector();
  }

  /** Aligned for every kernel. */
  data(bytes) {
    const alignment = 16;
    this.builder.startVector(1, bytes.length, alignment);
    this.builder.space -= bytes.length;
    this.builder.bb.bytes().set(bytes, this.builder.space);
    return this.builder.endVector();
  }
}
