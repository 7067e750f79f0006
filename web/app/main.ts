// Starts the page: the model, the panels with their tabs, and the doors for files.
//
// SPDX-License-Identifier: MIT
import { cameraPanel } from './camera/camera_panel.js';
import { isModelFile, onFiles, type PickedFile } from './files.js';
import { manyPanel } from './many/many_panel.js';
import { modelsPanel } from './models/models_panel.js';
import { photoPanel } from './photo/photo_panel.js';
import type { App, Panel, PanelName } from './panel.js';
import { Session } from './session.js';
import { shell } from './shell.js';
import { strings } from './strings.js';

const session = new Session();
const app: App = { session, go: (panel, files) => page.go(panel, files) };
const panels: Record<PanelName, Panel> = {
  photo: photoPanel(app),
  many: manyPanel(app),
  camera: cameraPanel(app),
  models: modelsPanel(app),
};
const page = shell(session, panels);

/** A model replaces the model; one picture goes to the panel that is shown, if it takes any; several go to the grid. */
function take(files: PickedFile[]): void {
  const model = files.find(({ file }) => isModelFile(file));
  if (model !== undefined) return void session.useFile(model.file);
  if (files.length > 1) page.go('many', files);
  else page.go(page.shown === 'many' ? 'many' : 'photo', files);
}

document.title = strings.title;
document.body.append(page.root);
onFiles(take);
void session.begin();
