// The cameras of this device: which there are, opening one, and why that fails.
//
// SPDX-License-Identifier: MIT

/** `ended`: the browser or the system took it away. `silent`: it is on, and sends no picture. */
export type CameraProblem =
  'denied' | 'missing' | 'busy' | 'insecure' | 'unsupported' | 'unplugged' | 'ended' | 'silent' | 'other';

export class CameraError extends Error {
  constructor(readonly problem: CameraProblem, message = '') {
    super(message);
  }
}

export interface CameraChoice {
  id: string;
  label: string;
}

/** Phones have cameras on both sides. */
export type Facing = 'user' | 'environment';

/** Which one is asked for; where there is none such, another is taken. */
export type Wish = { id: string } | { facing: Facing };

/** An open one. */
export interface Camera {
  readonly stream: MediaStream;
  readonly track: MediaStreamTrack;
  readonly id: string;
  /** Where the device tells it: few but phones do. */
  readonly facing: Facing | undefined;
  /** Its light goes out. */
  close(): void;
}

// Every camera can do it, and the network looks at less still. With 1280 x 720 half as many frames a second are seen.
const idealSize = { width: { ideal: 640 }, height: { ideal: 480 } };

/** Asks for permission where it must. Errors: CameraError. */
export async function openCamera(wish: Wish): Promise<Camera> {
  if (!isSecureContext) throw new CameraError('insecure');
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  if (devices?.getUserMedia === undefined) throw new CameraError('unsupported');
  const open = async (which: MediaTrackConstraints) => cameraOf(await devices.getUserMedia({ video: { ...idealSize, ...which } }));
  try {
    if (!('id' in wish)) return await open({ facingMode: { ideal: wish.facing } });
    // An "ideal" one may be outweighed by another whose pictures are nearer to the ideal size.
    return await open({ deviceId: { exact: wish.id } }).catch((error: unknown) => (isGone(error) ? open({}) : Promise.reject(error as Error)));
  } catch (error) {
    throw toCameraError(error);
  }
}

/** Not all of them are an Error in every browser. */
const nameOf = (error: unknown) => String((error as { name?: unknown } | undefined)?.name);
const isGone = (error: unknown) => ['OverconstrainedError', 'NotFoundError'].includes(nameOf(error));

/** Those that the page may know of: before it has permission, none has a name. */
export async function cameraChoices(): Promise<CameraChoice[]> {
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  const all = await devices?.enumerateDevices().catch(() => []) ?? [];
  return all.filter(({ kind, deviceId }) => kind === 'videoinput' && deviceId !== '').map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/** Calls `look` whenever one is plugged in or out. */
export function onCamerasChanged(look: () => void): void {
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  devices?.addEventListener('devicechange', look);
}

function cameraOf(stream: MediaStream): Camera {
  const [track] = stream.getVideoTracks();
  if (track === undefined) throw new CameraError('missing');
  const { deviceId = '', facingMode } = track.getSettings();
  const facing = facingMode === 'user' || facingMode === 'environment' ? facingMode : undefined;
  return { stream, track, id: deviceId, facing, close: () => stream.getTracks().forEach((each) => each.stop()) };
}

const problems: Record<string, CameraProblem> = {
  NotAllowedError: 'denied',
  SecurityError: 'denied', // forbidden for the whole document
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  AbortError: 'busy', // "although the user allowed it, something kept the camera from being used"
};

function toCameraError(error: unknown): CameraError {
  if (error instanceof CameraError) return error;
  return new CameraError(problems[nameOf(error)] ?? 'other', error instanceof Error ? error.message : String(error));
}
