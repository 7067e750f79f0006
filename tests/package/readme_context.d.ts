// What the samples in the READMEs take for granted: a classifier, a chosen file, a place to show things.
//
// SPDX-License-Identifier: MIT
declare const classifier: import('resnet-wasm').Classifier;
declare const file: File;
declare const files: FileList;
declare const video: HTMLVideoElement;
declare const progressBar: HTMLProgressElement;
declare function show(...values: unknown[]): void;
