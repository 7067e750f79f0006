// From what was measured to tables: medians, ratios, Markdown.
//
// SPDX-License-Identifier: MIT

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * One for each entrant that was measured. `ratio`: of its times to those of the engine `reference`, {engine, build}, with the same
 * network; `toFirst`: to its own with the first network. `mode`: what all of them have in common.
 */
export function rowsOf(results, { reference, mode }) {
  const measured = results.filter(({ refused }) => refused === undefined);
  const ofSame = (engine, build) => measured.filter(({ entrant: other }) => other.engine === engine && other.build === build);
  const references = ofSame(reference.engine, reference.build);
  const first = results[0].entrant.network;
  return measured.map(({ entrant, load, first: firstRun, times, heapBytes }) => {
    const { engine, build, threads, network } = entrant;
    return {
      mode, engine, build, threads, network, load, first: firstRun, median: median(times), least: Math.min(...times),
      ratio: ratioTo(references.find(({ entrant: other }) => other.network === network) ?? standIn(references, entrant), times),
      toFirst: ratioTo(ofSame(engine, build).find(({ entrant: other }) => other.network === first), times),
      heapMiB: Math.round(heapBytes / 2 ** 20), times,
    };
  });
}

/** For a 7-bit network, which others cannot have, their 8-bit one. */
function standIn(references, { architecture, precision }) {
  if (precision !== '7-bit') return undefined;
  return references.find(({ entrant: other }) => other.precision === '8-bit' && other.architecture === architecture);
}

function ratioTo(other, times) {
  return other && median(times.map((time, round) => time / other.times[round]));
}

const ms = (value) => value.toFixed(value < 100 ? 1 : 0);
const ratio = (value) => value?.toFixed(2) ?? '–';

const fullName = ({ engine, build }) => [engine, build].filter(Boolean).join(', ');

/** Headings, and what stands below them for a row. */
export function timeColumns({ reference, firstNetwork }) {
  return {
    engine: fullName,
    threads: ({ threads }) => String(threads),
    network: ({ network }) => network,
    load: ({ load }) => ms(load),
    first: (row) => ms(row.first),
    median: (row) => ms(row.median),
    least: ({ least }) => ms(least),
    [`to ${fullName(reference)}`]: (row) => ratio(row.ratio),
    [`to ${firstNetwork}`]: ({ toFirst }) => ratio(toFirst),
    'heap (MiB)': ({ heapMiB }) => String(heapMiB),
  };
}

export const sizeColumns = {
  engine: fullName,
  threads: ({ threads }) => String(threads),
  files: ({ files }) => files.join(', '),
  kB: ({ bytes }) => (bytes / 1000).toFixed(0),
  'gzip (kB)': ({ gzip }) => (gzip / 1000).toFixed(0),
};

/** For console.table. */
export const cells = (rows, columns) =>
  rows.map((row) => Object.fromEntries(Object.entries(columns).map(([heading, cell]) => [heading, cell(row)])));

export function markdown(rows, columns) {
  const line = (parts) => `| ${parts.join(' | ')} |`;
  const headings = Object.keys(columns);
  const lines = rows.map((row) => line(Object.values(columns).map((cell) => cell(row))));
  return [line(headings), line(headings.map(() => '---')), ...lines].join('\n');
}
