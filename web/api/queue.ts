// Queue: one piece of work after the other; and promises that reject as soon as a signal says so.
//
// SPDX-License-Identifier: MIT

export class Queue {
  #last: Promise<unknown> = Promise.resolve();
  #closed: Error | undefined;

  /**
   * Runs `work` when everything added before has ended, well or not. An abort rejects the promise at once with the signal's
   * reason; what comes next still waits until the work has really ended.
   */
  add<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const result = this.#last.then(() => {
      if (this.#closed !== undefined) throw this.#closed;
      signal?.throwIfAborted();
      return work();
    });
    this.#last = result.catch(() => undefined);
    return abortable(result, signal);
  }

  /** Work that has not begun rejects with `reason`. */
  close(reason: Error): void {
    this.#closed ??= reason;
  }
}

/** `promise`, but rejected with the signal's reason as soon as it is aborted. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    // Of a signal that the browser itself aborts (a time limit), the work may hear before this does.
    const fail = (error: unknown) => (signal.aborted ? abort() : reject(error as Error));
    promise.then(resolve, fail).finally(() => signal.removeEventListener('abort', abort));
  });
}
