// Starts the page: loads the model, takes photos, and keeps the state that the views show.
//
// SPDX-License-Identifier: MIT
import { Classifier, ResnetError, type LoadProgress, type ModelSource } from '../api/index.js';
import { firstServedModel, type ServedModel } from './catalog.js';
import { onFiles } from './files.js';
import { Atom, type PageState } from './state.js';
import { strings } from './strings.js';
import { pageView, shownResults } from './views.js';

const page = new Atom<PageState>({ model: { kind: 'looking' }, photo: { kind: 'empty' } });
let classifier: Classifier | undefined;
let photo: File | undefined;
let loading = new AbortController();
let looking = new AbortController();

async function loadServedModel(): Promise<void> {
  const { signal } = loading;
  try {
    const served = await firstServedModel();
    if (signal.aborted) return;
    if (served === undefined) page.update({ model: { kind: 'none' } });
    else await loadModel(served.url, served);
  } catch (error) {
    page.update({ model: { kind: 'failed', name: strings.model.heading, error: toResnetError(error) } });
  }
}

/** Replaces the model; a load or a classification under way is dropped. */
async function loadModel(source: ModelSource, { name, bytes, builtIn }: Omit<ServedModel, 'url'>): Promise<void> {
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  looking.abort();
  classifier?.dispose();
  classifier = undefined;
  const { photo: shown } = page.value;
  if (shown.kind !== 'empty') page.update({ photo: { kind: 'waiting', name: shown.name, url: shown.url } });
  page.update({ model: { kind: 'loading', name, loadedBytes: 0, totalBytes: bytes } });
  try {
    const loaded = await Classifier.load(source, { signal, onProgress: (progress) => showProgress(name, progress, signal) });
    classifier = loaded;
    page.update({ model: { kind: 'ready', name: loaded.info.name || name, info: loaded.info, builtIn } });
    await classifyPhoto();
  } catch (error) {
    if (signal.aborted) return;
    page.update({ model: { kind: 'failed', name, error: toResnetError(error) } });
  }
}

function showProgress(name: string, progress: LoadProgress, signal: AbortSignal): void {
  if (signal.aborted) return;
  if (progress.stage === 'prepare') page.update({ model: { kind: 'preparing', name } });
  else page.update({ model: { kind: 'loading', name, loadedBytes: progress.loadedBytes, totalBytes: progress.totalBytes } });
}

function choosePhoto(file: File): void {
  const previous = page.value.photo;
  photo = file;
  page.update({ photo: { kind: 'waiting', name: file.name, url: URL.createObjectURL(file) } });
  if (previous.kind !== 'empty') URL.revokeObjectURL(previous.url);
  void classifyPhoto();
}

/** Classifies the chosen photo, where there is one and a model; one that was under way is dropped. */
async function classifyPhoto(): Promise<void> {
  looking.abort();
  looking = new AbortController();
  const { signal } = looking;
  const shown = page.value.photo;
  if (photo === undefined || classifier === undefined || shown.kind === 'empty') return;
  const { name, url } = shown;
  page.update({ photo: { kind: 'busy', name, url } });
  try {
    const result = await classifier.classify(photo, { signal, maxResults: shownResults });
    page.update({ photo: { kind: 'done', name, url, result } });
  } catch (error) {
    if (signal.aborted) return;
    page.update({ photo: { kind: 'failed', name, url, error: toResnetError(error) } });
  }
}

function toResnetError(error: unknown): ResnetError {
  if (error instanceof ResnetError) return error;
  return new ResnetError('internal', error instanceof Error ? error.message : String(error));
}

const chooseModel = (file: File) => void loadModel(file, { name: file.name, bytes: file.size, builtIn: false });
const view = pageView({ choosePhoto, chooseModel });
document.title = strings.title;
document.body.append(view.root);
page.watch((state) => view.update(state));
onFiles((file) => (file.name.endsWith('.safetensors') ? chooseModel(file) : choosePhoto(file)));
void loadServedModel();
