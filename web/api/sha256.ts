// The checksum of a model, taken where the engine runs as the pieces come: a page's thread has no time for it.
//
// @noble/hashes because crypto.subtle wants the whole file at once, and a secure page.
// SPDX-License-Identifier: MIT
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { ResnetError } from './errors.js';

/** As 64 hexadecimal digits. Errors: `bad_argument`. */
export function checkSha256(digits: string): string {
  if (/^[0-9a-f]{64}$/i.test(digits)) return digits.toLowerCase();
  throw new ResnetError('bad_argument', `sha256 is ${JSON.stringify(digits)}; expected 64 hexadecimal digits`);
}

/** Of bytes that are all there, beside this thread. True too where the page is not secure, so that it cannot be told. */
export async function mayHaveSha256(bytes: Uint8Array<ArrayBuffer>, expected: string): Promise<boolean> {
  if (globalThis.crypto?.subtle === undefined) return true;
  return bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))) === expected;
}

export class Sha256Check {
  readonly #hash = sha256.create();
  readonly #expected: string;

  constructor(expected: string) {
    this.#expected = expected;
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** Errors: `bad_model`. */
  finish(): void {
    const found = bytesToHex(this.#hash.digest());
    if (found === this.#expected) return;
    throw new ResnetError('bad_model', `the model's sha256 is ${found}, ${this.#expected} was expected: it is another file, or damaged`);
  }
}
