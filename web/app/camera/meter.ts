// How quick it is: results a second, and how long each takes.
//
// SPDX-License-Identifier: MIT
import { median } from '../parts/median.js';

const remembered = 30; // results
const leastResults = 5; // before a rate says anything

export class Meter {
  readonly #times: number[] = [];
  readonly #latencies: number[] = [];

  /** `now`: when the result came; `latency`: from its frame to it; both in milliseconds. Returns what holds for the last ones. */
  add(now: number, latency: number): { rate?: number; latency: number } {
    keep(this.#times, now);
    keep(this.#latencies, latency);
    const { length } = this.#times;
    // All of them over all of the time: a median of the steps would be that of the camera wherever every third frame is dropped.
    const rate = (1000 * (length - 1)) / (now - (this.#times[0] ?? now));
    return { ...(length < leastResults ? {} : { rate }), latency: median(this.#latencies) };
  }
}

function keep(values: number[], value: number): void {
  values.push(value);
  if (values.length > remembered) values.shift();
}
