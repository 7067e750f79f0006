// What a user's TypeScript may and may not write. Compiled against the packed types by types.test.mjs; never run.
//
// SPDX-License-Identifier: MIT
import {
  Classifier, cosineSimilarity, ResnetError,
  type ClassifierInfo, type ClassifyOptions, type ClassifyResult, type ErrorCode, type ImageSource, type LoadOptions, type ModelSource,
} from 'resnet-wasm';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const same = <A, B>(_equal: Equal<A, B>): void => undefined;

export async function loads(bytes: ArrayBuffer, file: File, signal: AbortSignal, module: WebAssembly.Module): Promise<void> {
  const models: ModelSource[] = ['m.safetensors', new URL('https://a.example/m'), new Request('m'), new Response(bytes), file, bytes];
  const options: LoadOptions = {
    signal, sha256: '', cache: 'mine', worker: false, build: 'simd',
    wasmUrl: { simd: '/simd.wasm' }, workerUrl: new URL('https://a.example/worker.js'), wasmModule: { relaxed: module },
    onProgress({ stage, loadedBytes, totalBytes, fraction }) {
      same<typeof stage, 'download' | 'prepare'>(true);
      same<typeof loadedBytes, number>(true);
      same<typeof totalBytes | typeof fraction, number | undefined>(true);
    },
  };
  for (const model of models) await Classifier.load(model, options);
  // exactOptionalPropertyTypes: what may be left out may be undefined.
  await Classifier.load('m', { signal: undefined, cache: undefined, wasmUrl: undefined });
  same<Awaited<ReturnType<typeof Classifier.isCached>>, boolean>(true);
  await Classifier.clearCache();
  await Classifier.clearCache('m', { cache: 'mine' });

  // @ts-expect-error a model must be given
  await Classifier.load();
  // @ts-expect-error a number is no model
  await Classifier.load(1);
  // @ts-expect-error there is no such option
  await Classifier.load('m', { wasmPath: '/' });
  // @ts-expect-error there is no such build
  await Classifier.load('m', { build: 'webgpu' });
  // @ts-expect-error only load makes one
  new Classifier();
}

export async function classifies(classifier: Classifier, element: HTMLElement): Promise<void> {
  const images: ImageSource[] = [
    'a.jpg', new URL('https://a.example/a.jpg'), new Blob(), new ArrayBuffer(1), new Uint8Array(1), new ImageData(1, 1),
    new Image(), document.createElement('canvas'), document.createElement('video'), new OffscreenCanvas(1, 1),
    { data: new Uint8ClampedArray(3), width: 1, height: 1 },
  ];
  const options: ClassifyOptions = {
    maxResults: 5, scoreThreshold: 0.1, categoryAllowlist: ['cat', 3], heatmap: true, rotationDegrees: 90, orientation: 'ignore',
    regionOfInterest: { left: 0, top: 0, right: 1, bottom: 1 }, maxImageBytes: 1, maxImagePixels: 1, signal: AbortSignal.timeout(1),
  };
  for (const image of images) {
    const { predictions, timing, decodedBy, heatmap }: ClassifyResult = await classifier.classify(image, options);
    const [best] = predictions;
    if (best !== undefined) same<[typeof best.index, typeof best.label, typeof best.score], [number, string, number]>(true);
    same<typeof decodedBy, 'resnet-wasm' | 'browser' | 'caller'>(true);
    same<typeof timing.total, number>(true);
    const values: Float32Array | undefined = heatmap?.values;
    void values;
  }
  const info: Readonly<ClassifierInfo> = classifier.info;
  same<typeof info.precision, 'f32' | 'f16' | 'i8'>(true);

  // @ts-expect-error a picture must be given
  await classifier.classify();
  // @ts-expect-error not every element shows a picture
  await classifier.classify(element);
  // @ts-expect-error as MediaPipe names it: maxResults
  await classifier.classify('a.jpg', { topk: 5 });
  // @ts-expect-error whole words only
  await classifier.classify('a.jpg', { orientation: 'none' });
  // @ts-expect-error nobody may change what it says of itself
  classifier.info.classes = 3;
  // @ts-expect-error the embedding has a call of its own
  void (await classifier.classify('a.jpg')).embedding;
}

export async function many(classifier: Classifier, files: FileList, video: HTMLVideoElement, track: MediaStreamTrack): Promise<void> {
  for await (const { index, image, result, error } of classifier.classifyAll(files, { concurrency: 3, maxResults: 1 })) {
    same<[typeof index, typeof image], [number, File]>(true);
    if (error === undefined) void result.predictions;
    else same<typeof error.code, ErrorCode>(true);
    // @ts-expect-error it may have failed
    void result.predictions;
  }
  for await (const { timestamp, result } of classifier.classifyStream(video)) void [timestamp satisfies number, result?.predictions];
  classifier.classifyStream(track, { signal: AbortSignal.timeout(1) });
  // @ts-expect-error a picture is no stream
  classifier.classifyStream('a.jpg');

  const a: Float32Array = await classifier.embed('a.jpg', { l2Normalize: true });
  same<ReturnType<typeof cosineSimilarity>, number>(true);
  cosineSimilarity(a, a);
  // @ts-expect-error an embedding has no results to leave out
  await classifier.embed('a.jpg', { maxResults: 1 });
  classifier.dispose();
}

export function explain(error: unknown): string {
  if (!(error instanceof ResnetError)) throw error;
  // @ts-expect-error there is no such code
  if (error.code === 'no_such_code') return '';
  return error.code === 'not_an_image' ? 'That is no picture.' : error.message;
}
