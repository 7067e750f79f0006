// What was measured, on what: on the console, in build/bench.json, and in docs/performance.md.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Failure, inBuild, root } from '../tools/build/run.mjs';
import { cells, markdown, sizeColumns, timeColumns } from './table.mjs';

const documentFile = path.join(root, 'docs/performance.md');
const begin = '<!-- bench: begin (npm run bench -- --write) -->';
const end = '<!-- bench: end -->';

/** Whether the processor has x86's dot-product instructions. */
export const hasVnni = () => / avx_vnni| avx512_vnni/.test(fs.existsSync('/proc/cpuinfo') ? fs.readFileSync('/proc/cpuinfo', 'utf8') : '');

/** In one line. `versions`: of programs, by name. Must be asked before the measuring, for the load. */
export function describe(versions, rounds) {
  const [{ model }] = os.cpus();
  return [
    new Date().toISOString().slice(0, 10),
    `${model} (${os.cpus().length} processors, ${hasVnni() ? 'with' : 'without'} VNNI)`,
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
    `${rounds} turns`,
    `load average before ${os.loadavg()[0].toFixed(1)}`,
  ].join(', ');
}

/** What tables do not say: who was refused, and how near the others' answers are to ours. */
export function notesOf(results, mode) {
  const others = results.filter(({ entrant }) => entrant.engine !== 'resnet-wasm');
  return others.map(({ entrant: { engine, network, threads, precision }, refused, agreement }) => {
    const who = `${engine}, ${network}, threads: ${threads}, processor ${mode}`;
    if (refused) return `${who}: not measured: ${refused}`;
    const [what, distance] = precision === 'f32' ? ['difference of the logits', agreement.difference] : ['KL divergence', agreement.kl];
    return `${who}: ${what} ${distance.toExponential(0)}`;
  });
}

/** `measured` is {setting, reference, firstNetwork, rows, notes, sizes}. */
export function report(measured) {
  const { rows, notes, sizes } = measured;
  for (const { mode, ofMode } of byMode(rows)) {
    console.log(`Processor ${mode}:`);
    console.table(cells(ofMode, timeColumns(measured)));
  }
  console.table(cells(sizes, sizeColumns));
  for (const note of notes) console.log(note);
  fs.writeFileSync(inBuild('bench.json'), `${JSON.stringify(measured, null, 2)}\n`);
}

/** Puts the tables between the two marks in docs/performance.md. */
export function writeDocument(measured) {
  const text = fs.readFileSync(documentFile, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Failure(`${documentFile}: the lines ${begin} and ${end} are not there`);
  fs.writeFileSync(documentFile, `${text.slice(0, from)}${begin}\n${tables(measured)}\n${text.slice(to)}`);
}

function tables(measured) {
  const { setting, rows, notes, sizes } = measured;
  return [
    `Measured: ${setting}. Milliseconds.`,
    ...byMode(rows).map(({ mode, ofMode }) => `Processor ${mode}:\n\n${markdown(ofMode, timeColumns(measured))}`),
    notes.length > 0 ? `Answers for the same picture, compared with ours:\n\n${notes.map((note) => `- ${note}`).join('\n')}` : [],
    `To download before the model:\n\n${markdown(sizes, sizeColumns)}`,
  ].flat().join('\n\n');
}

const byMode = (rows) =>
  [...new Set(rows.map(({ mode }) => mode))].map((mode) => ({ mode, ofMode: rows.filter((row) => row.mode === mode) }));
