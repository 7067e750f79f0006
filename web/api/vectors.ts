// Arithmetic on embeddings.
//
// SPDX-License-Identifier: MIT
import { ResnetError } from './errors.js';

/** How alike two pictures are, by their embeddings: 1 the same direction, 0 nothing in common. Errors: `bad_argument`. */
export function cosineSimilarity(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) {
    throw new ResnetError('bad_argument', `embeddings of ${a.length} and of ${b.length} numbers cannot be compared: they are of two networks`);
  }
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  return lengths > 0 ? dot(a, b) / lengths : 0;
}

/** The vector scaled to length 1; one of zeros stays. */
export function l2Normalized(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return length > 0 ? vector.map((value) => value / length) : vector;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
