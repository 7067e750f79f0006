// The door for files that are dropped anywhere on the page or pasted.
//
// SPDX-License-Identifier: MIT

/** Calls `take` with the first file of each drop and paste; the body has class `dragging` while files hover over it. */
export function onFiles(take: (file: File) => void): void {
  const { body } = document;
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  const takeFirst = (files: FileList | undefined) => {
    const file = files?.[0];
    if (file !== undefined) take(file);
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
    takeFirst(event.dataTransfer?.files);
  });
  document.addEventListener('paste', (event) => takeFirst(event.clipboardData?.files));
}
