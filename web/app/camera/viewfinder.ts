// The camera and the network behind it: started, stopped, frozen, and looked at frame after frame.
//
// It never starts by itself, and stops whenever nobody can see its picture.
// SPDX-License-Identifier: MIT
import type { Classifier, Prediction } from '../../api/index.js';
import { Atom } from '../atom.js';
import { isDoubtful } from '../doubt.js';
import { shownResults } from '../parts/results.js';
import { remembered } from '../remembered.js';
import { toResnetError, type Session } from '../session.js';
import { isOn, type CameraState, type OffReason, type Sight } from './camera_state.js';
import { cameraChoices, CameraError, onCamerasChanged, openCamera, type Camera, type CameraChoice, type Wish } from './device.js';
import { Meter } from './meter.js';
import { Smoother } from './smoother.js';

const firstFrameMs = 10_000; // slow cameras take two or three seconds
const doubtMargin = 0.05; // a doubt ends later than it begins, or it would come and go

export class Viewfinder {
  readonly state = new Atom<CameraState>({ kind: 'off', why: 'new' });
  readonly sight = new Atom<Sight>({});
  readonly choices = new Atom<readonly CameraChoice[]>([]);
  readonly #session: Session;
  /** Shows the camera's picture. */
  readonly #video: HTMLVideoElement;
  #camera: Camera | undefined;
  #starting = new AbortController();
  #looking = new AbortController();

  constructor(session: Session, video: HTMLVideoElement) {
    this.#session = session;
    this.#video = video;
    session.onChange(() => {
      this.sight.set({});
      void this.#look();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.hidden && this.#camera !== undefined) this.stop('hidden');
    });
    onCamerasChanged(() => void this.findChoices());
  }

  /** Errors: shown. */
  async start(wish: Wish = usualWish()): Promise<void> {
    this.#close();
    const { signal } = this.#starting;
    this.state.set({ kind: 'starting' });
    try {
      const camera = await openCamera(wish);
      if (signal.aborted) return camera.close(); // meanwhile nobody wants it any more
      this.#camera = camera;
      if (document.hidden) return this.stop('hidden');
      camera.track.onended = () => void this.#ended(camera);
      await this.#show(camera, signal);
      camera.track.onmute = camera.track.onunmute = () => this.#silence(camera.track.muted);
      this.state.set({ kind: 'live', camera, silent: camera.track.muted });
      void this.findChoices(); // now they have names
      void this.#look();
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  stop(why: OffReason): void {
    this.#close();
    this.sight.set({});
    this.state.set({ kind: 'off', why });
  }

  /** Holds the picture; what is shown then is the network's answer to this very one. */
  freeze(): void {
    const { value } = this.state;
    if (value.kind !== 'live') return;
    this.state.set({ kind: 'frozen', camera: value.camera, still: pictureOf(this.#video) });
    void this.#look();
  }

  goOn(): void {
    const { value } = this.state;
    if (value.kind !== 'frozen') return;
    this.state.set({ kind: 'live', camera: value.camera, silent: value.camera.track.muted });
    void this.#look();
  }

  /** What is shown now, as the camera sees it; undefined where nothing is. */
  picture(): HTMLCanvasElement | undefined {
    const { value } = this.state;
    if (value.kind === 'frozen') return value.still;
    return value.kind === 'live' ? pictureOf(this.#video) : undefined;
  }

  async findChoices(): Promise<void> {
    this.choices.set(await cameraChoices());
  }

  /** From now on, and at the next visits. */
  choose(id: string): void {
    remembered.camera.set(id);
    if (this.state.value.kind === 'starting' || isOn(this.state.value)) void this.start({ id });
  }

  /** To the other side of a phone. */
  async turn(): Promise<void> {
    await this.start({ facing: this.#camera?.facing === 'environment' ? 'user' : 'environment' });
    if (this.#camera !== undefined) remembered.camera.set(this.#camera.id);
  }

  #close(): void {
    this.#looking.abort();
    this.#starting.abort();
    this.#starting = new AbortController();
    if (this.#camera !== undefined) this.#camera.track.onended = null;
    this.#camera?.close();
    this.#camera = undefined;
    this.#video.srcObject = null;
  }

  #fail(error: unknown): void {
    const { problem, message } = error instanceof CameraError ? error : new CameraError('other', String(error));
    this.#close();
    this.sight.set({});
    this.state.set({ kind: 'failed', problem, detail: message });
  }

  /** Resolves with the first frame. Errors: CameraError. */
  async #show({ stream }: Camera, signal: AbortSignal): Promise<void> {
    const video = this.#video;
    video.srcObject = stream;
    video.play().catch(() => undefined); // said below, if it never does
    let late: ReturnType<typeof setTimeout> | undefined;
    await new Promise<unknown>((resolve, reject) => {
      late = setTimeout(() => reject(new CameraError('silent')), firstFrameMs);
      video.addEventListener('loadeddata', resolve, { once: true, signal });
      signal.addEventListener('abort', reject, { once: true });
    }).finally(() => clearTimeout(late));
  }

  #silence(silent: boolean): void {
    const { value } = this.state;
    if (value.kind === 'live') this.state.set({ ...value, silent });
  }

  /** Not by us. */
  async #ended({ id }: Camera): Promise<void> {
    const { signal } = this.#starting;
    const left = await cameraChoices();
    if (signal.aborted) return;
    this.choices.set(left);
    this.#fail(new CameraError(left.some((choice) => choice.id === id) ? 'ended' : 'unplugged'));
  }

  /** Has the model look at what is shown: at the held picture once, else at frame after frame. */
  async #look(): Promise<void> {
    this.#looking.abort();
    this.#looking = new AbortController();
    const { signal } = this.#looking;
    const { value: state } = this.state;
    const classifier = this.#session.ready?.classifier;
    if (classifier === undefined || !isOn(state)) return;
    try {
      if (state.kind === 'live') return await this.#follow(classifier, signal);
      const { predictions } = await classifier.classify(state.still, { signal, maxResults: shownResults });
      this.#see({ predictions, doubtful: this.#isDoubtful(predictions) });
    } catch (error) {
      // An error of a model that has been replaced is none of the next one's.
      if (!signal.aborted && this.#session.ready?.classifier === classifier) this.#see({ error: toResnetError(error) });
    }
  }

  async #follow(classifier: Classifier, signal: AbortSignal): Promise<void> {
    const smoother = new Smoother();
    const meter = new Meter();
    for await (const { result, error } of classifier.classifyStream(this.#video, { signal, maxResults: 0 })) {
      const now = performance.now();
      if (error !== undefined) {
        this.#see({ error });
        continue;
      }
      const predictions = smoother.add(result.predictions, now).slice(0, shownResults);
      const doubtful = this.#isDoubtful(predictions, this.sight.value.doubtful === true ? doubtMargin : 0);
      this.#see({ predictions, doubtful, ...meter.add(now, result.timing.total) });
    }
  }

  #isDoubtful([best]: readonly Prediction[], margin = 0): boolean {
    const { ready } = this.#session;
    return best !== undefined && ready !== undefined && isDoubtful(best.score - margin, ready.info.classes);
  }

  /** What a frame adds to what was known. The same error, frame after frame, is one. */
  #see({ error, ...more }: Sight): void {
    const { error: before, ...known } = this.sight.value;
    if (error === undefined) this.sight.set({ ...known, ...more });
    else this.sight.set({ error: before?.code === error.code ? before : error });
  }
}

/** The one that was chosen last; on a phone otherwise the one that looks away from whoever holds it. */
function usualWish(): Wish {
  const id = remembered.camera.get();
  return id === undefined ? { facing: 'environment' } : { id };
}

/** A copy that stays as it is. */
function pictureOf(video: HTMLVideoElement): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return canvas;
}
