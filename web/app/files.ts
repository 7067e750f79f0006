// The door for files that are dropped anywhere on the page, pasted, or picked.
//
// SPDX-License-Identifier: MIT

/** `path`: with the folders it came from, such as "cats/tom.jpg"; a single file's is its name. */
export interface PickedFile {
  file: File;
  path: string;
}

export const isModelFile = (file: File) => file.name.toLowerCase().endsWith('.safetensors');

/** Calls `take` with the files of each drop and paste; the body has class `dragging` while files hover over it. */
export function onFiles(take: (files: PickedFile[]) => void): void {
  const { body } = document;
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  const takeAll = async (transfer: DataTransfer | null) => {
    const files = await filesOf(transfer);
    if (files.length > 0) take(files);
  };

  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault(); // otherwise the browser would open the file in place of the page
    body.classList.add('dragging');
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) body.classList.remove('dragging');
  });
  document.addEventListener('drop', (event) => {
    body.classList.remove('dragging');
    if (!hasFiles(event)) return;
    event.preventDefault();
    void takeAll(event.dataTransfer);
  });
  document.addEventListener('paste', (event) => void takeAll(event.clipboardData));
}

/** The files of an `<input type="file">`, which is emptied, so that the same ones can be chosen again. */
export function takeFrom(input: HTMLInputElement): PickedFile[] {
  const files = [...input.files ?? []].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
  input.value = '';
  return files;
}

/** With those in folders. What is in the transfer must be asked for at once: it is gone after the event. */
async function filesOf(transfer: DataTransfer | null): Promise<PickedFile[]> {
  if (transfer === null) return [];
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const plain = [...transfer.files].map((file) => ({ file, path: file.name }));
  if (!entries.some((entry) => entry.isDirectory)) return plain;
  return (await Promise.all(entries.map(inside))).flat();
}

/** All files below an entry, sorted by path; those that cannot be read any more are left out. */
async function inside(entry: FileSystemEntry): Promise<PickedFile[]> {
  const path = entry.fullPath.replace(/^\//, '');
  try {
    if (isFile(entry)) return [{ file: await new Promise<File>((resolve, reject) => entry.file(resolve, reject)), path }];
    const children = await childrenOf(entry as FileSystemDirectoryEntry);
    return (await Promise.all(children.map(inside))).flat();
  } catch {
    return [];
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;

/** The reader hands out a hundred at a time. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return children.sort((a, b) => (a.name < b.name ? -1 : 1));
    children.push(...some);
  }
}
