// What went wrong, in the page's words, and what to do about it.
//
// SPDX-License-Identifier: MIT
import type { ErrorCode } from '../api/index.js';
import type { CameraProblem } from './camera/device.js';

/** Why there is no picture from a camera, and what to do about it. */
export const cameraProblems: Record<CameraProblem, { title: string; lines: readonly string[] }> = {
  denied: {
    title: 'This page may not use the camera',
    lines: [
      'Your browser was told so, or nobody said yes. To allow it, open the site’s settings at the left of the address, set the camera to “Allow”, and start it again.',
      'Where it is allowed there, the system keeps the camera from the browser: see the privacy settings of your device.',
    ],
  },
  missing: {
    title: 'No camera was found',
    lines: ['Connect one, or turn it on: some have a switch. Then start it again.', 'Photos work without a camera.'],
  },
  busy: {
    title: 'The camera cannot be started',
    lines: ['Most likely another program or another tab is using it. Close that one, and start the camera again.'],
  },
  insecure: {
    title: 'Browsers give the camera to secure pages only',
    lines: [
      'This page came by plain http. Open it by https, or on the computer that serves it as http://localhost.',
      'For a phone in the same house, serve it with: npm start -- --lan',
    ],
  },
  unsupported: {
    title: 'This browser gives pages no camera',
    lines: ['Try a current Chrome, Edge, Firefox or Safari. Photos work here all the same.'],
  },
  unplugged: {
    title: 'The camera was disconnected',
    lines: ['Connect it again, or choose another one, and start it.'],
  },
  ended: {
    title: 'The camera has stopped',
    lines: ['Its permission was withdrawn, or the browser or the system has ended it. You may start it again.'],
  },
  silent: {
    title: 'The camera sends no picture',
    lines: ['It is on, but nothing comes from it. Another program may be using it. Start it again, or choose another one.'],
  },
  other: {
    title: 'The camera cannot be started',
    lines: ['Start it again, or choose another one.'],
  },
};

/** What happened, in a few words; the error's own message says more. */
export const errorTitles: Record<ErrorCode, string> = {
  bad_argument: 'That does not work',
  io: 'A file could not be read',
  not_an_image: 'Not a picture that can be read here',
  unsupported_image: 'This kind of picture cannot be read',
  image_too_large: 'This picture is too large',
  truncated: 'The file is incomplete',
  not_a_model: 'This is not a model file',
  bad_model: 'The model file is damaged',
  unsupported_model: 'This model cannot be run here',
  wrong_architecture: 'The model does not fit the network that it names',
  out_of_memory: 'Not enough memory',
  cancelled: 'Stopped',
  internal: 'Something went wrong in this page',
  worker_lost: 'The network stopped',
  unsupported_engine: 'This browser is too old',
};

/** What to do about it. */
export const errorAdvice: Record<ErrorCode, string> = {
  bad_argument: '',
  io: 'Check that the file is there, and try again.',
  not_an_image: 'Give it a JPEG, PNG or BMP file.',
  unsupported_image: 'Save the picture as an ordinary JPEG or PNG and try again.',
  image_too_large: 'Scale the picture down and try again.',
  truncated: 'Copy or download it again.',
  not_a_model: 'Give it a file that “resnet convert” has written.',
  bad_model: 'Download or convert it again.',
  unsupported_model: 'Convert the model again with this version of “resnet convert”.',
  wrong_architecture: 'Convert the model again, and name its network.',
  out_of_memory: 'Close other tabs, or use a smaller model.',
  cancelled: '',
  internal: 'Reload the page. If it happens again, please report it with the message above.',
  worker_lost: 'Try again; if it happens with this photo only, scale it down first.',
  unsupported_engine: 'Update the browser and come back.',
};
