// Gives the user a file that was made here.
//
// SPDX-License-Identifier: MIT
import { element } from '../dom.js';

const keptMs = 60_000; // browsers begin to read it some time after the click

export function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  element('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), keptMs);
}
