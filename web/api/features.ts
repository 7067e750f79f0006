// Which builds of the WebAssembly module this engine can run: asked of the engine itself, by tiny modules.
//
// SPDX-License-Identifier: MIT
import { ResnetError } from './errors.js';

/** `simd` runs in every engine since 2021; `relaxed` is quicker where the engine knows relaxed SIMD. */
export type Build = 'simd' | 'relaxed';
/** The WebAssembly files: each build also with threads. */
export type WasmFile = Build | `${Build}-threads`;

export interface BuildChoice {
  build: Build;
  threads: number;
  /** Why this one, for a person. */
  reason: string;
}

export interface Wanted {
  build: Build | 'auto';
  threads: number | 'auto';
  /** Whether a worker does the work: without one there is no waiting for threads. */
  worker: boolean;
}

// More gain little: the layers get too small to be shared out.
const mostThreads = 4;

/** The choices to try, best first. Throws `unsupported_engine` where there is none. */
export function buildsToTry({ build, threads, worker }: Wanted): BuildChoice[] {
  if (!hasSimd()) throw new ResnetError('unsupported_engine', 'this browser lacks WebAssembly SIMD (all have had it since 2023)');
  const counts = threadCounts(threads, worker);
  return builds(build).flatMap(({ build: name, reason }) =>
    counts.map((count) => ({ build: name, threads: count.threads, reason: `${reason}; ${count.reason}` })));
}

function builds(wanted: Build | 'auto'): Omit<BuildChoice, 'threads'>[] {
  if (wanted === 'relaxed' && !hasRelaxedSimd()) {
    throw new ResnetError('unsupported_engine', "this browser lacks relaxed SIMD, which the build 'relaxed' needs; 'auto' takes the best one that runs");
  }
  if (wanted !== 'auto') return [{ build: wanted, reason: 'asked for' }];
  if (!hasRelaxedSimd()) return [{ build: 'simd', reason: 'this engine has no relaxed SIMD' }];
  return [
    { build: 'relaxed', reason: 'this engine has relaxed SIMD' },
    { build: 'simd', reason: 'the relaxed build did not work here' },
  ];
}

/** As many as wanted, then one. */
function threadCounts(wanted: number | 'auto', worker: boolean): Omit<BuildChoice, 'build'>[] {
  const one = (reason: string) => [{ threads: 1, reason: `one thread: ${reason}` }];
  if (wanted === 1) return one('asked for');
  if (!worker) return one('there is no worker');
  if (globalThis.crossOriginIsolated !== true) return one('the page is not cross-origin isolated');
  const threads = wanted === 'auto' ? Math.min(navigator.hardwareConcurrency, mostThreads) : wanted;
  if (threads < 2) return one('there is one processor core');
  return [{ threads, reason: `${threads} threads: the page is cross-origin isolated` }, ...one('threads did not work here')];
}

// A zero vector on the stack: i32.const 0, i8x16.splat.
const zero = [0x41, 0x00, 0xfd, 0x0f];
const popcount = [0xfd, 0x62]; // i8x16.popcnt, one of the last that plain SIMD got

/** The instruction 0x100 + `opcode`, its number in LEB128. */
const relaxed = (opcode: number) => [0xfd, 0x80 | opcode, 0x02];

// An engine may know some relaxed instructions and not others (Firefox's nightly builds did), and refuses a whole module
// for one that it does not know: so every kind that a compiler may emit is asked for.
const relaxedBody = [
  ...zero, ...relaxed(0x01), // i32x4.relaxed_trunc_f32x4_s
  ...zero, ...zero, ...relaxed(0x05), // f32x4.relaxed_madd
  ...zero, ...zero, ...relaxed(0x06), // f32x4.relaxed_nmadd
  ...zero, ...zero, ...relaxed(0x0b), // i32x4.relaxed_laneselect
  ...zero, ...relaxed(0x0d), // f32x4.relaxed_min
  ...zero, ...relaxed(0x0e), // f32x4.relaxed_max
  ...zero, ...relaxed(0x12), // i16x8.relaxed_dot_i8x16_i7x16_s
  ...zero, ...zero, ...relaxed(0x13), // i32x4.relaxed_dot_i8x16_i7x16_add_s
];

/** A module with one function () -> v128. */
function moduleOf(body: number[]): Uint8Array<ArrayBuffer> {
  const code = [0x00, ...body, 0x0b]; // no locals, end
  return new Uint8Array([
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // "\0asm", version 1
    0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, // types: () -> v128
    0x03, 0x02, 0x01, 0x00, // functions: one of type 0
    0x0a, code.length + 2, 0x01, code.length, ...code, // code
  ]);
}

function knows(body: number[]): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(moduleOf(body));
}

export const hasSimd = (): boolean => knows([...zero, ...popcount]);
export const hasRelaxedSimd = (): boolean => knows(relaxedBody);
