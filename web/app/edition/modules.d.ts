// What the bundler puts in under these names: tools/build/bundle.mjs.
//
// SPDX-License-Identifier: MIT

/** served.ts or single.ts. */
declare module 'resnet-edition' {
  export const edition: import('./edition.js').Edition;
}

/** A picture's bytes, in the single file. */
declare module '*.jpg' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
