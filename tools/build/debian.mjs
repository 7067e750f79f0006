// Debian's packages: installs those that are missing, and fetches files of other Debian releases from the mirror that this
// machine is already configured for, without changing its configuration.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { Failure, inBuild, run, say, succeeds } from './run.mjs';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
let listsAreFresh = false;

function osRelease(key) {
  const file = '/etc/os-release';
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  return text.match(new RegExp(`^${key}="?([^"\n]*)`, 'm'))?.[1];
}

/** True on Debian 12 and later. */
export function isDebian() {
  return osRelease('ID') === 'debian' && Number(osRelease('VERSION_ID') ?? 99) >= 12;
}

/** Those of `packages` that are not installed. */
export function missingPackages(packages) {
  return packages.filter((name) => !fs.existsSync(`/var/lib/dpkg/info/${name}.list`) && !isInstalled(name));
}

function isInstalled(name) {
  // Packages of several architectures have other file names, which only dpkg knows.
  return succeeds('sh', ['-c', `dpkg-query -W -f '\${db:Status-Status}' ${name} 2>/dev/null | grep -qx installed`]);
}

/** Installs what is missing of `packages`, as root or through sudo; `purpose` is what the person is told they are for. */
export function installPackages(packages, purpose) {
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  const command = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...missing];
  if (!canBeRoot()) {
    throw new Failure(`For ${purpose} these packages are missing, and installing them needs root:\n  sudo ${command.join(' ')}`);
  }
  say(`installing for ${purpose}: ${missing.join(' ')}`);
  try {
    asRoot(command);
  } catch {
    refreshLists(); // the lists may be absent or name versions that the mirror no longer has
    asRoot(command);
  }
}

function canBeRoot() {
  return process.getuid() === 0 || succeeds('sudo', ['-n', 'true']);
}

function asRoot([program, ...args]) {
  // Another apt may be at work: wait for it.
  const options = ['-o', 'DPkg::Lock::Timeout=600'];
  const command = ['env', 'DEBIAN_FRONTEND=noninteractive', program, ...options, ...args];
  if (process.getuid() !== 0) command.unshift('sudo', '-n');
  run(command[0], command.slice(1));
}

function refreshLists() {
  if (listsAreFresh) return;
  if (!canBeRoot()) throw new Failure('The lists of packages are missing: sudo apt-get update');
  say('updating the lists of packages');
  asRoot(['apt-get', 'update', '-q']);
  listsAreFresh = true;
}

/** The address of the Debian mirror that this machine's apt uses. */
function mirror() {
  const ask = () => run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Origin: Debian', 'Created-By: Packages'])
    .split('\n').find((address) => address !== '' && !address.includes('security'));
  let address = ask();
  if (address === undefined) {
    refreshLists();
    address = ask();
  }
  if (address === undefined) throw new Failure('No Debian mirror is configured in this machine\'s apt sources.');
  return address.replace(/\/?$/, '/');
}

/** Fetches `poolPath` (pool/main/..) from the mirror to `target`; apt's own transport checks the sha256. */
export function fetchFromPool(poolPath, sha256, target) {
  const address = mirror() + poolPath.split('/').map(encodeURIComponent).join('/');
  run('/usr/lib/apt/apt-helper', ['-q', ...apartOptions, 'download-file', address, target, `SHA256:${sha256}`]);
}

// As root, apt would hand downloads to its own user, who may not write into the project.
const apartOptions = ['-o', 'APT::Sandbox::User=root'];

/**
 * Downloads packages (NAME or NAME=VERSION) of another release into `folder`. It works with lists of its own in
 * build/toolchain/apt; apt checks their signature against Debian's keys and the packages against the lists.
 */
export function downloadPackages(release, packages, folder) {
  const own = inBuild('toolchain/apt');
  for (const part of ['lists/partial', 'cache/archives/partial', 'empty']) fs.mkdirSync(path.join(own, part), { recursive: true });
  const signed = fs.existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
  fs.writeFileSync(path.join(own, 'sources.list'), `deb ${signed}${mirror()} ${release} main\n`);
  const options = [
    '-q', ...apartOptions,
    '-o', `Dir::Etc::sourcelist=${own}/sources.list`, '-o', `Dir::Etc::sourceparts=${own}/empty`,
    '-o', `Dir::Etc::preferencesparts=${own}/empty`, '-o', `Dir::State::lists=${own}/lists`, '-o', `Dir::Cache=${own}/cache`,
  ];
  run('apt-get', [...options, 'update']);
  run('apt-get', [...options, 'download', ...packages], { cwd: folder });
}

/** Unpacks a .deb into `folder`, without the paths that match the tar patterns in `except`. */
export function unpackPackage(file, folder, except = []) {
  fs.mkdirSync(folder, { recursive: true });
  const exclusions = except.map((pattern) => `--exclude='${pattern}'`).join(' ');
  run('bash', ['-o', 'pipefail', '-c', `dpkg-deb --fsys-tarfile '${file}' | tar -x -C '${folder}' ${exclusions}`]);
}
