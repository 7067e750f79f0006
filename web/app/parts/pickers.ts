// Buttons.
//
// SPDX-License-Identifier: MIT
import { element } from '../dom.js';
import { takeFrom, type PickedFile } from '../files.js';

export type ButtonKind = 'primary' | 'secondary';

export interface PickerOptions {
  kind: ButtonKind;
  /** As the input's attribute. */
  accept: string;
  multiple?: boolean;
  /** Folders in place of files. */
  folder?: boolean;
}

/** A button that opens the system's file dialogue; `choose` gets at least one file. */
export function filePicker(
  { kind, accept, multiple = false, folder = false }: PickerOptions, choose: (files: PickedFile[]) => void,
): { root: HTMLElement; label: HTMLElement } {
  const input = element('input', { type: 'file', accept, multiple, webkitdirectory: folder, className: 'hidden-input' });
  input.onchange = () => {
    const files = takeFrom(input);
    if (files.length > 0) choose(files);
  };
  const label = element('span', {});
  return { root: element('label', { className: `button ${kind}` }, input, label), label };
}

export function button(kind: ButtonKind, text: string, press: () => void): HTMLButtonElement {
  return element('button', { type: 'button', className: `button ${kind}`, onclick: press }, text);
}
