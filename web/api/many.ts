// Many pictures one after the other, with some of them on their way at any time.
//
// SPDX-License-Identifier: MIT
import { asResnetError, ResnetError } from './errors.js';
import { abortable } from './queue.js';

/** How many pictures at a time. */
export interface AllOptions {
  /** Pictures on their way at once: one in the network, the others being read. Default: 2. */
  concurrency?: number | undefined;
}

/** One picture's result, or why there is none. */
export type ImageOutcome<Image, Result> =
  | { index: number; image: Image; result: Result; error?: undefined }
  | { index: number; image: Image; error: ResnetError; result?: undefined };

/**
 * `work` over `images`, outcomes in the order of the images. Takes no image before there is a place for it, and none while
 * nobody asks for more. Errors: `bad_argument`, and the signal's reason; an image's own error is its outcome.
 */
export async function* inParallel<Image, Result>(
  images: Iterable<Image> | AsyncIterable<Image>, work: (image: Image) => Promise<Result>,
  { concurrency = 2, signal }: AllOptions & { signal?: AbortSignal | undefined },
): AsyncGenerator<ImageOutcome<Image, Result>, void, undefined> {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new ResnetError('bad_argument', `concurrency is ${concurrency}; expected a whole number from 1 on`);
  }
  const iterator = Symbol.asyncIterator in images ? images[Symbol.asyncIterator]() : images[Symbol.iterator]();
  const underWay: Promise<ImageOutcome<Image, Result>>[] = [];
  let taken = 0;
  let more = true;
  let taking: Promise<void> | undefined;
  const take = async () => {
    const next = await iterator.next();
    if (next.done === true) more = false;
    else underWay.push(outcomeOf(taken++, next.value, work));
    taking = undefined;
  };
  try {
    for (;;) {
      signal?.throwIfAborted(); // then every picture that is left fails with it
      if (more && underWay.length < concurrency) taking ??= take();
      const first = underWay[0] ?? taking;
      if (first === undefined) return;
      // Whichever comes first: a source that takes its time holds back nothing that is done.
      const outcome = await abortable(Promise.race([first, taking ?? first]), signal);
      if (outcome === undefined) continue;
      underWay.shift();
      yield outcome;
    }
  } finally {
    const returned = Promise.resolve(iterator.return?.());
    if (taking === undefined) await returned;
    else returned.catch(() => undefined); // the source is waiting for something: we do not wait with it
  }
}

async function outcomeOf<Image, Result>(
  index: number, image: Image, work: (image: Image) => Promise<Result>,
): Promise<ImageOutcome<Image, Result>> {
  try {
    return { index, image, result: await work(image) };
  } catch (error) {
    return { index, image, error: asResnetError(error) };
  }
}
