// What the page is made of: panels, one of which is shown at a time, above one model that all of them use.
//
// SPDX-License-Identifier: MIT
import type { PickedFile } from './files.js';
import type { Session } from './session.js';

/** In the order of the tabs. The address says which is shown: #photo, #many, .. */
export const panelNames = ['photo', 'many', 'camera', 'models'] as const;
export type PanelName = (typeof panelNames)[number];

export interface Panel {
  root: HTMLElement;
  /** It has become visible, or is left for another one. */
  show?(): void;
  hide?(): void;
  /** Picture files that were dropped or pasted anywhere on the page while it is shown; at least one. */
  take?(files: PickedFile[]): void;
}

/** What a panel is made with. */
export interface App {
  readonly session: Session;
  /** Shows another panel, and hands it files. */
  go(panel: PanelName, files?: PickedFile[]): void;
}
