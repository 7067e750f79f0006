// Labels files, as `resnet evaluate` reads them: a line per photo, its file, a tab, its class by number or label. Further columns,
// empty lines and those that begin with # are passed over.
//
// SPDX-License-Identifier: MIT
import { ResnetError } from '../../api/index.js';
import type { PickedFile } from '../files.js';
import { strings } from '../strings.js';

/** What each photo is said to be, by its path. */
export type LabelsFile = ReadonlyMap<string, string>;

const maxBytes = 16 << 20;

export const isLabelsFile = ({ file }: PickedFile) => file.name.toLowerCase().endsWith('.tsv');

/** Errors: `io`; `bad_argument` with the line. */
export async function readLabelsFile({ file, path }: PickedFile): Promise<LabelsFile> {
  if (file.size > maxBytes) throw new ResnetError('bad_argument', strings.many.labelsTooLarge(maxBytes));
  const text = await file.text().catch((error: unknown) => {
    throw new ResnetError('io', String(error)); // moved or changed since it was chosen
  });
  return parseLabels(text, path.slice(0, path.lastIndexOf('/') + 1));
}

/** `folder`: that of the file, with a slash at its end: what the paths in it begin at. Errors: `bad_argument` with the line. */
export function parseLabels(text: string, folder = ''): LabelsFile {
  const said = new Map<string, string>();
  text.replace(/^\uFEFF/, '').split('\n').forEach((ended, i) => {
    const line = ended.replace(/\r$/, '');
    if (line === '' || line.startsWith('#')) return;
    const [name, label] = line.split('\t');
    if (!name || !label) throw new ResnetError('bad_argument', strings.many.labelsLine(i + 1));
    said.set(folder + name.replaceAll('\\', '/').replace(/^(\.\/)+/, ''), label);
  });
  return said;
}

/** Finds a photo's entry by its path, or by this path without its first folders: the file need not lie where the photos do. */
export function entryFinder(labels: LabelsFile): (path: string) => string | undefined {
  const byName = uniqueNames(labels);
  return (path) => {
    for (let rest = path; ; rest = rest.slice(rest.indexOf('/') + 1)) {
      if (labels.has(rest)) return rest;
      if (!rest.includes('/')) break;
    }
    return path.includes('/') ? undefined : byName.get(path);
  };
}

/** Entries by file name, for photos that were given without their folders; a name that stands there twice is none. */
function uniqueNames(labels: LabelsFile): Map<string, string | undefined> {
  const names = new Map<string, string | undefined>();
  for (const entry of labels.keys()) {
    const name = entry.slice(entry.lastIndexOf('/') + 1);
    names.set(name, names.has(name) ? undefined : entry);
  }
  return names;
}
