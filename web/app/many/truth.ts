// What photos really show: by a labels file, or else by folders that are named like classes.
//
// SPDX-License-Identifier: MIT
import { classFinder, classNumber, type Classes } from '../parts/class_names.js';
import type { Item } from './item.js';
import { entryFinder, type LabelsFile } from './labels_file.js';

export interface Truth {
  from: 'file' | 'folders';
  /** The class of each photo that has one. */
  of: ReadonlyMap<Item, number>;
  /** Labels, or names of folders, that mean no class of the model; sorted. */
  unmatched: readonly string[];
  /** Photos that nothing is said of. */
  unlabelled: number;
  /** Entries of the labels file for photos that are not here. */
  absent: number;
}

/** Undefined: there is no labels file, and no folder is named like a class. */
export function truthOf(items: readonly Item[], files: readonly LabelsFile[], model: Classes): Truth | undefined {
  return files.length > 0 ? byFiles(items, files, model) : byFolders(items, model);
}

/** What a later file says of a photo holds. */
function byFiles(items: readonly Item[], files: readonly LabelsFile[], model: Classes): Truth {
  const find = classFinder(model);
  const read = files.map((said) => ({ said, entryOf: entryFinder(said), used: new Set<string>() }));
  const of = new Map<Item, number>();
  const unmatched = new Set<string>();
  let unlabelled = 0;
  for (const item of items) {
    let label: string | undefined;
    for (const { said, entryOf, used } of read) {
      const entry = entryOf(item.path);
      if (entry === undefined) continue;
      used.add(entry);
      label = said.get(entry);
    }
    // In a labels file a number is a class's number even where a label looks like one.
    const index = label === undefined ? undefined : classNumber(label, model.classes) ?? find(label);
    if (index !== undefined) of.set(item, index);
    else if (label !== undefined) unmatched.add(label);
    else ++unlabelled;
  }
  const absent = read.reduce((sum, { said, used }) => sum + said.size - used.size, 0);
  return { from: 'file', of, unmatched: [...unmatched].sort(), unlabelled, absent };
}

/** The nearest folder that is named like a class. */
function byFolders(items: readonly Item[], model: Classes): Truth | undefined {
  const find = classFinder(model);
  const of = new Map<Item, number>();
  const unmatched = new Set<string>();
  let unlabelled = 0;
  for (const item of items) {
    const folders = item.path.split('/').slice(0, -1).reverse();
    const index = folders.map(find).find((found) => found !== undefined);
    if (index !== undefined) {
      of.set(item, index);
      continue;
    }
    ++unlabelled;
    if (folders[0] !== undefined) unmatched.add(folders[0]);
  }
  if (of.size === 0) return undefined; // ordinary folders
  return { from: 'folders', of, unmatched: [...unmatched].sort(), unlabelled, absent: 0 };
}
