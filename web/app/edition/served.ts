// The page as a server has it: everything lies beside it.
//
// SPDX-License-Identifier: MIT
import { servedModels } from '../catalog.js';
import type { Edition } from './edition.js';

export const edition: Edition = {
  hasServer: true,
  models: servedModels,
  sample: (name) => new URL(`samples/${name}.jpg`, document.baseURI),
};
