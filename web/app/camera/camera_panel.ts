// The camera: what it sees, frame after frame; a picture held, saved, or handed to the photo panel.
//
// SPDX-License-Identifier: MIT
import { element } from '../dom.js';
import type { App, Panel } from '../panel.js';
import { download } from '../parts/download.js';
import { strings } from '../strings.js';
import { Announcer } from './announcer.js';
import { cameraCard } from './camera_card.js';
import { isOn, type Sight } from './camera_state.js';
import { sightCard } from './sight_card.js';
import { Viewfinder } from './viewfinder.js';

export function cameraPanel({ session, go }: App): Panel {
  const video = element('video', { muted: true, playsInline: true, 'aria-label': strings.camera.preview });
  const finder = new Viewfinder(session, video);
  const announcer = new Announcer();

  /** What is shown now, as a file that is named after it. */
  async function pictureFile(): Promise<File | undefined> {
    const picture = finder.picture();
    const name = fileName(finder.sight.value);
    const blob = await new Promise<Blob | null>((resolve) => (picture === undefined ? resolve(null) : picture.toBlob(resolve)));
    return blob === null ? undefined : new File([blob], name, { type: blob.type });
  }

  async function save(): Promise<void> {
    const file = await pictureFile();
    if (file === undefined) return announcer.note.set(strings.camera.unsaved);
    download(file.name, file);
    announcer.note.set(strings.camera.saved(file.name));
  }

  async function open(): Promise<void> {
    const file = await pictureFile();
    if (file !== undefined) go('photo', [{ file, path: file.name }]);
    else announcer.note.set(strings.camera.unsaved);
  }

  finder.state.watch(() => announcer.note.set(undefined));
  finder.sight.watch((sight) => {
    const best = sight.predictions?.[0];
    if (best === undefined) announcer.see('');
    else announcer.see(sight.doubtful ? strings.camera.doubtful(best.label) : best.label);
  });
  return {
    root: element('div', { className: 'panel camera-panel' },
      cameraCard(session, finder, video, announcer, { save, open }), sightCard(session, finder, video)),
    show: () => void finder.findChoices(),
    hide() {
      const { value: state } = finder.state;
      if (state.kind === 'starting' || isOn(state)) finder.stop('left');
    },
  };
}

function fileName({ predictions }: Sight): string {
  const best = predictions?.[0];
  return best === undefined ? strings.camera.fileUnseen(new Date()) : strings.camera.file(best.label, best.score, new Date());
}
