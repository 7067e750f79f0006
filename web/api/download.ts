// Model files from wherever they are, as a stream of pieces with a known size.
//
// SPDX-License-Identifier: MIT
import { looksLikeHtml, ResnetError, webPageMessage } from './errors.js';
import { copyOf } from './image.js';

/** An address, a file, its bytes, or the answer to a request of one's own. */
export type ModelSource = string | URL | Blob | ArrayBuffer | Response;

export interface ModelStream {
  totalBytes: number;
  /** Each in a buffer of its own, which the receiver may keep. */
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** Called as bytes arrive; `totalBytes` is undefined where the server does not say it. */
export type OnBytes = (loadedBytes: number, totalBytes: number | undefined) => void;

// A model in memory is handed over in pieces, as a download would be.
const pieceBytes = 4 << 20;

/** Opens the model; may be called again for the same source. Errors: `io`, `not_a_model`; an abort's reason. */
export async function openModel(source: ModelSource, onBytes: OnBytes, signal: AbortSignal | undefined): Promise<ModelStream> {
  if (source instanceof ArrayBuffer) return counted(slices(source), source.byteLength, onBytes);
  if (source instanceof Blob) return counted(read(source.stream(), 'the model file'), source.size, onBytes);
  if (typeof Response === 'function' && source instanceof Response && !source.bodyUsed) return openResponse(source, onBytes);
  const url = source instanceof Response ? source.url : String(source);
  if (url === '') throw new ResnetError('bad_argument', 'a Response can be read only once, and this one has no address to ask again');
  return openResponse(await request(url, signal), onBytes);
}

async function request(url: string, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await fetch(url, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new ResnetError('io', `${url}: the model could not be fetched: ${String(error)}`);
  }
}

async function openResponse(response: Response, onBytes: OnBytes): Promise<ModelStream> {
  const url = response.url || 'the model';
  if (!response.ok) throw new ResnetError('io', `${url}: the server answered ${response.status} ${response.statusText}`.trim());
  if (response.body === null) throw new ResnetError('io', `${url}: the server answered without a body`);
  const pieces = refuseHtml(read(response.body, url), url);
  // With a content encoding, the length is that of the compressed bytes.
  const length = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  if (length !== null) return counted(pieces, Number(length), onBytes);
  return collected(counted(pieces, undefined, onBytes).pieces);
}

/** The library must know the size beforehand: where nobody says it, everything is fetched first. */
async function collected(pieces: ModelStream['pieces']): Promise<ModelStream> {
  const all: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of pieces) all.push(piece);
  const totalBytes = all.reduce((sum, piece) => sum + piece.byteLength, 0);
  return { totalBytes, pieces: (async function* () { yield* all; })() };
}

function counted(pieces: ModelStream['pieces'], totalBytes: number, onBytes: OnBytes): ModelStream;
function counted(pieces: ModelStream['pieces'], totalBytes: undefined, onBytes: OnBytes): Pick<ModelStream, 'pieces'>;
function counted(pieces: ModelStream['pieces'], totalBytes: number | undefined, onBytes: OnBytes): object {
  async function* count() {
    let loaded = 0;
    onBytes(loaded, totalBytes);
    for await (const piece of pieces) {
      loaded += piece.byteLength;
      onBytes(loaded, totalBytes);
      yield piece;
    }
  }
  return { totalBytes, pieces: count() };
}

async function* slices(buffer: ArrayBuffer): ModelStream['pieces'] & AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let start = 0; start < buffer.byteLength; start += pieceBytes) yield new Uint8Array(buffer.slice(start, start + pieceBytes));
}

async function* read(stream: ReadableStream<Uint8Array>, name: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
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

/** Bytes whose whole buffer may be handed over. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
  return whole ? (bytes as Uint8Array<ArrayBuffer>) : copyOf(bytes);
}

async function* refuseHtml(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>, url: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let first = true;
  for await (const piece of pieces) {
    if (first && looksLikeHtml(piece)) throw new ResnetError('not_a_model', webPageMessage(url, 'a model'));
    first = false;
    yield piece;
  }
}
