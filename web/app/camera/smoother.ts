// Scores that follow those of the frames, but not their flicker.
//
// SPDX-License-Identifier: MIT
import type { Prediction } from '../../api/index.js';

// After this time two thirds of a change are shown. Shorter, and bars tremble; longer, and they lag behind the hand.
const timeConstantMs = 500;

export class Smoother {
  readonly #scores = new Map<number, number>(); // by class
  #last: number | undefined;

  /** `predictions`: those of all classes in one frame, at the time `now`. Returns them smoothed, best first. */
  add(predictions: readonly Prediction[], now: number): Prediction[] {
    // By time and not by frame: the same for quick and slow networks. The first frame is taken as it is.
    const part = this.#last === undefined ? 1 : 1 - Math.exp((this.#last - now) / timeConstantMs);
    this.#last = now;
    const smoothed = predictions.map((prediction) => {
      const before = this.#scores.get(prediction.index) ?? 0;
      const score = before + part * (prediction.score - before);
      this.#scores.set(prediction.index, score);
      return { ...prediction, score };
    });
    return smoothed.sort((a, b) => b.score - a.score);
  }
}
