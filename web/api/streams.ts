// Streams of bytes as async iterables of pieces.
//
// SPDX-License-Identifier: MIT
import { ResnetError } from './errors.js';

/** Each piece in a buffer of its own, which the receiver may keep. */
export type Pieces = AsyncIterable<Uint8Array<ArrayBuffer>>;
/** Of an open file or connection: `return` closes it. */
export type OpenPieces = AsyncGenerator<Uint8Array<ArrayBuffer>>;

// What is in memory is handed over in pieces, as a download would be.
export const pieceBytes = 4 << 20;

export async function* slices(buffer: ArrayBuffer): OpenPieces {
  for (let start = 0; start < buffer.byteLength; start += pieceBytes) yield new Uint8Array(buffer.slice(start, start + pieceBytes));
}

/** Errors: `io`, with `name`; an abort's own error. */
export async function* read(stream: ReadableStream<Uint8Array>, name: string): OpenPieces {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield ownBytes(value);
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ResnetError('io', `${name}: reading stopped: ${String(error)}`);
  } finally {
    // Ends a download that nobody wants any more. After an error it has ended by itself.
    void reader.cancel().catch(() => undefined);
  }
}

/** All of them in one buffer. */
export async function collect(pieces: Pieces): Promise<Uint8Array<ArrayBuffer>> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  const whole = new Uint8Array(all.reduce((sum, piece) => sum + piece.byteLength, 0));
  let offset = 0;
  for (const piece of all) {
    whole.set(piece, offset);
    offset += piece.byteLength;
  }
  return whole;
}

/** The first piece, and all of them: the first is not lost by looking at it. Empty where there is none. */
export async function peek(pieces: Pieces): Promise<[Uint8Array<ArrayBuffer>, Pieces]> {
  const iterator = pieces[Symbol.asyncIterator]();
  const { done, value } = await iterator.next();
  const first: Uint8Array<ArrayBuffer> = done ? new Uint8Array(0) : value;
  const all = (async function* () {
    try {
      if (!done) yield first;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.(undefined);
    }
  })();
  return [first, all];
}

/** The bytes of a view, in a buffer of their own. */
export function copyOf(view: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}

/** Bytes whose whole buffer may be handed over. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
  return whole ? (bytes as Uint8Array<ArrayBuffer>) : copyOf(bytes);
}
