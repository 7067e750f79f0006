// Frames of a video or a camera, always the newest.
//
// SPDX-License-Identifier: MIT
import { asResnetError, ResnetError } from './errors.js';
import { abortable } from './queue.js';

/** A video that plays, or a camera's track. */
export type StreamSource = HTMLVideoElement | MediaStreamTrack;

/** One frame's result, or why there is none. `timestamp`: of the frame, in milliseconds from the video's start. */
export type FrameOutcome<Result> =
  | { timestamp: number; result: Result; error?: undefined }
  | { timestamp: number; error: ResnetError; result?: undefined };

// Where the browser does not tell of new frames, they are looked for as often.
const pollMs = 15;

/** `work` over the frame that is newest whenever the one before it is done. Ends with the video or the track. */
export async function* frames<Result>(
  source: StreamSource, work: (frame: HTMLVideoElement) => Promise<Result>, signal: AbortSignal | undefined,
): AsyncGenerator<FrameOutcome<Result>, void, undefined> {
  const screen = new Screen(source);
  const { video } = screen;
  try {
    let last = -1;
    while (await abortable(screen.nextFrame(last), signal)) {
      last = screen.frame;
      const timestamp = video.currentTime * 1000;
      try {
        yield { timestamp, result: await work(video) };
      } catch (error) {
        signal?.throwIfAborted();
        const known = asResnetError(error);
        if (known.code === 'cancelled') throw known; // the classifier was disposed of
        yield { timestamp, error: known };
      }
    }
  } finally {
    screen.close();
    if (video !== source) video.srcObject = null;
  }
}

/** The element that shows the frames. */
class Screen {
  readonly video: HTMLVideoElement;
  #failure: ResnetError | undefined;
  #closed = false;
  #frames = 0; // that the browser has told of
  #wake: (() => void) | undefined;

  constructor(source: StreamSource) {
    if (typeof HTMLVideoElement === 'function' && source instanceof HTMLVideoElement) this.video = source;
    else this.video = this.#show(source);
    if (this.#tells()) this.video.requestVideoFrameCallback(this.#count);
  }

  /** Of the frame that is shown: another one has another number. */
  get frame(): number {
    return this.#tells() ? this.#frames : this.video.currentTime;
  }

  /** Resolves to true when there is another frame than `last`, to false when there will be none. Errors: `io`. */
  async nextFrame(last: number): Promise<boolean> {
    for (;;) {
      if (this.#closed || hasEnded(this.video)) return false;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.video.readyState >= 2 && this.frame !== last) return true;
      // No frame tells that there will be no more of them.
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, this.#tells() ? 10 * pollMs : pollMs);
      });
    }
  }

  close(): void {
    this.#closed = true;
  }

  #tells(): boolean {
    return 'requestVideoFrameCallback' in this.video;
  }

  readonly #count = (): void => {
    this.#frames += 1;
    this.#wake?.();
    if (!this.#closed) this.video.requestVideoFrameCallback(this.#count);
  };

  #show(track: StreamSource): HTMLVideoElement {
    if (typeof MediaStreamTrack !== 'function' || !(track instanceof MediaStreamTrack) || track.kind !== 'video') {
      throw new ResnetError('bad_argument', 'a stream is a video element or the video track of a camera');
    }
    const video = document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    // Not waited for: of a track that has ended, or shows nothing yet, it would not come back.
    video.play().catch((error: unknown) => {
      this.#failure = new ResnetError('io', `the camera's picture cannot be shown: ${String(error)}`);
    });
    return video;
  }
}

function hasEnded(video: HTMLVideoElement): boolean {
  if (video.ended || video.error !== null) return true;
  const { srcObject } = video;
  return srcObject instanceof MediaStream && srcObject.getVideoTracks().every(({ readyState }) => readyState === 'ended');
}
