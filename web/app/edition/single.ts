// The page in a single file: everything is in it, and nothing can be fetched.
//
// SPDX-License-Identifier: MIT
import type { ServedModel } from '../catalog.js';
import astronaut from '../samples/astronaut.jpg';
import cat from '../samples/cat.jpg';
import coffee from '../samples/coffee.jpg';
import rocket from '../samples/rocket.jpg';
import type { Edition } from './edition.js';

const samples = { astronaut, cat, coffee, rocket };

export const edition: Edition = {
  hasServer: false,
  models: async () => inlinedModels(),
  sample: (name) => new File([samples[name]], `${name}.jpg`, { type: 'image/jpeg' }),
};

/** The one that the file was made with, if any. tools/build/single.mjs writes it: in pieces, as the longest text that an engine can hold is too short. */
function inlinedModels(): ServedModel[] {
  const pieces = [...document.querySelectorAll<HTMLScriptElement>('script[data-model]')];
  const name = pieces[0]?.dataset['model'];
  if (name === undefined) return [];
  const source = new Blob(pieces.map((piece) => {
    const bytes = Uint8Array.from(atob(piece.text), (digit) => digit.charCodeAt(0));
    piece.remove(); // its text is as large as the piece
    return bytes;
  }));
  return [{ name, source, bytes: source.size, builtIn: false }];
}
