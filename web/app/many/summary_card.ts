// What the selected photos, or all that are shown, show together; and saving their results.
//
// SPDX-License-Identifier: MIT
import { element, setText } from '../dom.js';
import type { Classes } from '../parts/class_names.js';
import { download } from '../parts/download.js';
import { button } from '../parts/pickers.js';
import { resultList } from '../parts/results.js';
import { strings } from '../strings.js';
import { mostClasses } from './batch.js';
import { csvOf, jsonOf } from './exports.js';
import type { Item } from './item.js';
import { summaryOf, type Summary } from './summary.js';

export interface SummaryCard {
  root: HTMLElement;
  /** `selected`: whether these are the selected ones, and not all that are shown. */
  update(items: readonly Item[], selected: boolean, model: Classes | undefined): void;
}

const othersNamed = 3;

export function summaryCard(): SummaryCard {
  const { many: words } = strings;
  let items: readonly Item[] = [];
  const subject = element('p', { className: 'subject' });
  const winner = element('p', { className: 'winner' });
  const others = element('p', { className: 'quiet' });
  const averages = resultList();
  const limits = element('p', { className: 'quiet' });
  const save = (ending: 'csv' | 'json', type: string, text: () => string) =>
    button('secondary', words[ending], () => download(`${words.file}.${ending}`, new Blob([text()], { type })));
  const buttons = [save('csv', 'text/csv', () => csvOf(items)), save('json', 'application/json', () => jsonOf(items))];
  const saveHint = element('span', { className: 'quiet' });
  const root = element('section', { className: 'card summary', 'aria-labelledby': 'together-heading' },
    element('h2', { id: 'together-heading' }, words.together), subject,
    element('h3', {}, words.vote), element('div', { className: 'vote' }, winner, others),
    element('h3', {}, words.averages), averages.root, limits,
    element('h3', {}, words.save), element('div', { className: 'save-row' }, ...buttons, saveHint));
  return {
    root,
    update(shown, selected, model) {
      items = shown;
      setText(subject, (selected ? words.ofSelected : words.ofShown)(items.length));
      const summary = model && summaryOf(items, model);
      setText(winner, winnerText(summary));
      setText(others, othersText(summary));
      averages.update(summary && summary.averaged > 0 ? summary.averages : undefined);
      setText(limits, limitsText(summary));
      const answered = items.filter(({ outcome }) => outcome !== undefined).length;
      setText(saveHint, words.saveHint(answered));
      for (const each of buttons) each.disabled = answered === 0;
    },
  };
}

/** The classes that won: several where they have equally many votes. */
function winners({ votes }: Summary) {
  return votes.filter(({ photos }) => photos === votes[0]?.photos);
}

function winnerText(summary: Summary | undefined): string {
  const { many: words } = strings;
  const [first, second] = summary === undefined ? [] : winners(summary);
  if (summary === undefined || first === undefined) return words.none;
  if (second === undefined) return words.winner(first.label, first.photos, summary.answered);
  return words.tie(winners(summary).slice(0, othersNamed).map(({ label }) => label), first.photos, summary.answered);
}

function othersText(summary: Summary | undefined): string {
  const rest = summary?.votes.slice(winners(summary).length, winners(summary).length + othersNamed) ?? [];
  return rest.length === 0 ? '' : strings.many.others(rest);
}

function limitsText(summary: Summary | undefined): string {
  if (summary === undefined || summary.averaged === summary.answered) return '';
  return summary.averaged === 0 ? strings.many.noAverages(mostClasses) : strings.many.averagedOf(summary.averaged);
}
