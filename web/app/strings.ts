// Every word on the page.
//
// SPDX-License-Identifier: MIT
import type { ClassifierInfo } from '../api/index.js';
import { bytes, count, duration, exactBytes, forFile, list, oneDigit, percent, points, ratio, stamp, wholePercent } from './format.js';

const photos = (number: number) => (number === 1 ? '1 photo' : `${count(number)} photos`);

// Counts up to here are written as words, and as many classes are named: more would be no sentence.
const numberWords = [
  'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen',
  'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen', 'twenty',
];
const kindsOfThings = (number: number) =>
  `${numberWords[number - 1] ?? count(number)} ${number === 1 ? 'kind of thing' : 'kinds of things'}`;
/** In a photo much larger than the network's input, what is small in it is a few pixels: "Look at a part" helps. */
const noneOf = (number: number) => `none of the ${kindsOfThings(number)} that this model knows, or one that is small in the photo`;

export const strings = {
  title: 'What does it show?',
  tagline: 'A ResNet that runs in your browser, next to your photo.',

  panels: { heading: 'Parts of this page', photo: 'Photo', many: 'Many photos', camera: 'Camera', models: 'Models' },

  photo: {
    heading: 'Photo',
    choose: 'Choose a photo',
    chooseAnother: 'Choose another photo',
    hint: 'Drop a photo anywhere on the page, or paste one',
    kinds: 'JPEG, PNG, BMP and what else your browser can show, up to 64 MB',
    drop: 'Let go to look at it',
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
    decodedByBrowser: 'decoded by the browser: pixels may differ a little from one browser to another',
  },

  region: {
    choose: 'Look at a part',
    whole: 'Whole photo',
    area: 'The part that is looked at. Arrow keys move it, with shift they change its size, Escape takes the whole photo.',
    help: 'Drag a box over the photo, or click two of its corners. By keyboard: arrows move it, with shift they change its size, Escape takes the whole photo.',
  },

  heat: {
    show: (label: string) => `Show where the network sees “${label}”`,
    hint: 'Choose one of them to see where in the photo it is.',
    opacity: 'Strength of the map',
  },

  samples: {
    heading: 'Or try one of these:',
    cat: 'A cat',
    coffee: 'A cup of coffee',
    rocket: 'A rocket',
    astronaut: 'An astronaut',
    byAddress: 'By its address on this server',
    address: 'Address',
    addressExample: 'photos/holiday.jpg',
    open: 'Open',
    noAddress: 'That is no address.',
    otherOrigin: (own: string) => `Only addresses of ${own}: this page is not allowed to ask any other server. Save the picture and drop it here.`,
  },

  camera: {
    heading: 'Camera',
    start: 'Start the camera',
    stop: 'Stop the camera',
    cancel: 'Cancel',
    invite: 'Point your camera at something',
    inviteMore: 'Its picture is looked at here and goes nowhere. It stops when you leave this part or hide the page.',
    noPicture: 'No picture',
    preview: 'What the camera sees',
    still: 'The picture that is held',
    freeze: 'Freeze',
    goOn: 'Go on',
    save: 'Save picture',
    open: 'Look at it in Photo',
    choice: 'Camera',
    usual: 'The one your browser chooses',
    unnamed: (number: number) => `Camera ${number}`,
    turn: 'Front or back',
    mirror: 'Mirror the preview',
    timing: 'How quick it is',
    rate: 'Frames a second',
    latency: 'Latency',
    latencyHint: 'From a frame to its result: the median of the last ones',
    resolution: 'Picture',
    size: (width: number, height: number) => `${width} × ${height}`,
    frame: 'The camera’s picture',
    /** A file's name: with what was seen, and when. */
    file: (seen: string, score: number, at: Date) => `${forFile(seen)} ${Math.round(100 * score)} percent ${stamp(at)}.png`,
    fileUnseen: (at: Date) => `camera ${stamp(at)}.png`,

    off: 'The camera is off.',
    hidden: 'The camera was stopped because the page was hidden.',
    left: 'The camera was stopped because you left this part.',
    starting: 'Waiting for the camera. Your browser may ask whether this page may use it.',
    failed: 'There is no picture from a camera.',
    live: 'Live.',
    silent: 'The camera sends no picture at present.',
    frozen: 'Held.',
    doubtful: (label: string) => `Not sure: ${label}`,
    saved: (name: string) => `Saved as ${name}`,
    unsaved: 'The picture could not be saved.',
  },

  many: {
    heading: 'Many photos',
    invite: 'Drop photos or whole folders anywhere on the page',
    inviteMore: 'They are looked at one after the other, as many as you like, and none of them leaves this device.',
    inviteLabels: 'With one folder for each kind of thing, or a file labels.tsv beside the photos, you see how many answers are right.',
    drop: 'Let go to look at them',
    choose: 'Choose photos',
    chooseMore: 'Add photos',
    folder: 'Choose a folder',
    folderMore: 'Add a folder',
    labels: 'Labels file',
    labelsHint: 'A line for each photo: its file, a tab, its class by number or label',
    labelsLine: (line: number) => `line ${line}: expected the file of a photo, a tab and a class`,
    labelsTooLarge: (most: number) => `the file is larger than ${bytes(most)}: too large for labels`,
    labelsFirst: 'The labels are read; now for the photos.',
    stop: 'Stop',
    goOn: 'Go on',
    clear: 'Clear',
    progress: 'Photos looked at',
    count: (looked: number, all: number) => `${count(looked)} of ${photos(all)}`,
    rate: (rate: number) => (rate >= 1 ? `${oneDigit(rate)} a second` : `${oneDigit(60 * rate)} a minute`),
    left: (seconds: number) => `about ${duration(seconds)} left`,
    unreadable: (failed: number) => `${photos(failed)} could not be read`,
    waiting: (all: number) => `${photos(all)}, waiting for the model`,
    noModel: (all: number) => `${photos(all)}; a model is needed first`,
    modelFailed: (all: number) => `${photos(all)}; the model could not be loaded`,
    looking: (all: number) => `Looking at ${photos(all)}.`,
    stopped: (looked: number, all: number) => `Stopped after ${count(looked)} of ${photos(all)}`,
    done: (all: number) => `${photos(all)} looked at`,
    leftOut: (files: number) => (files === 1 ? 'One file was left out: no picture by its name.' : `${count(files)} files were left out: no pictures by their names.`),
    nothing: 'There are no photos in it.',

    grid: 'Photos',
    gridHelp: 'Arrow keys move, space selects, Enter opens a photo by itself, Control and A selects all.',
    label: 'Label',
    labelExample: 'Any',
    leastScore: 'Score from, %',
    kind: 'Show',
    kinds: { all: 'All photos', sure: 'Sure answers', doubtful: 'Unsure answers', failed: 'Could not be read', wrong: 'Wrong answers' },
    sorting: 'Order',
    sortings: { order: 'As given', name: 'Name', most: 'Highest score', least: 'Lowest score', label: 'Label' },
    shown: (shown: number, all: number) => (shown === all ? photos(all) : `${count(shown)} of ${photos(all)}`),
    selected: (selected: number) => `${count(selected)} selected`,
    selectAll: 'Select all',
    selectNone: 'Select none',
    noneShown: 'No photo fits.',
    open: (name: string) => `Open ${name} by itself`,
    waits: 'waiting',
    unsure: (label: string) => `${label}?`,
    shouldBe: (label: string) => `really ${label}`,

    together: 'Together',
    ofSelected: (selected: number) => `${count(selected)} selected ${selected === 1 ? 'photo' : 'photos'}`,
    ofShown: (shown: number) => `${count(shown)} shown ${shown === 1 ? 'photo' : 'photos'}`,
    averages: 'Mean of the scores',
    noAverages: (most: number) => `The mean is only known for models of up to ${count(most)} classes.`,
    averagedOf: (averaged: number) => `Of the first ${photos(averaged)}: more scores are not kept.`,
    vote: 'Majority',
    none: '–',
    winner: (label: string, votes: number, all: number) => `${label}: ${count(votes)} of ${photos(all)}`,
    tie: (labels: readonly string[], votes: number, all: number) => `${list(labels)}: ${count(votes)} of ${photos(all)} each`,
    others: (votes: readonly { label: string; photos: number }[]) =>
      `Then ${list(votes.map(({ label, photos: voters }) => `${label} (${count(voters)})`))}`,
    save: 'Save',
    saveHint: (answered: number) => `${photos(answered)} with an answer or an error`,
    csv: 'CSV table',
    json: 'JSON',
    file: 'resnet-results',

    accuracy: 'Right and wrong',
    right: 'Right',
    inFive: 'Right among the best five',
    ofPhotos: (right: number, all: number) => `${count(right)} of ${photos(all)}`,
    fromFolders: 'By the names of the folders.',
    fromFile: 'By the labels file.',
    unlabelled: (number: number) => `${photos(number)} without a label`,
    labelledUnreadable: (number: number) => `${photos(number)} with a label could not be read`,
    absent: (number: number) => `${count(number)} ${number === 1 ? 'line' : 'lines'} of the labels file for photos that are not here`,
    unmatched: (number: number, from: 'file' | 'folders') => {
      const what = from === 'file' ? ['label', 'labels'] : ['folder', 'folders'];
      return `${count(number)} ${number === 1 ? `${what[0]} names` : `${what[1]} name`} no class of this model`;
    },
    andMore: (number: number) => `and ${count(number)} more`,
    confusions: 'What is taken for what',
    confusionFile: 'resnet-confusions',
    saveSvg: 'Save as SVG',
    trueClass: 'true class ↓',
    answer: 'answer →',
    fewerClasses: (drawn: number, all: number) => `The ${count(drawn)} that are confused most, of ${count(all)} classes that occur. The table has all.`,
    noConfusions: (all: number) => `Nothing is confused: all answers in ${count(all)} classes are right.`,
    cellRight: (label: string, number: number, all: number) => `${label}, right: ${count(number)} of ${count(all)} (${percent(number / all)})`,
    cellWrong: (label: string, answer: string, number: number, all: number) =>
      `${label} taken for ${answer}: ${count(number)} of ${count(all)} (${percent(number / all)})`,
    picture: (classCount: number) => `Confusion matrix of ${count(classCount)} classes. The table of classes says the same in words.`,
    legend: 'part of the true class’s photos, up to %',
    legendRight: 'right',
    legendWrong: 'wrong',
    table: 'By class',
    tableClass: 'Class',
    tablePhotos: 'Photos',
    tableRight: 'Right',
    tableFive: 'Best five',
    tableTaken: 'Taken for',
    taken: (label: string, number: number) => `${label} ${count(number)}`,
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

  models: {
    heading: 'Beside this page',
    builtIn: 'built in',
    kept: 'kept in this browser',
    use: 'Use',
    inUse: 'In use',
    own: 'Or a file of your own, written by “resnet convert”; dropping it anywhere does as well.',
  },

  storage: {
    heading: 'Kept in this browser',
    looking: 'Looking…',
    used: (amount: string) => `About ${amount}.`,
    unknown: 'This browser does not say how much.',
    detail: 'Models, so that the next visit needs no download, and which of them was chosen last. Photos are never kept.',
    clear: 'Clear it',
    cleared: 'Cleared.',
  },

  compare: {
    heading: 'Two models side by side',
    detail: 'The one in use and another, on the same photo: 32-bit floats beside 8-bit integers, for instance.',
    with: 'Compare with',
    choose: 'Choose a model…',
    file: 'Another model file',
    chooseModel: 'Choose a second model.',
    choosePhoto: 'Choose a photo, or drop one.',
    agree: (label: string) => `Both say ${label}.`,
    differ: (one: string, other: string) => `One says ${one}, the other ${other}.`,
    gap: (most: number) => `No score differs by more than ${points(100 * most)} points.`,
    times: (faster: number) => (faster >= 1 ? `The second is ${ratio(faster)} times as fast.` : `The first is ${ratio(1 / faster)} times as fast.`),
    time: (time: string, runs: number) => `${time} in the network, median of ${runs}`,
  },

  status: {
    loading: (name: string, fraction: number | undefined) => `Loading ${name}${fraction === undefined ? '' : `: ${wholePercent(Math.floor(10 * fraction) / 10)}`}`,
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
  licences: 'Third-party licences',
  privacyDetail: 'Photos are read here and never sent. The page fetches its own files from the server that it came from, '
    + 'and its security policy forbids it to talk to any other.',

  /** The list of requests. */
  requests: {
    heading: 'What was requested?',
    columns: ['File', 'Asked for by', 'Over the network', 'After', 'From'],
    page: 'this page',
    /** By the browser's word for what asked. */
    initiators: {
      navigation: 'opening the page',
      link: 'the page: its look',
      script: 'the page: a script',
      img: 'the page: a picture',
      css: 'the style sheet',
      fetch: 'a script of the page',
      xmlhttprequest: 'a script of the page',
      beacon: 'a script of the page, which sends something',
    } as Record<string, string>,
    otherInitiator: 'the page: a worker, an icon or the like',
    size: (size: number) => (size === 0 ? 'nothing' : exactBytes(size)),
    unknown: 'not told',
    after: (seconds: number) => `${ratio(seconds)} s`,
    from: { network: 'network', unchanged: 'network: not changed', cache: 'the browser’s cache', keeper: 'the page’s service worker' },
    refused: (status: number) => `refused: ${status}`,
    none: 'No requests so far.',
    allOwn: (requests: number, origin: string) => `${requests === 1 ? 'One request' : `${count(requests)} requests`} so far, all to ${origin}, where this page came from.`,
    foreign: (requests: number, origins: readonly string[]) => `${count(requests)} requests so far, also to ${list(origins)}. That is not how this page was made: something in your browser, or whoever serves the page, has added it.`,
    /** What a directive of the page's policy means, where it is about requests. */
    directives: {
      "connect-src 'self'": 'its scripts can reach no other server',
      "connect-src 'none'": 'its scripts can reach no server',
      "form-action 'none'": 'it can send no form',
    } as Record<string, string>,
    policy: (reasons: readonly string[]) => `Your browser enforces the page’s security policy: ${list(reasons)}.`,
    noPolicy: 'This page has no security policy that would keep its scripts from other servers: it is not as it was made.',
    policyText: 'The policy in full',
    unseen: 'This is what your browser tells the page. It does not tell whether a request carried something along, nor what the page’s workers '
      + 'ask for: their scripts and the network’s WebAssembly file, of the same server and under the same policy. '
      + 'Nor what its service worker does, which keeps the page for offline use: it fetches the page’s files once more, '
      + 'answers from what it has kept, and asks for the list of models each time.',
    check: 'To check all of that without believing this page: watch the network view of your browser’s developer tools (F12), '
      + 'which has every request with all that it carries. Or go offline after the page is ready for it, and use it: nothing is missing.',
  },

  offline: {
    none: '',
    insecure: 'For offline use, this page would have to come over https.',
    refused: 'This browser does not keep the page for offline use here.',
    coming: 'Getting ready for offline use…',
    failed: 'Not ready for offline use: not all files of the page came whole. The next visit tries again.',
    ready: 'Ready offline.',
    noModel: 'Offline the page will open, but without its model: that is not kept.',
    ownModel: 'Offline the page will open, and your model file has to be chosen again.',
    newer: 'Newer version',
    waits: 'A new version is ready.',
    useNow: 'Use it now',
    taken: 'Another tab has taken a new version into use.',
    reload: 'Reload this one',
    later: 'Not now',
  },

  /** Said in place of the words above where the page is a single file. */
  single: {
    privacyDetail: 'Photos are read here and never sent. The page is this one file, and its security policy forbids it to talk to anybody.',
    noModel: 'Choose a model file that “resnet convert” has written. It stays on this device, as the photos do.',
  },
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
export const classes = (info: ClassifierInfo) => count(info.classes);
export const engine = (info: ClassifierInfo) => `${builds[info.build]}${info.threads > 1 ? `, ${info.threads} threads` : ''}`;
/** What the model can tell apart: how many classes, and where they are few, which. */
export function recognises({ classes: number, labels }: ClassifierInfo): string {
  const named = number <= numberWords.length && labels.length === number;
  return `Recognises ${kindsOfThings(number)}${named ? `: ${list(labels)}` : ''}.`;
}
