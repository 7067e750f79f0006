// What a screen reader is told while the camera is on: not every frame.
//
// SPDX-License-Identifier: MIT
import { Atom } from '../atom.js';

const leastMs = 3000; // between two changes of what is seen

export class Announcer {
  readonly seen = new Atom('');
  /** What has just been done, until something else happens. */
  readonly note = new Atom<string | undefined>(undefined);
  #newest = '';
  #last = -Infinity;
  #later: ReturnType<typeof setTimeout> | undefined;

  /** Call it with each frame. Only another text is told, and not too soon: then the newest there is. An empty one at once. */
  see(text: string): void {
    this.#newest = text;
    if (text === '') this.#tell();
    else this.#later ??= setTimeout(() => this.#tell(), Math.max(0, this.#last + leastMs - performance.now()));
  }

  #tell(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    if (this.#newest === this.seen.value) return;
    if (this.#newest !== '') this.#last = performance.now();
    this.seen.set(this.#newest);
  }
}
