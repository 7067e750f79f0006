// Pictures that come with the page, and any other of the page's own server: its policy lets it reach no further.
//
// SPDX-License-Identifier: MIT
import { edition } from 'resnet-edition';
import { element } from '../dom.js';
import type { SampleName } from '../edition/edition.js';
import { strings } from '../strings.js';
import type { PhotoActions } from './photo_panel.js';

const samples: readonly SampleName[] = ['cat', 'coffee', 'rocket', 'astronaut'];

export function samplesView(actions: PhotoActions): HTMLElement {
  const { samples: words } = strings;
  const pictures = samples.map((name) => {
    const sample = edition.sample(name);
    const src = sample instanceof URL ? sample.href : URL.createObjectURL(sample);
    const image = element('img', { src, alt: '', width: 64, height: 48, decoding: 'async' });
    const onclick = () => (sample instanceof URL ? actions.chooseAddress(sample) : actions.choose([{ file: sample, path: sample.name }]));
    return element('button', { type: 'button', className: 'sample', 'aria-label': words[name], title: words[name], onclick }, image);
  });
  return element('div', { className: 'samples' },
    element('p', { className: 'quiet' }, words.heading), element('div', { className: 'sample-row' }, ...pictures),
    ...(edition.hasServer ? [addressForm(actions)] : []));
}

function addressForm(actions: PhotoActions): HTMLElement {
  const { samples: words } = strings;
  const input = element('input', { type: 'text', inputMode: 'url', name: 'address', placeholder: words.addressExample, autocomplete: 'off' });
  const problem = element('p', { className: 'quiet problem', role: 'status' });
  const form = element('form', { className: 'address' },
    element('label', {}, element('span', {}, words.address), input),
    element('button', { type: 'submit', className: 'button secondary' }, words.open), problem);
  form.onsubmit = (event) => {
    event.preventDefault();
    const address = addressOf(input.value.trim());
    problem.textContent = '';
    if (address === undefined) problem.textContent = words.noAddress;
    else if (address.origin !== location.origin) problem.textContent = words.otherOrigin(location.origin);
    else actions.chooseAddress(address);
  };
  return element('details', {}, element('summary', {}, words.byAddress), form);
}

function addressOf(text: string): URL | undefined {
  if (text === '') return undefined;
  try {
    return new URL(text, document.baseURI);
  } catch {
    return undefined;
  }
}
