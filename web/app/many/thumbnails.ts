// Small pictures of photos: made for those that are in sight, kept for the last few hundred.
//
// SPDX-License-Identifier: MIT
import type { Item } from './item.js';

// Pixels: the shorter side covers a tile also on a fine display; the longer side of a panorama is bounded.
const shortSide = 160;
const longSide = 480;
const most = 240; // more than any screen shows; 20 to 70 MB
const atOnce = 2;

export class Thumbnails {
  /** In the order of use, the last one used at the end; undefined: the browser cannot show it. */
  #kept = new Map<Item, ImageBitmap | undefined>();
  readonly #underWay = new Set<Item>();
  readonly #arrived: () => void;
  #wanted: readonly Item[] = [];

  constructor(arrived: () => void) {
    this.#arrived = arrived;
  }

  /** Undefined: not made yet. */
  of(item: Item): ImageBitmap | 'none' | undefined {
    if (!this.#kept.has(item)) return undefined;
    const picture = this.#kept.get(item);
    this.#kept.delete(item);
    this.#kept.set(item, picture);
    return picture ?? 'none';
  }

  /** Makes those that are missing, the first first; what was wanted before and is not now is no longer made. */
  want(items: readonly Item[]): void {
    this.#wanted = items;
    this.#proceed();
  }

  clear(): void {
    for (const picture of this.#kept.values()) picture?.close();
    this.#kept = new Map();
    this.#wanted = [];
  }

  #proceed(): void {
    for (const item of this.#wanted) {
      if (this.#underWay.size >= atOnce) return;
      if (!this.#kept.has(item) && !this.#underWay.has(item)) void this.#make(item);
    }
  }

  async #make(item: Item): Promise<void> {
    const kept = this.#kept;
    this.#underWay.add(item);
    const picture = await thumbnail(item.file).catch(() => undefined);
    this.#underWay.delete(item);
    if (this.#kept === kept) this.#keep(item, picture);
    else picture?.close(); // cleared away meanwhile
    this.#proceed();
  }

  #keep(item: Item, picture: ImageBitmap | undefined): void {
    this.#kept.set(item, picture);
    for (const [oldest, dropped] of this.#kept) {
      if (this.#kept.size <= most) break;
      this.#kept.delete(oldest);
      dropped?.close();
    }
    this.#arrived();
  }
}

/** Upright. Rejects where the browser cannot show it. */
async function thumbnail(file: File): Promise<ImageBitmap> {
  const { width, height } = await sizeOf(file);
  const scale = Math.min(1, shortSide / Math.min(width, height), longSide / Math.max(width, height));
  const scaled = (side: number) => Math.max(1, Math.round(scale * side));
  return createImageBitmap(file, { resizeWidth: scaled(width), resizeHeight: scaled(height), resizeQuality: 'medium' });
}

/** From the file's header: the scaled picture must be small whatever is in the file. */
async function sizeOf(file: File): Promise<{ width: number; height: number }> {
  const address = URL.createObjectURL(file);
  try {
    const image = new Image();
    await new Promise((resolve, reject) => Object.assign(image, { onload: resolve, onerror: reject, src: address }));
    return { width: image.naturalWidth, height: image.naturalHeight };
  } finally {
    URL.revokeObjectURL(address);
  }
}
