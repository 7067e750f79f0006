// Runs other programs, and says what is being done: one line a step, the output only when a step fails.
//
// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const inBuild = (...parts) => path.join(root, 'build', ...parts);

export function say(text) {
  console.log(`[set-up] ${text}`);
}

/** An error whose message is for the person at the terminal: it is shown without a stack. */
export class Failure extends Error {}

/** One about how a script was called. */
export class Misuse extends Failure {}

/** Ends a script: prints the message of a Failure, the stack of anything else. */
export function exitWith(error) {
  console.error(error instanceof Failure ? error.message : error);
  process.exit(error instanceof Misuse ? 2 : 1);
}

/** The options of a script that takes nothing else, as parseArgs of node:util describes them; `usage` is said where others are given. */
export const readOptions = (args, options, usage) => readArguments({ args, options }, usage).values;

/** What parseArgs of node:util makes of `config`; likewise. */
export function readArguments(config, usage) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new Misuse(`${error.message.split('. ')[0]}\n\n${usage}`);
  }
}

/** True where the script at `url` (import.meta.url) was started itself rather than imported. */
export function isMain(url) {
  return process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(url);
}

/** The full path of a program on the PATH, or undefined. */
export function which(program) {
  return (process.env.PATH ?? '').split(path.delimiter).filter(Boolean)
    .map((folder) => path.join(folder, program)).find(isExecutable);
}

function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end and returns its standard output; throws a Failure with all its output when it fails.
 *
 * `options` are spawnSync's; `log` is a file that gets the output as it comes, in place of the returned string.
 */
export function run(program, args, { log, ...options } = {}) {
  const out = log === undefined ? 'pipe' : fs.openSync(log, 'a');
  const result = spawnSync(program, args, {
    cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', out, out], ...options,
  });
  if (log !== undefined) fs.closeSync(out);
  if (result.error === undefined && result.status === 0) return result.stdout ?? '';
  const output = log === undefined ? `${result.stdout ?? ''}${result.stderr ?? ''}` : fs.readFileSync(log, 'utf8');
  const end = result.error?.message ?? `exit status ${result.status ?? result.signal}`;
  throw new Failure(`${output.slice(-20000)}\n${program} ${args.join(' ')}: ${end}`);
}

/** Runs a program and returns whether it ended well. */
export function succeeds(program, args, options = {}) {
  return spawnSync(program, args, { stdio: 'ignore', ...options }).status === 0;
}

/**
 * Makes the folder or file `target` by `make(temporary)`, which writes beside it; it appears whole or not at all.
 * What stood there before is replaced.
 */
export async function placeWhole(target, make) {
  const temporary = `${target}.${process.pid}.part`;
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.rmSync(temporary, { recursive: true, force: true });
  try {
    await make(temporary);
    fs.rmSync(target, { recursive: true, force: true });
    fs.renameSync(temporary, target);
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}
