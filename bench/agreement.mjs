// Whether an engine computes what ours does: times of something else would be worth nothing.
//
// SPDX-License-Identifier: MIT

const mostDifference = 1e-4; // float networks: another order of sums gives some 1e-6
const mostKl = 0.01; // 8-bit networks: engines round at other places; a wrong scale gives some tenths

/** Of two lists of logits: norm of the difference over norm, whatever both are shifted by; KL divergence in nats; the best class. */
export function compareAnswers(logits, reference) {
  const [q, p] = [logits, reference].map(logSoftmax);
  const [a, b] = [q, p].map(centred);
  return {
    difference: Math.hypot(...b.map((value, i) => a[i] - value)) / Math.hypot(...b),
    kl: Math.max(0, sum(p.map((value, i) => Math.exp(value) * (value - q[i])))), // rounding may make it a little less
    sameBest: best(q) === best(p),
  };
}

/** Why that is too far away, or undefined. */
export function objection({ difference, kl, sameBest }, precision) {
  if (!sameBest) return `another best class than ours (KL ${kl.toPrecision(2)})`;
  if (precision === 'f32') return difference < mostDifference ? undefined : `logits that differ by ${difference.toPrecision(2)} from ours`;
  return kl < mostKl ? undefined : `an answer with a KL divergence of ${kl.toPrecision(2)} from ours`;
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const best = (values) => values.indexOf(Math.max(...values));

function logSoftmax(logits) {
  const most = Math.max(...logits);
  const total = Math.log(sum(logits.map((value) => Math.exp(value - most)))) + most;
  return logits.map((value) => value - total);
}

function centred(values) {
  const mean = sum(values) / values.length;
  return values.map((value) => value - mean);
}
