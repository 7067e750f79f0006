// What the camera panel shows.
//
// SPDX-License-Identifier: MIT
import type { Prediction, ResnetError } from '../../api/index.js';
import type { Camera, CameraProblem } from './device.js';

/** Why it is off: it was not started yet, somebody stopped it, the page was hidden, another panel was chosen. */
export type OffReason = 'new' | 'asked' | 'hidden' | 'left';

export type CameraState =
  | { kind: 'off'; why: OffReason }
  | { kind: 'starting' }
  | { kind: 'failed'; problem: CameraProblem; detail: string }
  /** `silent`: no picture comes at present. */
  | { kind: 'live'; camera: Camera; silent: boolean }
  /** The camera stays on behind the picture that is held. */
  | { kind: 'frozen'; camera: Camera; still: HTMLCanvasElement };

/** What the network makes of it, so far. */
export interface Sight {
  /** The best classes. */
  predictions?: readonly Prediction[];
  /** Probably it is none of the classes. */
  doubtful?: boolean;
  /** Results a second, and milliseconds from a frame to its result. */
  rate?: number;
  latency?: number;
  /** Why the last frame has none. */
  error?: ResnetError;
}

export const isOn = (state: CameraState) => state.kind === 'live' || state.kind === 'frozen';
