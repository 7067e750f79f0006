// Pictures as callers have them, to what can be handed to the engine.
//
// SPDX-License-Identifier: MIT
import { platform } from 'resnet-platform';
import { refusal, ResnetError, withheld } from './errors.js';
import type { EngineImage } from './protocol.js';
import { collect, copyOf } from './streams.js';

/** Rows of 8-bit pixels from the top: grey, grey and alpha, RGB or RGBA, told by the length. An ImageData is one. */
export interface Pixels {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
}

/** What the browser draws by itself. */
export type DrawnImage = ImageBitmap | HTMLImageElement | HTMLCanvasElement | OffscreenCanvas | HTMLVideoElement | VideoFrame;

/**
 * A picture file (Blob, bytes, or its address; in Node also a path): JPEG, PNG and BMP are decoded by the library, the same in
 * every browser, other formats by the browser where it can. Or pixels, or what the browser draws.
 */
export type ImageSource = string | URL | Blob | ArrayBuffer | ArrayBufferView | Pixels | DrawnImage;

export interface ReadOptions {
  maxBytes: number;
  signal?: AbortSignal | undefined;
}

/** Pictures larger than this are refused unless told otherwise; the module's memory never shrinks again. */
export const defaultMaxImageBytes = 64 << 20;

/** A copy that the engine may keep. Errors: `bad_argument`, `image_too_large`, `io`, `not_an_image`. */
export async function readImage(source: ImageSource, options: ReadOptions): Promise<EngineImage> {
  if (typeof source === 'string' || source instanceof URL) return fileOf(await fetchImage(source, options));
  if (source instanceof Blob) {
    checkSize(source.size, options.maxBytes);
    return fileOf(new Uint8Array(await readBlob(source)));
  }
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    checkSize(source.byteLength, options.maxBytes);
    return fileOf(copyOfBytes(source));
  }
  return isDrawn(source) ? { kind: 'bitmap', bitmap: await grab(source) } : readPixels(source);
}

const fileOf = (bytes: Uint8Array<ArrayBuffer>): EngineImage => ({ kind: 'file', bytes });

function copyOfBytes(source: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  try {
    return copyOf(ArrayBuffer.isView(source) ? source : new Uint8Array(source));
  } catch (error) {
    throw new ResnetError('bad_argument', `the bytes of the picture have been transferred to another thread: ${String(error)}`);
  }
}

async function fetchImage(address: string | URL, { maxBytes, signal }: ReadOptions): Promise<Uint8Array<ArrayBuffer>> {
  const local = platform.openFile(address);
  if (local !== undefined) {
    checkSize(local.totalBytes, maxBytes);
    return collect(local.pieces);
  }
  let response: Response;
  try {
    response = await fetch(address, signal === undefined ? {} : { signal });
    if (response.ok) return await readBody(response, maxBytes);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ResnetError) throw error;
    throw new ResnetError('io', `${String(address)}: the picture could not be fetched: ${String(error)}`);
  }
  throw refusal(String(address), response);
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  checkSize(Number(response.headers.get('content-length') ?? 0), maxBytes);
  const bytes = new Uint8Array(await response.arrayBuffer());
  checkSize(bytes.byteLength, maxBytes);
  return bytes;
}

async function readBlob(blob: Blob): Promise<ArrayBuffer> {
  return blob.arrayBuffer().catch((error: unknown) => {
    // The file was moved or changed after it had been chosen.
    throw new ResnetError('io', `the picture cannot be read: ${String(error)}`);
  });
}

/** An instance of the class of that name, where there is such a class: workers and Node lack most of them. */
function isA<Name extends keyof typeof globalThis>(value: unknown, name: Name): boolean {
  const constructor: unknown = globalThis[name];
  return typeof constructor === 'function' && value instanceof constructor;
}

function isDrawn(source: Pixels | DrawnImage): source is DrawnImage {
  const names = ['ImageBitmap', 'HTMLImageElement', 'HTMLCanvasElement', 'OffscreenCanvas', 'HTMLVideoElement', 'VideoFrame'] as const;
  return names.some((name) => isA(source, name));
}

/** What is shown now, at its full size. The browser copies it beside this thread. */
async function grab(source: DrawnImage): Promise<ImageBitmap> {
  if (isA(source, 'HTMLImageElement')) {
    await (source as HTMLImageElement).decode().catch((error: unknown) => {
      throw new ResnetError('not_an_image', `the image element shows no picture: ${String(error)}`);
    });
  }
  if (isA(source, 'HTMLVideoElement') && (source as HTMLVideoElement).readyState < 2) {
    throw new ResnetError('bad_argument', 'the video has no frame yet; wait for its "loadeddata" event');
  }
  try {
    return await createImageBitmap(source, { premultiplyAlpha: 'none' });
  } catch (error) {
    throw withheld(error);
  }
}

function readPixels(source: Pixels): EngineImage {
  const { data, width, height } = source ?? {};
  if (!ArrayBuffer.isView(data) || data.BYTES_PER_ELEMENT !== 1 || !Number.isInteger(width) || !Number.isInteger(height)) {
    throw new ResnetError('bad_argument', 'a picture is a file (Blob, bytes, address), an element or a frame that shows one, or {data, width, height}');
  }
  const channels = data.length / (width * height);
  if (![1, 2, 3, 4].includes(channels)) {
    throw new ResnetError('bad_argument', `${data.length} bytes of pixels for a picture of ${width} x ${height}`);
  }
  return { kind: 'pixels', bytes: copyOf(data), width, height, channels };
}

function checkSize(bytes: number, most: number): void {
  if (bytes <= most) return;
  throw new ResnetError('image_too_large', `the picture has ${bytes} bytes, at most ${most} are allowed`);
}
