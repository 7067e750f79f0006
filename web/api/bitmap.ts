// Pictures that the browser decodes: formats that are not ours, elements, frames.
//
// SPDX-License-Identifier: MIT
import { ResnetError, withheld } from './errors.js';

const defaultMaxPixels = 100_000_000; // the library's own limit

/** The file as the browser sees it, upright, or undefined where it cannot read it either. */
export async function decodeInBrowser(bytes: Uint8Array<ArrayBuffer>): Promise<ImageBitmap | undefined> {
  if (typeof createImageBitmap !== 'function') return undefined; // Node
  return createImageBitmap(new Blob([bytes]), { premultiplyAlpha: 'none' }).catch(() => undefined);
}

/** RGBA, rows from the top. Closes the bitmap. Errors: `image_too_large`, `bad_argument`. */
export function pixelsOf(bitmap: ImageBitmap, maxPixels = defaultMaxPixels): { data: Uint8Array; width: number; height: number } {
  const { width, height } = bitmap;
  try {
    if (width * height > maxPixels) {
      throw new ResnetError('image_too_large', `the picture has ${width} x ${height} pixels, at most ${maxPixels} are allowed`);
    }
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (context === null) throw new ResnetError('out_of_memory', `there is no room for a picture of ${width} x ${height}`);
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return { data: new Uint8Array(data.buffer), width, height };
  } catch (error) {
    if (error instanceof ResnetError) throw error;
    throw withheld(error);
  } finally {
    bitmap.close();
  }
}
