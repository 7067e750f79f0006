// Serving to the local network: over https, with a certificate that this machine makes for itself.
//
// SPDX-License-Identifier: MIT
import { createPrivateKey, X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Failure, inBuild, placeWhole } from './run.mjs';
import { serve } from './serve.mjs';

const everyAddress = '0.0.0.0';
const validDays = 365; // phones refuse longer ones
// Networks that a machine has in itself, for containers and virtual machines: no phone is in them.
const virtual = /^(docker|br-|veth|virbr|vmnet|vboxnet|podman|cni|flannel|lxc)/;

/** This machine's IPv4 addresses in local networks, those that a phone may reach first. Throws a Failure where there is none. */
export function lanAddresses(interfaces = os.networkInterfaces()) {
  const found = Object.entries(interfaces).flatMap(([name, addresses]) => addresses
    .filter(({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.')) // those are of no network
    .map(({ address }) => ({ address, last: virtual.test(name) })));
  if (found.length === 0) {
    throw new Failure('this machine has no address in a local network, so that nobody else could open the page: '
      + 'connect it to the network that the phone is in, or leave out --lan');
  }
  return found.sort((a, b) => a.last - b.last).map(({ address }) => address);
}

/** {key, cert}, kept in `folder` as long as it is valid and names these addresses: a phone has to be told of it once only. */
export async function certificateFor(addresses, folder = inBuild('lan'), now = new Date()) {
  const files = { key: path.join(folder, 'key.pem'), cert: path.join(folder, 'cert.pem') };
  const kept = readPair(files);
  if (kept !== undefined && isFit(kept.cert, addresses, now)) return kept;
  const { default: { generate } } = await import('selfsigned'); // not at the top: it is installed by the set-up
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'resnet-wasm in the local network' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: daysAfter(now, -1), // not all clocks go right
    notAfterDate: daysAfter(now, validDays),
    extensions: extensions(addresses),
  });
  await placeWhole(files.key, (file) => fs.writeFileSync(file, key, { mode: 0o600 }));
  await placeWhole(files.cert, (file) => fs.writeFileSync(file, cert));
  return { key, cert };
}

/** Undefined where they are not there, damaged, or do not belong together. */
function readPair(files) {
  try {
    const [key, cert] = [files.key, files.cert].map((file) => fs.readFileSync(file, 'utf8'));
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)) ? { key, cert } : undefined;
  } catch {
    return undefined;
  }
}

function isFit(pem, addresses, now) {
  const cert = new X509Certificate(pem);
  return new Date(cert.validTo) > daysAfter(now, 1) && addresses.every((address) => cert.checkIP(address) !== undefined);
}

const daysAfter = (time, days) => new Date(time.getTime() + days * 24 * 60 * 60 * 1000);

const extensions = (addresses) => [
  { name: 'basicConstraints', cA: false, critical: true },
  { name: 'keyUsage', digitalSignature: true, critical: true },
  { name: 'extKeyUsage', serverAuth: true },
  {
    name: 'subjectAltName',
    altNames: [{ type: 2, value: 'localhost' }, ...['127.0.0.1', ...addresses].map((ip) => ({ type: 7, ip }))],
  },
];

/** Serves to all `addresses`; `page`: what serve() takes. Resolves to {text, close}; `text`: what a person has to know of it. */
export async function serveToLan(page, addresses, folder) {
  const tls = await certificateFor(addresses, folder);
  const { port, close } = await serve({ ...page, host: everyAddress, tls });
  const [first, ...others] = addresses.map((address) => `https://${address}:${port}/`);
  const text = [
    await qrCode(first),
    'Why https: browsers give the camera, the cache and threads to secure pages only.',
    'The browser will warn, once on each device, as nobody but this machine has signed the certificate: choose to go on.',
    `Its SHA-256, for comparing: ${new X509Certificate(tls.cert).fingerprint256}\n`,
    ...(others.length > 0 ? [`Other addresses of this machine: ${others.join(' ')}\n`] : []),
    `Open ${first} on any device in this network`,
  ].join('\n');
  return { text, close };
}

/** For a terminal: with colours, so that it is dark on light in each; without where there is none. */
async function qrCode(text) {
  const { default: { toString } } = await import('qrcode');
  return toString(text, { type: process.stdout.isTTY ? 'terminal' : 'utf8', small: true });
}
