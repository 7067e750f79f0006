// Model files from wherever they are, as a stream of pieces with a known size.
//
// SPDX-License-Identifier: MIT
import { platform } from 'resnet-platform';
import { looksLikeHtml, refusal, ResnetError, webPageMessage } from './errors.js';
import { fetchModel, forget, isKept, keptText, type CacheOption, type Fetched } from './model_cache.js';
import { checkSha256, mayHaveSha256 } from './sha256.js';
import { looksLikeIndex, parseIndex, type ShardIndex } from './shards.js';
import { collect, peek, read, slices, type OpenPieces, type Pieces } from './streams.js';

/** An address, a request, the answer to one, a file, or its bytes; of a model or of the index of one in parts. In Node also a path. */
export type ModelSource = string | URL | Request | Response | Blob | ArrayBuffer;

export interface ModelStream {
  totalBytes: number;
  pieces: Pieces;
  /** What they must have together, where that is known. */
  sha256: string | undefined;
  /** Ends the reading, where it has not ended: whoever does not want all pieces must say so. */
  close(): void;
  /** For pieces that are no model: takes them out of the cache. True where they came from there, so that the server may have better ones. */
  forget(): Promise<boolean>;
}

/** Called as bytes arrive; `totalBytes` is undefined where the server does not say it. */
export type OnBytes = (loadedBytes: number, totalBytes: number | undefined) => void;

export interface OpenOptions {
  onBytes: OnBytes;
  signal?: AbortSignal | undefined;
  /** Of the whole model file, in hexadecimal. */
  sha256?: string | undefined;
  cache: CacheOption;
}

/** Bytes that may come from a place of which more can be asked. */
interface Opened {
  name: string;
  pieces: OpenPieces;
  totalBytes: number | undefined;
  /** What the names in an index are relative to. */
  base?: string;
  kept?: Promise<void>;
}

/** What was asked for on the way, and whether any of it came from the cache. */
interface Trail {
  requests: Request[];
  stored: boolean;
}

/** Opens the model; may be called again for the same source. Errors: `io`, `not_a_model`, `bad_model`; an abort's reason. */
export async function openModel(source: ModelSource, options: OpenOptions): Promise<ModelStream> {
  const sha256 = options.sha256 === undefined ? undefined : checkSha256(options.sha256);
  const trail: Trail = { requests: [], stored: false };
  const opened = await openSource(source, { ...options, sha256 }, trail);
  const close = () => void opened.pieces.return(undefined).catch(() => undefined);
  const forgetAll = async () => {
    await opened.kept; // otherwise it would come after all
    for (const request of trail.requests) await forget(request, options.cache);
    return trail.stored;
  };
  try {
    return { ...await streamOf(opened, { ...options, sha256 }, trail), close, forget: forgetAll };
  } catch (error) {
    close();
    throw error;
  }
}

type Stream = Omit<ModelStream, 'close' | 'forget'>;

async function streamOf(opened: Opened, options: OpenOptions, trail: Trail): Promise<Stream> {
  const { sha256, onBytes } = options;
  const [first, pieces] = await peek(opened.pieces);
  if (looksLikeHtml(first)) throw new ResnetError('not_a_model', webPageMessage(opened.name, 'a model'));
  if (looksLikeIndex(first)) {
    const index = parseIndex(new TextDecoder().decode(await collect(pieces)), opened.name);
    const { totalBytes } = index;
    return { totalBytes, pieces: counted(shardPieces(index, opened, options, trail), totalBytes, onBytes), sha256: index.sha256 };
  }
  const { totalBytes } = opened;
  const whole = counted(thenKept(pieces, opened.kept), totalBytes, onBytes);
  if (totalBytes !== undefined) return { totalBytes, pieces: whole, sha256 };
  // The library must know the size beforehand: where nobody says it, everything is fetched first.
  const bytes = await collect(whole);
  return { totalBytes: bytes.byteLength, pieces: slices(bytes.buffer), sha256 };
}

/** Whether everything that `openModel` would fetch is in the cache. */
export async function isCached(source: ModelSource, cache: CacheOption): Promise<boolean> {
  const request = requestOf(source);
  if (request === undefined || !(await isKept(request, cache))) return false;
  const urls = await partUrls(request, cache);
  const found = await Promise.all(urls.map((url) => isKept(new Request(url), cache)));
  return found.every(Boolean);
}

/** Takes a model, and the parts of one in parts, out of the cache; without a source everything. */
export async function clearCache(source: ModelSource | undefined, cache: CacheOption): Promise<void> {
  const request = source === undefined ? undefined : requestOf(source);
  const urls = request === undefined ? [] : await partUrls(request, cache);
  for (const url of urls) await forget(new Request(url), cache);
  if (source === undefined || request !== undefined) await forget(request, cache);
}

async function openSource(source: ModelSource, options: OpenOptions, trail: Trail): Promise<Opened> {
  if (source instanceof ArrayBuffer) return { name: 'the model', pieces: slices(source), totalBytes: source.byteLength };
  if (source instanceof Blob) return { name: nameOf(source), pieces: read(source.stream(), nameOf(source)), totalBytes: source.size };
  if (source instanceof Response && !source.bodyUsed) return openResponse({ response: source, kept: Promise.resolve() });
  const local = isAddress(source) ? platform.openFile(source) : undefined;
  if (local !== undefined) return local;
  const request = requestOf(source);
  if (request === undefined) throw new ResnetError('bad_argument', notToBeAsked(source));
  // The sha256 is that of the model: of an index, which has another one, the server is asked.
  return openRequest(request, { ...options, sha256: isIndex(request) ? undefined : options.sha256 }, trail);
}

async function openRequest(request: Request, options: OpenOptions, trail: Trail): Promise<Opened> {
  const fetched = await fetchModel(request, options);
  trail.requests.push(request);
  trail.stored ||= fetched.stored;
  return openResponse(fetched);
}

const isAddress = (source: ModelSource) => typeof source === 'string' || source instanceof URL;

function notToBeAsked(source: ModelSource): string {
  if (source instanceof Response) return 'a Response can be read only once, and this one has no address to ask again';
  if (isAddress(source)) return `${String(source)}: no address that can be fetched`;
  return 'a model is an address, a Request, a Response, a file (Blob) or its bytes (ArrayBuffer)';
}

const nameOf = (blob: Blob) => ('name' in blob && typeof blob.name === 'string' ? blob.name : 'the model file');

/** What asks for it, or undefined for what is here already. */
function requestOf(source: ModelSource): Request | undefined {
  if (source instanceof Request) return source;
  if (source instanceof Response) return source.url === '' ? undefined : new Request(source.url);
  if (!isAddress(source)) return undefined;
  try {
    return new Request(source);
  } catch {
    return undefined; // in Node a path; or no address at all
  }
}

/** By its name: only an index is small enough to look into. */
const isIndex = ({ url }: Request) => new URL(url).pathname.endsWith('.json');

function openResponse({ response, kept }: Pick<Fetched, 'response' | 'kept'>): Opened {
  const name = response.url || 'the model';
  if (!response.ok) throw refusal(name, response);
  if (response.body === null) throw new ResnetError('io', `${name}: the server answered without a body`);
  // With a content encoding, the length is that of the compressed bytes.
  const length = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  const totalBytes = length === null ? undefined : Number(length);
  return { name, pieces: read(response.body, name), totalBytes, base: response.url, kept };
}

/** The parts one after the other, each checked, so that it is named if it is wrong; the sha256 of the whole is checked where the engine is. */
async function* shardPieces(index: ShardIndex, { base, name }: Opened, options: OpenOptions, trail: Trail): OpenPieces {
  const { sha256 } = options;
  if (sha256 !== undefined && sha256 !== index.sha256) {
    throw new ResnetError('bad_model', `${name}: the model in parts has the sha256 ${index.sha256}, ${sha256} was expected: it is another one`);
  }
  if (!base) throw new ResnetError('bad_argument', `${name}: the parts of a model in parts can be found only where its index has an address`);
  for (const part of index.parts) {
    const url = new URL(part.file, base);
    const opened: Opened = platform.openFile(url) ?? await openRequest(new Request(url), { ...options, sha256: part.sha256 }, trail);
    const bytes = await collect(thenKept(opened.pieces, opened.kept));
    if (bytes.byteLength !== part.bytes || !(await mayHaveSha256(bytes, part.sha256))) {
      throw new ResnetError('bad_model', `${url}: has ${bytes.byteLength} bytes and is not the part that ${name} names (${part.bytes} bytes): `
        + 'the parts must be those that were written together with their index');
    }
    yield bytes;
  }
}

async function partUrls(request: Request, cache: CacheOption): Promise<URL[]> {
  const text = isIndex(request) ? await keptText(request, cache) : undefined;
  return text === undefined ? [] : parseIndex(text, request.url).parts.map(({ file }) => new URL(file, request.url));
}

async function* counted(pieces: Pieces, totalBytes: number | undefined, onBytes: OnBytes): OpenPieces {
  let loaded = 0;
  onBytes(loaded, totalBytes);
  for await (const piece of pieces) {
    loaded += piece.byteLength;
    onBytes(loaded, totalBytes);
    yield piece;
  }
}

/** After the last piece the file is in the cache too, where there is one. */
async function* thenKept(pieces: Pieces, kept: Promise<void> | undefined): OpenPieces {
  yield* pieces;
  await kept;
}
