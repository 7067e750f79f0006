// The one error type of the package, its codes, and its form on the way between threads.
//
// SPDX-License-Identifier: MIT

/** What went wrong. All but the last two are the C++ library's own, see src/base/error.h. */
export type ErrorCode =
  | 'bad_argument'
  | 'io'
  | 'not_an_image'
  | 'unsupported_image'
  | 'image_too_large'
  | 'truncated'
  | 'not_a_model'
  | 'bad_model'
  | 'unsupported_model'
  | 'wrong_architecture'
  | 'out_of_memory'
  | 'cancelled'
  | 'internal'
  /** The engine ended while it worked, and so did the one that took its place. */
  | 'worker_lost'
  /** This browser lacks WebAssembly SIMD: nothing can run in it. */
  | 'unsupported_engine';

/** Every failure but an abort, which rejects with the signal's own reason. */
export class ResnetError extends Error {
  override readonly name = 'ResnetError';

  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** An error as it crosses between threads: structured cloning would lose `code`. */
export interface WireError {
  name: string;
  message: string;
  code: ErrorCode;
}

export function toWire(error: unknown): WireError {
  const known = asResnetError(error);
  return { name: known.name, message: known.message, code: known.code };
}

export function fromWire(error: WireError): ResnetError {
  return new ResnetError(error.code, error.message);
}

/** `error` itself, or where it is not ours an internal error that tells its message. */
export function asResnetError(error: unknown): ResnetError {
  if (error instanceof ResnetError) return error;
  return new ResnetError('internal', error instanceof Error ? error.message : String(error));
}

/** `promise`, with errors of ours only: the browser's own come as `internal`. */
export function typed<T>(promise: Promise<T>): Promise<T> {
  return promise.catch((error: unknown) => {
    throw asResnetError(error);
  });
}

/** True where bytes begin like a web page: what many servers send in place of a missing file. */
export function looksLikeHtml(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 512)).trimStart().toLowerCase();
  return ['<!doctype', '<html', '<head'].some((opening) => start.startsWith(opening));
}

/** For a server's answer that is not the file: `name` is what was asked for. */
export function refusal(name: string, { status, statusText }: Response): ResnetError {
  return new ResnetError('io', `${name}: the server answered ${status} ${statusText}`.trim());
}

/** For calls that a classifier has no time for any more. */
export const disposed = (): ResnetError => new ResnetError('cancelled', 'the classifier was disposed of');

/** For pictures that the browser shows and keeps to itself, as those of other origins. */
export function withheld(error: unknown): ResnetError {
  return new ResnetError('bad_argument', `the browser does not give this picture's pixels: ${String(error)}`);
}

/** `expected` with its article: "a model". */
export function webPageMessage(url: string, expected: string): string {
  return `${url}: the server answered with a web page where ${expected} was expected; check that the file is there`;
}
