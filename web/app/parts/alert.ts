// What went wrong, said in words.
//
// SPDX-License-Identifier: MIT
import type { ResnetError } from '../../api/index.js';
import { element } from '../dom.js';
import { errorAdvice, errorTitles } from '../problem_strings.js';

/** `code`: for programs. `lines`: what was found, and what to do. */
export interface Message {
  code: string;
  title: string;
  lines: readonly string[];
}

export interface MessageView {
  root: HTMLElement;
  /** Without a message it is hidden. */
  update(message: Message | undefined): void;
}

export interface Alert {
  root: HTMLElement;
  /** Says what happened to `name`, with what the library found and what to do; without an error it is hidden. */
  update(name: string, error: ResnetError | undefined): void;
}

export function messageView(): MessageView {
  const root = element('div', { className: 'alert', role: 'alert', hidden: true });
  let said = '';
  return {
    root,
    update(message) {
      const text = JSON.stringify(message ?? '');
      if (text === said) return; // a screen reader is not told twice
      said = text;
      root.hidden = message === undefined;
      if (message === undefined) return root.replaceChildren();
      root.dataset['code'] = message.code;
      root.replaceChildren(
        element('p', { className: 'alert-title' }, message.title), ...message.lines.map((line) => element('p', {}, line)));
    },
  };
}

export function alertView(): Alert {
  const { root, update } = messageView();
  return { root, update: (name, error) => update(error && errorMessage(name, error)) };
}

/** What happened to `name`, in the library's own words. */
export function errorMessage(name: string, error: ResnetError): Message {
  return { code: error.code, title: errorTitles[error.code], lines: [`${name}: ${error.message}`, errorAdvice[error.code]].filter(Boolean) };
}
