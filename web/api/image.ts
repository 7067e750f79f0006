// Pictures as callers have them, to bytes that can be handed to the engine.
//
// SPDX-License-Identifier: MIT
import { ResnetError } from './errors.js';
import type { EngineImage } from './protocol.js';

/** Rows of 8-bit pixels from the top: grey, grey and alpha, RGB or RGBA, told by the length. An ImageData is one. */
export interface Pixels {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
}

/** A JPEG, PNG or BMP file, or pixels. */
export type ImageSource = Blob | ArrayBuffer | ArrayBufferView | Pixels;

/** Pictures larger than this are refused unless told otherwise; the module's memory never shrinks again. */
export const defaultMaxImageBytes = 64 << 20;

/** A copy that the engine may keep. Errors: `bad_argument`, `image_too_large`, `io`. */
export async function readImage(source: ImageSource, maxBytes: number): Promise<EngineImage> {
  if (source instanceof Blob) {
    checkSize(source.size, maxBytes);
    return { kind: 'file', bytes: new Uint8Array(await readBlob(source)) };
  }
  if (source instanceof ArrayBuffer) {
    checkSize(source.byteLength, maxBytes);
    return { kind: 'file', bytes: new Uint8Array(source.slice(0)) };
  }
  if (ArrayBuffer.isView(source)) {
    checkSize(source.byteLength, maxBytes);
    return { kind: 'file', bytes: copyOf(source) };
  }
  return readPixels(source);
}

/** The bytes of a view, in a buffer of their own. */
export function copyOf(view: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}

async function readBlob(blob: Blob): Promise<ArrayBuffer> {
  return blob.arrayBuffer().catch((error: unknown) => {
    // The file was moved or changed after it had been chosen.
    throw new ResnetError('io', `the picture cannot be read: ${String(error)}`);
  });
}

function readPixels(source: Pixels): EngineImage {
  const { data, width, height } = source ?? {};
  if (!ArrayBuffer.isView(data) || data.BYTES_PER_ELEMENT !== 1 || !Number.isInteger(width) || !Number.isInteger(height)) {
    throw new ResnetError('bad_argument', 'a picture is a Blob, an ArrayBuffer, a typed array with a file in it, or {data, width, height}');
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
