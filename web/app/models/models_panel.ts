// Models: those beside the page, the user's own, two side by side, and what of them this browser keeps.
//
// SPDX-License-Identifier: MIT
import { element } from '../dom.js';
import type { App, Panel } from '../panel.js';
import { compareCard } from './compare_card.js';
import { servedCard } from './served_card.js';
import { storageCard } from './storage_card.js';

export function modelsPanel({ session }: App): Panel {
  const storage = storageCard(session);
  const served = servedCard(session, storage.kept);
  const compare = compareCard(session);
  return {
    root: element('div', { className: 'panel models-panel' }, served, storage.root, compare.root),
    show: storage.refresh,
    take: ([photo]) => photo && compare.look(photo.file),
  };
}
