// The page's frame: heading, tabs, the panel that is shown, the model, and what can be said of privacy.
//
// SPDX-License-Identifier: MIT
import { edition } from 'resnet-edition';
import { element, icon } from './dom.js';
import type { PickedFile } from './files.js';
import { modelCard } from './models/model_card.js';
import { offlineView } from './offline/offline_view.js';
import { panelNames, type Panel, type PanelName } from './panel.js';
import { privacyView } from './privacy.js';
import type { Session } from './session.js';
import { strings } from './strings.js';

export interface Shell {
  root: HTMLElement;
  readonly shown: PanelName;
  /** Shows a panel, and hands it files. */
  go(panel: PanelName, files?: PickedFile[]): void;
}

const lock = 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3';

export function shell(session: Session, panels: Record<PanelName, Panel>): Shell {
  // Links, and not the tab pattern: each panel has an address, and the browser's own keys and history work.
  const links = panelNames.map((name) => element('a', { href: `#${name}` }, strings.panels[name]));
  for (const name of panelNames) panels[name].root.tabIndex = -1; // it takes the focus where it is shown by the page itself
  const main = element('main', {}, ...panelNames.map((name) => panels[name].root));
  const root = element('div', { className: 'page' },
    element('header', {},
      element('div', {}, element('h1', {}, strings.title), element('p', {}, strings.tagline)),
      element('nav', { 'aria-label': strings.panels.heading }, ...links)),
    main,
    modelCard(session),
    element('footer', {}, icon(lock), element('div', {},
      element('p', {}, element('strong', {}, strings.privacy), ' ', edition.hasServer ? strings.privacyDetail : strings.single.privacyDetail),
      ...(edition.hasServer ? [offlineView(session)] : []),
      privacyView(),
      ...(edition.hasServer ? [element('p', {}, element('a', { href: 'THIRD-PARTY.txt' }, strings.licences))] : []))));

  let shown: PanelName | undefined;
  const showPanel = (name: PanelName) => {
    if (name === shown) return;
    const before = shown;
    shown = name;
    panelNames.forEach((each, i) => {
      panels[each].root.hidden = each !== name;
      if (each === name) links[i]?.setAttribute('aria-current', 'page');
      else links[i]?.removeAttribute('aria-current');
    });
    root.dataset['panel'] = name;
    if (before !== undefined) panels[before].hide?.();
    panels[name].show?.();
  };
  const showAddressed = () => showPanel(panelNames.find((name) => location.hash === `#${name}`) ?? 'photo');
  window.addEventListener('hashchange', showAddressed);
  showAddressed();
  return {
    root,
    get shown() {
      return shown ?? 'photo';
    },
    go(name, files) {
      if (name !== shown) {
        history.pushState(undefined, '', `#${name}`);
        showPanel(name);
        panels[name].root.focus(); // what had the focus is hidden
      }
      if (files !== undefined) panels[name].take?.(files);
    },
  };
}
