// What this browser keeps for the page, and a button to clear it.
//
// SPDX-License-Identifier: MIT
import { Classifier } from '../../api/index.js';
import { Atom } from '../atom.js';
import { element, setText } from '../dom.js';
import { button } from '../parts/pickers.js';
import { forgetAll } from '../remembered.js';
import type { Session } from '../session.js';
import { bytes } from '../format.js';
import { strings } from '../strings.js';

export interface StorageCard {
  root: HTMLElement;
  /** The names of the served models that this browser keeps. */
  kept: Atom<ReadonlySet<string>>;
  /** Looks again at what is kept. */
  refresh(): void;
}

export function storageCard(session: Session): StorageCard {
  const { storage: words } = strings;
  const kept = new Atom<ReadonlySet<string>>(new Set());
  const used = element('p', {}, words.looking);
  const status = element('p', { className: 'quiet', role: 'status' });
  const clear = button('secondary', words.clear, () => void clearAll());

  const refresh = async () => {
    const served = session.served.value ?? [];
    const cached = await Promise.all(served.map(({ source }) => (source instanceof URL ? Classifier.isCached(source) : false)));
    kept.set(new Set(served.filter((_, i) => cached[i]).map(({ name }) => name)));
    setText(used, await usage());
  };
  const clearAll = async () => {
    clear.disabled = true;
    await Classifier.clearCache();
    forgetAll();
    await refresh();
    clear.disabled = false;
    setText(status, words.cleared);
  };
  session.model.watch(({ kind }) => {
    if (kind !== 'ready') return;
    setText(status, '');
    void refresh();
  });
  const root = element('section', { className: 'card', 'aria-labelledby': 'storage-heading' },
    element('h2', { id: 'storage-heading' }, words.heading), used, element('p', { className: 'quiet' }, words.detail),
    element('div', { className: 'bar-row' }, clear, status));
  return { root, kept, refresh: () => void refresh() };
}

/** In words; browsers round it, and some do not tell. */
async function usage(): Promise<string> {
  const { storage: words } = strings;
  const { usage: used } = await navigator.storage?.estimate().catch(() => undefined) ?? {};
  return used === undefined ? words.unknown : words.used(bytes(used));
}
