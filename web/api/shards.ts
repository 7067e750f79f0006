// Models in parts, as `resnet convert --shard` writes them: an index that names the parts, each small enough for any host.
//
// SPDX-License-Identifier: MIT
import { ResnetError } from './errors.js';
import { checkSha256 } from './sha256.js';

const family = 'resnet-wasm shards ';

export interface ShardIndex {
  totalBytes: number;
  sha256: string;
  parts: { file: string; bytes: number; sha256: string }[];
}

/** A model file begins with the length of its header, eight bytes of which the upper are zero: it is never JSON. */
export function looksLikeIndex(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b && bytes[4] !== 0;
}

/** Errors: `not_a_model`, `bad_model`. */
export function parseIndex(text: string, name: string): ShardIndex {
  const json = parse(text);
  const format = isRecord(json) ? json['format'] : undefined;
  if (!isRecord(json) || typeof format !== 'string' || !format.startsWith(family)) {
    throw new ResnetError('not_a_model', `${name}: neither a model nor the index of one in parts; `
      + '"resnet convert" makes the one, "resnet convert --shard" the other');
  }
  if (format !== `${family}1`) throw new ResnetError('unsupported_model', `${name}: its format is "${format}", "${family}1" was expected`);
  const parts: unknown[] = Array.isArray(json['parts']) ? json['parts'] : [];
  const index = { totalBytes: count(json['bytes'], name), sha256: digest(json['sha256'], name), parts: parts.map((part) => readPart(part, name)) };
  const sum = index.parts.reduce((bytes, part) => bytes + part.bytes, 0);
  if (sum !== index.totalBytes) throw broken(name, `its parts have ${sum} bytes together, ${index.totalBytes} were expected`);
  return index;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readPart(part: unknown, name: string): ShardIndex['parts'][number] {
  const { file, bytes, sha256 } = isRecord(part) ? part : {};
  // A file beside the index and nothing else: no folder, no other server.
  if (typeof file !== 'string' || !/^[\w-][\w.-]*$/.test(file)) throw broken(name, `it names a part ${JSON.stringify(file)}`);
  return { file, bytes: count(bytes, name), sha256: digest(sha256, name) };
}

function count(value: unknown, name: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw broken(name, `it says a size of ${JSON.stringify(value)}`);
}

function digest(value: unknown, name: string): string {
  try {
    return checkSha256(String(value));
  } catch {
    throw broken(name, `it says a sha256 of ${JSON.stringify(value)}`);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const broken = (name: string, what: string) => new ResnetError('bad_model', `${name}: the index of the model's parts is broken: ${what}`);
