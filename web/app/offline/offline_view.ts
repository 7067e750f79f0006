// Whether the page would open without its server, what is missing otherwise, and that there is a newer one.
//
// SPDX-License-Identifier: MIT
import { Classifier } from '../../api/index.js';
import { element, setText } from '../dom.js';
import { button } from '../parts/pickers.js';
import type { Session } from '../session.js';
import { strings } from '../strings.js';
import { PageKeeper, type Keeping } from './page_keeper.js';

/** Begins to keep the page once the model is there or has failed: it is not to share its connection with the page's other files. */
export function offlineView(session: Session): HTMLElement {
  const keeper = new PageKeeper();
  const line = element('p', { 'aria-live': 'polite' });
  let asked = 0;
  const update = async () => {
    const turn = ++asked;
    const text = await lineText(session, keeper.state.value);
    if (turn === asked) setText(line, text);
  };
  let begun = false;
  session.model.watch(({ kind }) => {
    void update();
    if (begun || !['ready', 'failed', 'none'].includes(kind)) return;
    begun = true;
    void keeper.begin();
  });
  keeper.state.watch(() => void update());
  // What was kept may have been cleared meanwhile.
  for (const event of ['hashchange', 'focus']) window.addEventListener(event, () => void update());
  return element('div', { className: 'offline' }, line, newerNotice(keeper));
}

async function lineText(session: Session, { page }: Keeping): Promise<string> {
  const { offline: words } = strings;
  if (page !== 'kept') return words[page];
  const { value: model } = session.model;
  if (model.kind === 'looking' || model.kind === 'loading' || model.kind === 'preparing') return words.coming;
  if (model.kind === 'ready' && model.served === undefined) return words.ownModel;
  const kept = model.kind === 'ready' && model.served !== undefined && await Classifier.isCached(model.served.source).catch(() => false);
  return kept ? words.ready : words.noModel;
}

/** Over the page's lower edge, so that nothing moves when it comes. */
function newerNotice(keeper: PageKeeper): HTMLElement {
  const { offline: words } = strings;
  const text = element('p', {});
  const use = button('primary', '', () => {
    use.disabled = true;
    keeper.useNewer();
  });
  const later = button('secondary', words.later, () => { root.hidden = true; });
  const root = element('div', { className: 'newer card', role: 'group', 'aria-label': words.newer, hidden: true }, text, use, later);
  let said: Keeping['newer'] = 'none';
  keeper.state.watch(({ newer }) => {
    if (newer === said) return; // also where it was put off
    said = newer;
    root.hidden = newer === 'none';
    setText(text, newer === 'taken' ? words.taken : words.waits);
    setText(use, newer === 'taken' ? words.reload : words.useNow);
  });
  return element('div', { 'aria-live': 'polite' }, root); // what appears in it is read out
}
