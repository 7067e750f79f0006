// Work that is asked for often and done seldom.
//
// SPDX-License-Identifier: MIT

/** `work` in an animation frame, soon after it is asked for, but at most once in `least` milliseconds. */
export function paced(least: number, work: () => void): () => void {
  let asked = false;
  let last = -Infinity;
  const begin = () => requestAnimationFrame(() => {
    asked = false;
    last = performance.now();
    work();
  });
  return () => {
    if (asked) return;
    asked = true;
    const wait = last + least - performance.now();
    if (wait <= 0) begin();
    else setTimeout(begin, wait);
  };
}
