// What is what among files that are given all at once: photos, labels files, and the rest of a folder.
//
// SPDX-License-Identifier: MIT
import type { PickedFile } from '../files.js';
import { isLabelsFile } from './labels_file.js';

export interface SortedFiles {
  /** In the order of their paths where they come from folders: browsers give them in any. */
  photos: PickedFile[];
  labels: PickedFile[];
  /** How many files of folders are neither. */
  leftOut: number;
}

const names = new Intl.Collator('en', { numeric: true });
const pictureName = /\.(jpe?g|png|bmp|gif|webp|avif|heic)$/i;

export function sortedFiles(files: readonly PickedFile[]): SortedFiles {
  const labels = files.filter((picked) => isLabelsFile(picked) && !isHidden(picked));
  const photos = files.filter((picked) => !isLabelsFile(picked) && (isChosenItself(picked) || (isPicture(picked) && !isHidden(picked))));
  if (!photos.every(isChosenItself)) photos.sort((a, b) => names.compare(a.path, b.path));
  return { photos, labels, leftOut: files.filter((picked) => !isHidden(picked)).length - photos.length - labels.length };
}

/** Then it is taken for a photo whatever it is called, and said in words where it is none. */
const isChosenItself = ({ path }: PickedFile) => !path.includes('/');
const isPicture = ({ file }: PickedFile) => file.type.startsWith('image/') || pictureName.test(file.name);
/** Systems put files with a dot before their name beside photos, some with the photos' endings. */
const isHidden = (picked: PickedFile) => !isChosenItself(picked) && picked.file.name.startsWith('.');
