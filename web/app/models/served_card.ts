// The models that are served beside the page, and the door for the user's own.
//
// SPDX-License-Identifier: MIT
import type { Atom } from '../atom.js';
import type { ServedModel } from '../catalog.js';
import { element } from '../dom.js';
import { button, filePicker } from '../parts/pickers.js';
import type { Session } from '../session.js';
import { bytes } from '../format.js';
import { strings } from '../strings.js';

export function servedCard(session: Session, kept: Atom<ReadonlySet<string>>): HTMLElement {
  const { models: words } = strings;
  const list = element('ul', { className: 'served' });
  const picker = filePicker({ kind: 'secondary', accept: '.safetensors' }, ([model]) => model && void session.useFile(model.file));
  picker.label.textContent = strings.model.choose;

  const update = () => {
    const inUse = nameInUse(session);
    const rows = (session.served.value ?? []).map((model) => servedRow(model, model.name === inUse, kept.value.has(model.name), session));
    const changed = rows.map((row) => row.dataset['state']).join() !== [...list.children].map((row) => (row as HTMLElement).dataset['state']).join();
    if (changed) list.replaceChildren(...rows); // and not while a download counts its bytes: a button with the focus stays
  };
  session.served.watch(update);
  session.model.watch(update);
  kept.watch(update);
  return element('section', { className: 'card', 'aria-labelledby': 'served-heading' },
    element('h2', { id: 'served-heading' }, words.heading), list,
    element('p', { className: 'quiet' }, words.own), picker.root);
}

/** The served model that is used, or on its way; undefined where it is a file of the user's. */
function nameInUse({ served, model: { value: model } }: Session): string | undefined {
  if (model.kind === 'looking' || model.kind === 'none' || model.kind === 'failed') return undefined;
  if (model.kind === 'ready') return model.served?.name;
  return served.value?.find(({ name }) => name === model.name)?.name;
}

function servedRow(model: ServedModel, inUse: boolean, isKept: boolean, session: Session): HTMLLIElement {
  const { models: words } = strings;
  const facts = [model.bytes === undefined ? '' : bytes(model.bytes), model.builtIn ? words.builtIn : '', isKept ? words.kept : ''];
  const use = button('secondary', inUse ? words.inUse : words.use, () => void session.useServed(model));
  use.disabled = inUse;
  use.setAttribute('aria-label', `${inUse ? words.inUse : words.use}: ${model.name}`);
  return element('li', { 'data-state': `${model.name}/${inUse}/${isKept}` },
    element('div', {}, element('p', { className: 'model-name' }, model.name),
      element('p', { className: 'quiet' }, facts.filter(Boolean).join(' · '))), use);
}
