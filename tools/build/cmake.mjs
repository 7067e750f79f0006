// Configures and builds a CMake preset: one line a step; the whole output is in build/PRESET/build.log, shown when it fails.
//
// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Failure, inBuild, root } from './run.mjs';
import { setUp } from './setup.mjs';

export const isWasm = (preset) => preset.startsWith('wasm');

/** Sets up what `preset` needs, configures it where that is due, and builds `targets` (everything, when empty). */
export async function configureAndBuild(preset, targets = []) {
  await setUp(isWasm(preset) ? 'emscripten' : 'native');
  await buildPreset(preset, targets);
}

/** The same without the set-up, for a caller that has seen to it. */
export async function buildPreset(preset, targets = []) {
  const folder = inBuild(preset);
  fs.mkdirSync(folder, { recursive: true });
  const log = path.join(folder, 'build.log');
  fs.writeFileSync(log, '');
  const configuration = configurationStep(preset, folder);
  if (configuration !== undefined) await step(`${preset}: configuring`, configuration, log);
  const chosen = targets.length > 0 ? ['--target', ...targets] : [];
  await step(`${preset}: building`, ['--build', folder, ...chosen], log);
}

/** CMake's arguments for configuring, or undefined where Ninja will see for itself whether that is due. */
function configurationStep(preset, folder) {
  const configured = time(path.join(folder, 'build.ninja'));
  // Another compiler than the one that the folder was configured for: start anew.
  const compiler = isWasm(preset) ? inBuild('toolchain/emscripten-root') : path.join(root, 'cmake/native-toolchain.cmake');
  if (time(compiler) > configured) return ['--preset', preset, '--fresh'];
  return time(path.join(root, 'CMakePresets.json')) > configured ? ['--preset', preset] : undefined;
}

function time(file) {
  return fs.existsSync(file) ? fs.statSync(file).mtimeMs : 0;
}

async function step(title, args, log) {
  const started = Date.now();
  const progress = new Progress(title);
  const child = spawn('cmake', args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const file = fs.createWriteStream(log, { flags: 'a' });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      file.write(data);
      progress.see(String(data));
    });
  }
  const status = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  await new Promise((resolve) => file.end(resolve));
  progress.end();
  if (status !== 0) throw new Failure(`${failureIn(fs.readFileSync(log, 'utf8'))}\n${title} failed; the whole log: ${log}`);
  console.log(`[build] ${title}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** The part of a log that tells what went wrong: from the first failure on, without the steps that went well. */
function failureIn(text) {
  const from = Math.max(0, text.search(/^(FAILED:|CMake Error|ninja: error)/m));
  return text.slice(from).replace(/^\[\d+\/\d+\] .*\n/gm, '').slice(0, 20000);
}

/** Shows how far Ninja is: on a terminal in one line that changes, elsewhere in a line every half minute. */
class Progress {
  constructor(title) {
    this.title = title;
    this.interval = process.stdout.isTTY ? 100 : 30000;
    this.shown = process.stdout.isTTY ? 0 : Date.now();
  }

  see(text) {
    const steps = text.match(/\[\d+\/\d+\]/g);
    if (steps === null || Date.now() - this.shown < this.interval) return;
    this.shown = Date.now();
    const line = `[build] ${this.title} ${steps.at(-1)}`;
    if (process.stdout.isTTY) process.stdout.write(`\r${line}\x1b[K`);
    else console.log(line);
  }

  end() {
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
  }
}
