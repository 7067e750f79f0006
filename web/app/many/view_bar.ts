// Which photos the grid shows, in which order; and selecting all of them.
//
// SPDX-License-Identifier: MIT
import { element, setText } from '../dom.js';
import { button } from '../parts/pickers.js';
import { strings } from '../strings.js';
import { everything, kinds, sortings, type Arrangement } from './arrangement.js';

export interface ViewBar {
  root: HTMLElement;
  readonly arrangement: Arrangement;
  /** `labelled`: whether some photos' classes are known. */
  update(counts: { shown: number; all: number; selected: number; labelled: boolean }): void;
  /** Shows everything again. */
  reset(): void;
}

export function viewBar(changed: () => void, selectAll: () => void, selectNone: () => void): ViewBar {
  const { many: words } = strings;
  const form = element('form', { className: 'view-bar', onsubmit: (event: Event) => event.preventDefault() });
  const label = element('input', { type: 'search', name: 'label', placeholder: words.labelExample, autocomplete: 'off' });
  const least = element('input', { type: 'number', name: 'least', min: '0', max: '100', step: 'any', placeholder: '0', inputMode: 'decimal' });
  const kind = choice('kind', kinds, words.kinds);
  const sorting = choice('sorting', sortings, words.sortings);
  form.append(field(words.label, label), field(words.leastScore, least), field(words.kind, kind), field(words.sorting, sorting));
  form.oninput = changed;
  const count = element('p', { className: 'amount' });
  const all = button('secondary', words.selectAll, selectAll);
  const none = button('secondary', words.selectNone, selectNone);
  const wrong = [...kind.options].find(({ value }) => value === 'wrong');
  return {
    root: element('div', {}, form, element('div', { className: 'select-row' }, count, all, none)),
    get arrangement() {
      return {
        label: label.value.trim(),
        leastScore: least.valueAsNumber > 0 ? least.valueAsNumber / 100 : 0,
        kind: kinds.find((name) => name === kind.value) ?? everything.kind,
        sorting: sortings.find((name) => name === sorting.value) ?? everything.sorting,
      };
    },
    update({ shown, all: total, selected, labelled }) {
      setText(count, [words.shown(shown, total), ...(selected > 0 ? [words.selected(selected)] : [])].join(' · '));
      all.disabled = shown === 0 || selected === shown;
      none.disabled = selected === 0;
      if (wrong !== undefined) wrong.disabled = !labelled;
    },
    reset: () => form.reset(),
  };
}

function choice<Name extends string>(name: string, names: readonly Name[], words: Record<Name, string>): HTMLSelectElement {
  return element('select', { name }, ...names.map((value) => element('option', { value }, words[value])));
}

function field(name: string, input: HTMLElement): HTMLElement {
  return element('label', {}, element('span', {}, name), input);
}
