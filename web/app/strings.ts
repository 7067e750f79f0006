// Every word on the page.
//
// SPDX-License-Identifier: MIT
import type { ClassifierInfo, ErrorCode } from '../api/index.js';

const locale = 'en';
const percentFormat = new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
const wholePercentFormat = new Intl.NumberFormat(locale, { style: 'percent' });
const countFormat = new Intl.NumberFormat(locale);
const megabyteFormat = new Intl.NumberFormat(locale, { style: 'unit', unit: 'megabyte', maximumFractionDigits: 0 });
const kilobyteFormat = new Intl.NumberFormat(locale, { style: 'unit', unit: 'kilobyte', maximumFractionDigits: 0 });
const listFormat = new Intl.ListFormat(locale);
const millisecondFormat = new Intl.NumberFormat(locale, { style: 'unit', unit: 'millisecond', maximumFractionDigits: 0 });

export const percent = (fraction: number) => percentFormat.format(fraction);
export const milliseconds = (ms: number) => millisecondFormat.format(ms);
export const bytes = (count: number) => (count < 1e6 ? kilobyteFormat.format(count / 1e3) : megabyteFormat.format(count / 1e6));

// Counts up to here are written as words, and as many classes are named: more would be no sentence.
const numberWords = [
  'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen',
  'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen', 'twenty',
];
const kindsOfThings = (count: number) =>
  `${numberWords[count - 1] ?? countFormat.format(count)} ${count === 1 ? 'kind of thing' : 'kinds of things'}`;
const noneOf = (count: number) => `none of the ${kindsOfThings(count)} that this model knows`;

export const strings = {
  title: 'What does it show?',
  tagline: 'A ResNet that runs in your browser, next to your photo.',

  photo: {
    heading: 'Photo',
    choose: 'Choose a photo',
    chooseAnother: 'Choose another photo',
    hint: 'Drop a photo anywhere on the page, or paste one',
    kinds: 'JPEG, PNG or BMP, up to 64 MB',
    drop: 'Let go to look at this photo',
    preview: (name: string) => `Preview of ${name}`,
    noPreview: 'No preview',
  },

  result: {
    heading: 'What the network sees',
    doubt: (classCount: number) => `Not sure: probably ${noneOf(classCount)}.`,
    timing: 'Time taken',
    decode: 'Decode',
    preprocess: 'Scale',
    inference: 'Network',
    total: 'Total',
  },

  model: {
    heading: 'Model',
    looking: 'Looking for a model…',
    loading: (loaded: number, total: number | undefined) =>
      total === undefined ? `${bytes(loaded)} loaded` : `${bytes(loaded)} of ${bytes(total)}`,
    progress: 'Model download',
    preparing: 'Preparing…',
    listMissing: 'the server does not answer with its list of models, models/index.json',
    listBroken: 'the list of models, models/index.json, is not what it should be',
    none: 'No model yet',
    noneDetail: 'This page was served without a model. Start it with one:',
    noneCommand: 'MODEL=FILE npm start',
    noneOr: 'or choose a model file that “resnet convert” has written.',
    choose: 'Choose a model file',
    chooseAnother: 'Use another model file',
    moreClasses: 'This model comes with the page. One for the 1,000 kinds of things of ImageNet: ',
    moreClassesCommand: 'npm run model -- resnet50-v2',
    then: ', then ',
    startCommand: 'npm start',
    network: 'Network',
    precision: 'Precision',
    classes: 'Classes',
    size: 'Size',
    engine: 'Engine',
    licence: 'Licence',
    accuracy: 'Accuracy',
  },

  status: {
    noPhoto: 'Ready when you are.',
    noPhotoYet: 'The model is loading; choose a photo.',
    noModel: 'A model is needed first.',
    waiting: (progress: string) => `Waiting for the model: ${progress}`,
    busy: 'Looking…',
    done: (label: string, score: number) => `${label}, ${percent(score)}`,
    doubtful: (label: string, score: number) => `Not sure: ${label}, ${percent(score)}.`,
    doubtfulMore: (classCount: number) => `Probably ${noneOf(classCount)}.`,
    nothing: 'No class scored high enough.',
    photoFailed: 'This photo could not be read.',
    modelFailed: 'The model could not be loaded.',
  },

  privacy: 'Nothing leaves this device.',
  privacyDetail: 'Photos are read here and never sent. The page fetches its own files from the server that it came from, '
    + 'and its security policy forbids it to talk to any other.',
} as const;

const architectures: Record<string, string> = {
  resnet18: 'ResNet-18',
  resnet34: 'ResNet-34',
  resnet50: 'ResNet-50',
  resnet101: 'ResNet-101',
  resnet152: 'ResNet-152',
};
const precisions: Record<ClassifierInfo['precision'], string> = {
  f32: '32-bit float',
  f16: '16-bit float',
  i8: '8-bit integer',
};
const builds: Record<ClassifierInfo['build'], string> = {
  simd: 'WebAssembly SIMD',
  relaxed: 'WebAssembly relaxed SIMD',
};

export const architecture = (info: ClassifierInfo) => architectures[info.architecture] ?? info.architecture;
export const precision = (info: ClassifierInfo) =>
  info.activationBits === '' ? precisions[info.precision] : `${precisions[info.precision]}, ${info.activationBits}-bit activations`;
export const classes = (info: ClassifierInfo) => countFormat.format(info.classes);
export const engine = (info: ClassifierInfo) => `${builds[info.build]}${info.threads > 1 ? `, ${info.threads} threads` : ''}`;
/** What the model can tell apart: how many classes, and where they are few, which. */
export function recognises({ classes: count, labels }: ClassifierInfo): string {
  const named = count <= numberWords.length && labels.length === count;
  return `Recognises ${kindsOfThings(count)}${named ? `: ${listFormat.format(labels)}` : ''}.`;
}
export const wholePercent = (fraction: number) => wholePercentFormat.format(fraction);

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
