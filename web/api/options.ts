// The options of classify and embed: checked, and in the library's words.
//
// SPDX-License-Identifier: MIT
import { ResnetError } from './errors.js';
import { defaultMaxImageBytes } from './image.js';
import type { RunOptions } from './protocol.js';
import type { Region } from './wasm_module.js';

/** How a picture is read, and when to stop. */
export interface PictureOptions {
  /** Cut out before everything else; fractions of the upright picture. */
  regionOfInterest?: Region | undefined;
  /** A multiple of 90, clockwise, after the region is cut out. */
  rotationDegrees?: number | undefined;
  /** Whether to turn photographs as the camera says they were held. Default: `apply`. What the browser decodes is always turned. */
  orientation?: 'apply' | 'ignore' | undefined;
  /** Larger pictures are refused. Defaults: 64 MiB and 100 megapixels. */
  maxImageBytes?: number | undefined;
  maxImagePixels?: number | undefined;
  /** The promise rejects with the signal's reason at once, and the work ends. */
  signal?: AbortSignal | undefined;
}

export interface ClassifyOptions extends PictureOptions {
  /** Default: 5. 0: all. */
  maxResults?: number | undefined;
  /** Leave out what scores less. */
  scoreThreshold?: number | undefined;
  /** Classes by label, label id or number: only these, or all but these. Not both. */
  categoryAllowlist?: readonly (string | number)[] | undefined;
  categoryDenylist?: readonly (string | number)[] | undefined;
  /** Where in the picture the best class (`true`), or the class with this number, shows. */
  heatmap?: boolean | number | undefined;
}

export interface EmbedOptions extends PictureOptions {
  /** Scaled to length 1, so that a dot product is the cosine. */
  l2Normalize?: boolean | undefined;
}

/** Errors: `bad_argument`. */
export function classifyRun(options: ClassifyOptions): RunOptions {
  const { heatmap = false } = options;
  if (typeof heatmap === 'number') check(Number.isInteger(heatmap), 'heatmap', heatmap, 'true or the number of a class');
  return {
    picture: pictureOptions(options),
    result: {
      maxResults: number('maxResults', options.maxResults, isCount, 'a whole number'),
      scoreThreshold: number('scoreThreshold', options.scoreThreshold, Number.isFinite, 'a number from 0 to 1'),
      allow: options.categoryAllowlist?.map(String),
      deny: options.categoryDenylist?.map(String),
    },
    heatmap,
    embedding: false,
  };
}

/** Errors: `bad_argument`. */
export function embedRun(options: PictureOptions): RunOptions {
  const result = { maxResults: 1, scoreThreshold: undefined, allow: undefined, deny: undefined };
  return { picture: pictureOptions(options), result, heatmap: false, embedding: true };
}

function pictureOptions(options: PictureOptions): RunOptions['picture'] {
  const { orientation = 'apply', regionOfInterest: region } = options;
  check(orientation === 'apply' || orientation === 'ignore', 'orientation', orientation, '"apply" or "ignore"');
  const sides = region && [region.left, region.top, region.right, region.bottom];
  check(sides?.every(Number.isFinite) ?? true, 'regionOfInterest', region, '{left, top, right, bottom} in fractions of the picture');
  return {
    regionOfInterest: sides,
    rotationDegrees: number('rotationDegrees', options.rotationDegrees, isQuarterTurn, 'a multiple of 90'),
    ignoreOrientation: orientation === 'ignore',
    maxBytes: number('maxImageBytes', options.maxImageBytes ?? defaultMaxImageBytes, isCount, 'a number of bytes'),
    maxPixels: number('maxImagePixels', options.maxImagePixels, isCount, 'a number of pixels'),
  };
}

const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
const isQuarterTurn = (value: number) => value % 90 === 0 && Math.abs(value) <= 3600;

function number(name: string, value: number | undefined, valid: (value: number) => boolean, expected: string): number | undefined {
  if (value !== undefined) check(typeof value === 'number' && valid(value), name, value, expected);
  return value;
}

function check(valid: boolean, name: string, value: unknown, expected: string): void {
  if (!valid) throw new ResnetError('bad_argument', `${name} is ${JSON.stringify(value)}; expected ${expected}`);
}
