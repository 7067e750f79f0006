// What differs between the page as it is served and the page in a single file: where that which comes with it is found.
//
// The bundler puts served.ts or single.ts in the place of the module 'resnet-edition': tools/build/bundle.mjs.
// SPDX-License-Identifier: MIT
import type { ServedModel } from '../catalog.js';

export type SampleName = 'cat' | 'coffee' | 'rocket' | 'astronaut';

export interface Edition {
  /** Whether there is a server beside the page: one that can be asked for pictures, and without which the page would be kept. */
  hasServer: boolean;
  /** The models that come with the page. Errors: `io`. */
  models(): Promise<ServedModel[]>;
  /** A picture that comes with the page: its address, or the file itself. */
  sample(name: SampleName): URL | File;
}
