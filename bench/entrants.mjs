// The page's side: one engine with one network in each page. `load` times its start, `run` one picture, as the page's own code
// sees it: from the call to the answer.
//
// An entrant is {engine, build, threads, model, input}: `model` the address of its file, `input` that of what it is shown, with
// its type and shape. Everything that is fetched here comes from the same machine.
// SPDX-License-Identifier: MIT

const engines = { 'resnet-wasm': loadOurs, 'onnxruntime-web': loadOnnxruntime, 'LiteRT.js': loadLitert };
const arrays = { uint8: Uint8Array, float32: Float32Array };
let current;

/** Milliseconds from the file's bytes, in memory, to an engine that is ready: its script, its WebAssembly and the network's packing. */
export async function load({ engine, ...entrant }) {
  const model = await bytesOf(entrant.model);
  const data = new arrays[entrant.input.type](await bytesOf(entrant.input.url));
  const start = performance.now();
  current = await engines[engine](entrant, model, data);
  return performance.now() - start;
}

export async function run() {
  const start = performance.now();
  await current.run();
  return performance.now() - start;
}

/** The logits, each less the same number: what softmax makes of them is what counts. */
export const answer = () => current.answer();

export const heapBytes = () => current.heapBytes();

async function bytesOf(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.arrayBuffer();
}

/** In a worker, as it comes; a picture goes in and five classes come out. */
async function loadOurs({ build, threads, input: { shape: [height, width] } }, model, data) {
  const { Classifier } = await import('/package/index.js');
  const classifier = await Classifier.load(model, { build, threads });
  const { info } = classifier;
  if (info.threads !== threads) throw new Error(`it has ${info.threads} threads: ${info.buildReason}`);
  const picture = { data, width, height };
  return {
    run: () => classifier.classify(picture),
    async answer() {
      const { predictions } = await classifier.classify(picture, { maxResults: 0 });
      return predictions.sort((a, b) => a.index - b.index).map(({ score }) => Math.log(score));
    },
    heapBytes: () => classifier.heapBytes(),
  };
}

/** On the page's thread, which is the quickest way to run it; numbers go in and logits come out. */
async function loadOnnxruntime({ threads, input: { type, shape } }, model, data) {
  const memories = watchMemories();
  const ort = await import('/peers/onnxruntime.js');
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ['wasm'] });
  const input = { [session.inputNames[0]]: new ort.Tensor(type, data, shape) };
  const output = session.outputNames[0];
  const run = async () => (await session.run(input))[output].data;
  return { run, answer: async () => Array.from(await run()), heapBytes: () => heapOf(memories) };
}

/** Likewise. */
async function loadLitert({ threads, input: { shape } }, model, data) {
  const memories = watchMemories();
  const { getGlobalLiteRt, loadAndCompile, loadLiteRt, Tensor } = await import('/peers/litert.js');
  await loadLiteRt('/peers/litert/', { threads: threads > 1 });
  const network = await loadAndCompile(new Uint8Array(model), { accelerator: 'wasm', cpuOptions: { numThreads: threads } });
  const run = async () => {
    const input = new Tensor(data, shape);
    const [output] = await network.run(input);
    const logits = output.toTypedArray();
    for (const tensor of [input, output]) tensor.delete();
    return logits;
  };
  // Without threads, the memory is made by the module itself.
  const heapBytes = () => heapOf(memories) || getGlobalLiteRt().liteRtWasm.HEAPU8.byteLength;
  return { run, answer: async () => Array.from(await run()), heapBytes };
}

/** Those that scripts make from now on: engines with shared memory do not say how large it is. */
function watchMemories() {
  const memories = [];
  WebAssembly.Memory = class extends WebAssembly.Memory {
    constructor(limits) {
      super(limits);
      memories.push(this);
    }
  };
  return memories;
}

const heapOf = (memories) => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
