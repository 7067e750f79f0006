// The public entry of the package.
//
// SPDX-License-Identifier: MIT
export { Classifier, type ClassifyResult } from './classifier.js';
export type { ModelSource } from './download.js';
export { ResnetError, type ErrorCode } from './errors.js';
export type { Build } from './features.js';
export type { ImageSource, Pixels } from './image.js';
export type { ClassifierInfo, LoadOptions, LoadProgress } from './loading.js';
export type { ClassifyOptions, PictureOptions } from './options.js';
export type { HeatGrid, ModelInfo, Prediction, Region, Timing } from './wasm_module.js';
