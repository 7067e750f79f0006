// Starts the page: the model, the panels with their tabs, and the doors for files.
//
// SPDX-License-Identifier: MIT
import { cameraPanel } from './camera/camera_panel.js';
import { isModelFile, onFiles, type PickedFile } from './files.js';
import { manyPanel } from './many/many_panel.js';
import { sortedFiles } from './many/sorted_files.js';
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

/** A model replaces the model; one photo goes to the panel that is shown, if it takes any; several, or labels, to the grid. */
function take(files: PickedFile[]): void {
  const model = files.find(({ file }) => isModelFile(file));
  if (model !== undefined) void session.useFile(model.file);
  const others = files.filter(({ file }) => !isModelFile(file));
  if (others.length === 0) return;
  const forGrid = others.length > 1 || sortedFiles(others).labels.length > 0 || page.shown === 'many';
  page.go(forGrid ? 'many' : page.shown === 'models' ? 'models' : 'photo', others);
}

document.title = strings.title;
document.body.append(page.root);
onFiles(take);
void session.begin();
