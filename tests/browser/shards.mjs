// A model in parts, as `resnet convert --shard` writes it: tools/cli/shards.h.
//
// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';

const sha256Of = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** {index, parts}: the index as an object, and the parts by name. */
export function shardsOf(bytes, partBytes, name = 'model') {
  const count = Math.ceil(bytes.length / partBytes);
  const digits = (number) => String(number).padStart(5, '0');
  const parts = {};
  const listed = Array.from({ length: count }, (_, i) => {
    const part = bytes.subarray(i * partBytes, (i + 1) * partBytes);
    const sha256 = sha256Of(part);
    const file = `${name}.${digits(i + 1)}-of-${digits(count)}.${sha256.slice(0, 8)}.bin`;
    parts[file] = part;
    return { file, bytes: part.length, sha256 };
  });
  return { index: { format: 'resnet-wasm shards 1', bytes: bytes.length, sha256: sha256Of(bytes), parts: listed }, parts };
}
