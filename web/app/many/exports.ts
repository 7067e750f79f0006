// The results as files: JSON in the form of `resnet classify --json`, and a table for spreadsheets.
//
// SPDX-License-Identifier: MIT
import { shownResults } from '../parts/results.js';
import type { Item } from './item.js';

/** An object for each photo that has been looked at. */
export function jsonOf(items: readonly Item[]): string {
  const entries = items.flatMap(({ path, outcome }): object[] => {
    if (outcome === undefined) return [];
    if (outcome.kind === 'failed') return [{ file: path, error: { code: outcome.error.code, message: outcome.error.message } }];
    return [{ file: path, predictions: outcome.top, ms: outcome.ms }];
  });
  return `${JSON.stringify(entries, null, 2)}\n`;
}

/** A line for each photo that has been looked at: its file, five labels with their scores, or the error. RFC 4180. */
export function csvOf(items: readonly Item[]): string {
  const ranks = Array.from({ length: shownResults }, (_, i) => i + 1);
  const head = ['file', ...ranks.flatMap((rank) => [`label ${rank}`, `score ${rank}`]), 'error', 'message'];
  const lines = items.flatMap(({ path, outcome }) => {
    if (outcome === undefined) return [];
    const top = outcome.kind === 'done' ? outcome.top : [];
    const { code = '', message = '' } = outcome.kind === 'failed' ? outcome.error : {};
    const answers = ranks.flatMap((rank) => {
      const prediction = top[rank - 1];
      return prediction === undefined ? ['', ''] : [textField(prediction.label), prediction.score.toFixed(6)];
    });
    return [[textField(path), ...answers, code, textField(message)]];
  });
  // With the mark that spreadsheets know UTF-8 by.
  return `\uFEFF${[head, ...lines].map((line) => `${line.join(',')}\r\n`).join('')}`;
}

/** A file's name may be made so that a spreadsheet would run it as a formula: an apostrophe before it prevents that. */
function textField(text: string): string {
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
