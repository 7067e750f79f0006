// One photo: what it shows, how sure the network is, where it sees it, and what a part of the photo shows.
//
// SPDX-License-Identifier: MIT
import type { Region } from '../../api/index.js';
import { Atom } from '../atom.js';
import { element } from '../dom.js';
import type { PickedFile } from '../files.js';
import type { App, Panel } from '../panel.js';
import { shownResults } from '../parts/results.js';
import { toResnetError } from '../session.js';
import { shownOf, type PhotoState } from './photo_state.js';
import { photoCard } from './photo_card.js';
import { resultCard } from './result_card.js';

/** What the cards of the panel ask for. */
export interface PhotoActions {
  choose(files: readonly PickedFile[]): void;
  /** A picture of the page's own server, by its address. Errors: shown as those of a photo. */
  chooseAddress(address: URL): void;
  /** Undefined: the whole photo. */
  look(region: Region | undefined): void;
  /** Shows where this class is seen, undefined: no class. */
  locate(index: number | undefined): void;
}

export function photoPanel({ session, go }: App): Panel {
  const photo = new Atom<PhotoState>({ kind: 'empty' });
  const located = new Atom<number | undefined>(undefined);
  let source: File | URL | undefined;
  let looking = new AbortController();

  const choose = (chosen: File | URL, name: string, url: string) => {
    const { value: previous } = photo;
    source = chosen;
    located.set(undefined);
    photo.set({ kind: 'waiting', name, url, region: undefined });
    if (previous.kind !== 'empty' && previous.url.startsWith('blob:')) URL.revokeObjectURL(previous.url);
    void classify();
  };

  /** Classifies the chosen photo, where there is one and a model; one that was under way is dropped. */
  async function classify(): Promise<void> {
    looking.abort();
    looking = new AbortController();
    const { signal } = looking;
    const { value } = photo;
    if (source === undefined || value.kind === 'empty') return;
    const shown = shownOf(value);
    const classifier = session.ready?.classifier;
    if (classifier === undefined) return photo.set({ kind: 'waiting', ...shown });
    photo.set({ kind: 'busy', ...shown });
    try {
      const options = { signal, maxResults: shownResults, regionOfInterest: shown.region, heatmap: located.value ?? false };
      photo.set({ kind: 'done', ...shown, result: await classifier.classify(source, options) });
    } catch (error) {
      // The model was replaced: the next one will look at it.
      if (signal.aborted || session.ready?.classifier !== classifier) return;
      photo.set({ kind: 'failed', ...shown, error: toResnetError(error) });
    }
  }

  const actions: PhotoActions = {
    choose([first, ...others]) {
      if (first === undefined) return;
      if (others.length > 0) return go('many', [first, ...others]);
      choose(first.file, first.file.name, URL.createObjectURL(first.file));
    },
    chooseAddress: (address) => choose(address, address.pathname.split('/').at(-1) ?? address.pathname, address.href),
    look(region) {
      const { value } = photo;
      if (value.kind === 'empty') return;
      photo.set({ kind: 'waiting', ...shownOf(value), region });
      void classify();
    },
    locate(index) {
      located.set(index);
      if (index !== undefined) void classify();
    },
  };

  session.onChange(() => {
    located.set(undefined); // another model's classes have other numbers
    void classify();
  });
  const stage = photoCard(session, photo, located, actions);
  const result = resultCard(session, photo, located, actions);
  return { root: element('div', { className: 'panel photo-panel' }, stage, result), take: actions.choose };
}
