// npm run build:native [-- TARGET..]: the program build/native/resnet and the native tests.
//
// SPDX-License-Identifier: MIT
import { configureAndBuild } from './cmake.mjs';
import { exitWith } from './run.mjs';

configureAndBuild('native', process.argv.slice(2)).catch(exitWith);
