// Lays out the third-party sources that cmake/third-party.json pins in build/third_party/NAME.
//
// From, in this order: RESNET_THIRD_PARTY=FOLDER (holding NAME/ with the source, or the tarball that the pin names), on Debian
// the mirror's source packages, elsewhere the pinned commit of the public repository.
//
// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fetchFromPool, isDebian } from './debian.mjs';
import { Failure, inBuild, placeWhole, root, run, say } from './run.mjs';

const stampName = '.pin'; // the sha256 that a laid out folder was made from

export function readPins() {
  return JSON.parse(fs.readFileSync(path.join(root, 'cmake/third-party.json'), 'utf8'));
}

/** Makes every pinned source present. */
export async function setUpThirdParty() {
  const missing = readPins().filter((pin) => !isPresent(pin));
  if (missing.length === 0) return;
  say(`fetching third-party sources: ${missing.map((pin) => `${pin.name} ${pin.version}`).join(', ')}`);
  for (const pin of missing) await layOut(pin);
}

function isPresent(pin) {
  const override = overridden(pin.name);
  const target = inBuild('third_party', pin.name);
  if (override !== undefined) return fs.existsSync(target) && fs.realpathSync(target) === fs.realpathSync(override);
  const stamp = path.join(target, stampName);
  return fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === pin.sha256;
}

function overridden(name) {
  const folder = process.env.RESNET_THIRD_PARTY && path.resolve(process.env.RESNET_THIRD_PARTY, name);
  return folder && fs.existsSync(folder) ? folder : undefined;
}

async function layOut(pin) {
  await placeWhole(inBuild('third_party', pin.name), async (temporary) => {
    const override = overridden(pin.name);
    if (override !== undefined) {
      fs.symlinkSync(override, temporary);
      return;
    }
    const tarball = await findTarball(pin);
    if (tarball !== undefined) unpack(tarball, temporary, pin.omit ?? []);
    else fetchCommit(pin.git, temporary);
    fs.writeFileSync(path.join(temporary, stampName), pin.sha256);
  });
}

/** The path of the pin's tarball, checked; undefined where it can only be had as a commit. */
async function findTarball(pin) {
  const given = process.env.RESNET_THIRD_PARTY && path.resolve(process.env.RESNET_THIRD_PARTY, pin.debian.file);
  if (given && fs.existsSync(given)) {
    check(given, pin);
    return given;
  }
  if (!isDebian()) return undefined;
  const target = inBuild('download', pin.debian.file);
  if (!fs.existsSync(target)) {
    try {
      await placeWhole(target, (temporary) => fetchFromPool(`${pin.debian.pool}/${pin.debian.file}`, pin.sha256, temporary));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      say(`${pin.name}: the mirror does not have ${pin.debian.file}; taking commit ${pin.git.commit} instead`);
      return undefined;
    }
  }
  check(target, pin);
  return target;
}

function check(file, pin) {
  const found = createHash('sha256').update(fs.readFileSync(file)).digest('hex');
  if (found !== pin.sha256) {
    throw new Failure(`${file}: sha256 is ${found}, cmake/third-party.json expects ${pin.sha256}. Delete the file and try again.`);
  }
}

/** Unpacks without the tarball's single top folder, if it has one, and without the folders in `omit` (large ones). */
function unpack(tarball, folder, omit) {
  const tops = new Set(run('tar', ['-tf', tarball]).split('\n').filter(Boolean).map((name) => name.replace(/^\.\//, '').split('/')[0]));
  const prefix = tops.size === 1 ? `${[...tops][0]}/` : '';
  fs.mkdirSync(folder);
  run('tar', ['-xf', tarball, '-C', folder, '--anchored', ...omit.map((name) => `--exclude=${prefix}${name}`),
    ...(prefix !== '' ? ['--strip-components=1'] : [])]);
}

// A full commit hash is its own checksum.
function fetchCommit({ url, commit }, folder) {
  fs.mkdirSync(folder);
  const git = (...args) => run('git', ['-C', folder, ...args]);
  git('init', '-q');
  git('fetch', '-q', '--depth=1', url, commit);
  git('checkout', '-q', 'FETCH_HEAD');
  fs.rmSync(path.join(folder, '.git'), { recursive: true });
}
