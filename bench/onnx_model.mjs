// The network as an ONNX file for onnxruntime-web: floats as they are, or 8 bits as QDQ (between all operators, numbers are
// written as bytes and read again; the engine fuses this into operators on bytes).
//
// Activations are u8 and weights s8 with a scale for each channel, which is what onnxruntime is fastest with. Its end is in
// floats, as ours is. The first layer of an 8-bit network reads pixels that have their border already: see picture.mjs.
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../tools/build/run.mjs';
import { borderOf, denseWeights, pixels, sumScales, walk } from './network.mjs';

const float = 1, u8 = 2; // TensorProto.DataType
const dataTypes = new Map([[Float32Array, float], [Uint8Array, u8], [Int8Array, 3], [Int32Array, 6]]);
const attributeTypes = { i: 2, ints: 7 }; // AttributeProto.AttributeType
const irVersion = 8;
const opset = 17;
const signedToUnsigned = 128;

/** The file's bytes. `protobuf`: the package protobufjs. */
export function onnxModel(network, protobuf) {
  const writer = new OnnxWriter();
  const bytes = network.precision !== 'f32';
  const side = network.recipe.crop + 2 * borderOf(network);
  const input = bytes ? { ...writer.bytes('input', pixels), padded: true } : { name: 'input' };
  const output = walk(network, writer, input);
  const Model = modelType(protobuf);
  return Model.encode({
    irVersion,
    producerName: text('resnet-wasm bench'),
    opsetImport: [{ version: opset }],
    graph: {
      name: network.name,
      node: writer.nodes,
      initializer: [...writer.constants.values()],
      input: [valueInfo('input', bytes ? u8 : float, [1, 3, side, side])],
      output: [valueInfo(output.name, float, [1, network.classes])],
    },
  }).finish();
}

/** The importer's description of the format, and what only a writer needs. */
function modelType(protobuf) {
  const source = fs.readFileSync(path.join(root, 'tools/import/onnx.proto'), 'utf8');
  const format = protobuf.parse(source).root.lookup('resnet.onnx_format');
  format.add(new protobuf.Type('OperatorSet').add(new protobuf.Field('version', 2, 'int64')));
  format.lookup('Model').add(new protobuf.Field('opsetImport', 8, 'OperatorSet', 'repeated'));
  format.lookup('Graph').add(new protobuf.Field('name', 2, 'string'));
  format.lookup('TensorType').add(new protobuf.Field('elemType', 1, 'int32'));
  return format.lookup('Model');
}

const text = (value) => Buffer.from(value); // the importer's description has bytes where the format has strings

function valueInfo(name, elemType, shape) {
  return { name: text(name), type: { tensorType: { elemType, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } } };
}

/** A value is {name}, or for bytes {name, scale, parameters}: of its scale and its zero point. */
class OnnxWriter {
  nodes = [];
  constants = new Map();

  convolution({ name, kernel, stride, relu, weight, bias, scale, output }, input) {
    const [out, height, width, channels] = weight.shape;
    const shape = [out, channels, height, width];
    const values = channelsBefore(weight);
    const weights = output === undefined
      ? [this.constant(`${name}.weight`, values, shape), this.constant(`${name}.bias`, bias.data)]
      : [this.int8Weights(name, values, shape, scale), this.int32Bias(name, bias.data, sumScales({ scale }, input.scale))];
    const pads = Array(4).fill(input.padded ? 0 : Math.floor(kernel / 2));
    const window = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads };
    const sums = this.node('Conv', [this.floats(input), ...weights], window);
    if (output !== undefined) return this.quantize(sums, name, output); // where there is a ReLU, no byte is below zero
    return { name: relu ? this.node('Relu', [sums]) : sums };
  }

  maxPooling(input) {
    const window = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
    const largest = this.node('MaxPool', [this.floats(input)], window);
    return input.parameters ? this.quantizeAs(largest, input) : { name: largest };
  }

  sum({ name, output }, main, shortcut) {
    const total = this.node('Add', [this.floats(main), this.floats(shortcut)]);
    return output === undefined ? { name: this.node('Relu', [total]) } : this.quantize(total, name, output);
  }

  averagePooling(input) {
    return { name: this.node('Flatten', [this.node('GlobalAveragePool', [this.floats(input)])]) };
  }

  dense(layer, input) {
    const { name, bias, relu, weight } = layer;
    const weights = [this.constant(`${name}.weight`, denseWeights(layer), weight.shape), this.constant(`${name}.bias`, bias.data)];
    const sums = this.node('Gemm', [input.name, ...weights], { transB: 1 });
    return { name: relu ? this.node('Relu', [sums]) : sums };
  }

  /** A value in bytes, whose parameters become constants. */
  bytes(name, { scale, zeroPoint }) {
    const parameters = [
      this.constant(`${name}.scale`, Float32Array.of(scale), []),
      this.constant(`${name}.zero_point`, Uint8Array.of(zeroPoint + signedToUnsigned), []),
    ];
    return { name, scale, parameters };
  }

  quantize(floats, name, quantization) {
    return this.quantizeAs(floats, this.bytes(name, quantization));
  }

  quantizeAs(floats, { scale, parameters }) {
    return { name: this.node('QuantizeLinear', [floats, ...parameters]), scale, parameters };
  }

  floats({ name, parameters }) {
    return parameters ? this.node('DequantizeLinear', [name, ...parameters]) : name;
  }

  int8Weights(name, values, shape, scale) {
    const zeros = this.constant(`${name}.weight_zero_point`, new Int8Array(scale.length));
    const inputs = [this.constant(`${name}.weight`, values, shape), this.constant(`${name}.weight_scale`, scale), zeros];
    return this.node('DequantizeLinear', inputs, { axis: 0 });
  }

  int32Bias(name, values, scales) {
    const inputs = [this.constant(`${name}.bias`, values), this.constant(`${name}.bias_scale`, scales)];
    return this.node('DequantizeLinear', inputs, { axis: 0 });
  }

  node(operator, inputs, attributes = {}) {
    const name = `${operator}_${this.nodes.length}`;
    const attribute = Object.entries(attributes).map(([key, value]) => {
      const kind = Array.isArray(value) ? 'ints' : 'i';
      return { name: text(key), type: attributeTypes[kind], [kind]: value };
    });
    this.nodes.push({ name: text(name), opType: text(operator), input: inputs.map(text), output: [text(name)], attribute });
    return name;
  }

  constant(name, values, dims = [values.length]) {
    const rawData = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    this.constants.set(name, { name: text(name), dims, dataType: dataTypes.get(values.constructor), rawData });
    return name;
  }
}

/** [O, H, W, I] to [O, I, H, W]. */
function channelsBefore({ data, shape: [out, height, width, channels] }) {
  const area = height * width;
  const result = new data.constructor(data.length);
  for (let o = 0; o < out; ++o) {
    const start = o * area * channels;
    for (let place = 0; place < area; ++place) {
      for (let c = 0; c < channels; ++c) result[start + c * area + place] = data[start + place * channels + c];
    }
  }
  return result;
}
