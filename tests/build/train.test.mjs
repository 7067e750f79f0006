// The training script's own tests, where Debian's Python has what it needs.
//
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { root } from '../../tools/build/run.mjs';

const { RESNET_PYTHON: python = '/usr/bin/python3' } = process.env;
const runPython = (...args) => spawnSync(python, args, { cwd: root, encoding: 'utf8' });

test('the training script: same seed same numbers, interruption, files, convolutions', (context) => {
  const { status, error, stderr } = runPython('-c', 'import matplotlib, numpy, PIL, torch');
  if (status !== 0) return context.skip(`needs python3-torch, python3-pil and python3-matplotlib: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
  const tests = runPython('-m', 'unittest', 'discover', '-s', 'tools/train');
  assert.equal(tests.status, 0, tests.stderr);
  assert.match(tests.stderr, /^Ran [1-9]\d* tests/m);
});
