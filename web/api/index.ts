// The public entry of the package.
//
// SPDX-License-Identifier: MIT
export { Classifier } from './classifier.js';
export { ResnetError, type ErrorCode } from './errors.js';
export type { Build, WasmFile } from './features.js';
export type { DrawnImage, ImageSource, Pixels } from './image.js';
export type { ClassifierInfo, LoadOptions, LoadProgress } from './loading.js';
export type { AllOptions, ImageOutcome } from './many.js';
export type { CacheOption } from './model_cache.js';
export type { ModelSource } from './model_source.js';
export type { ClassifyOptions, EmbedOptions, PictureOptions } from './options.js';
export type { ClassifyResult } from './protocol.js';
export type { FrameOutcome, StreamSource } from './stream.js';
export { cosineSimilarity } from './vectors.js';
export type { HeatGrid, ModelInfo, Prediction, Region, Timing } from './wasm_module.js';
