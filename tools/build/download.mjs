// Downloads one large file: with progress, going on where a broken connection ended, and never leaving a half or a wrong
// file under the final name.
//
// What has come so far is in FILE.part, and in FILE.part.json what the server said about it: with that, a later request
// asks for the rest, and gets the whole file where it has changed meanwhile (If-Range, RFC 9110).
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { Failure } from './run.mjs';

/** The connection could not be made or ended early: to try again may help, once there has been one. */
class Broken extends Error {
  constructor(message, connected = true) {
    super(message);
    this.connected = connected;
  }
}

/**
 * Downloads `url` into `file`. `check(path)` throws a Failure where the bytes are not the expected ones; they are removed then.
 * `progress({received, total, started})` is called as bytes come; total is undefined where the server does not say.
 * Tries again `tries` times in a row without a byte; waits `pause` milliseconds before that, longer each time.
 */
export async function download({ url, file, check = async () => {}, progress = () => {}, tries = 4, pause = 1000, silence = 60_000 }) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const part = `${file}.part`;
  for (let failures = 0, connected = false; ;) {
    const before = sizeOf(part);
    try {
      await receive({ url, part, progress, silence });
      break;
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      failures = sizeOf(part) > before ? 1 : failures + 1; // as long as bytes come, it is worth going on
      connected ||= error.connected;
      if (!connected || failures >= tries) throw new Failure(brokenText(url, part, error));
      await new Promise((resolve) => { setTimeout(resolve, pause * failures); });
    }
  }
  try {
    if (isWebPage(part)) throw new Failure(webPageText(url));
    await check(part);
  } catch (error) {
    forget(part);
    throw error;
  }
  fs.renameSync(part, file);
  fs.rmSync(noteOf(part), { force: true });
}

const noteOf = (part) => `${part}.json`;
const sizeOf = (file) => fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;

function forget(part) {
  for (const file of [part, noteOf(part)]) fs.rmSync(file, { force: true });
}

function isWebPage(file) {
  const handle = fs.openSync(file);
  const begin = Buffer.alloc(256);
  const length = fs.readSync(handle, begin);
  fs.closeSync(handle);
  return /^\s*(<!doctype html|<html|<head|<body)/i.test(begin.toString('latin1', 0, length));
}

const webPageText = (url) => `${url}: the server answered with a web page in place of the file; is there a login or a proxy in between?`;

function brokenText(url, part, error) {
  const size = sizeOf(part);
  const kept = size > 0 ? `; ${(size / 2 ** 20).toFixed(1)} MiB are here, and the same command goes on from there` : '';
  return `${url}: ${error.message}${kept}`;
}

/** One request; appends to `part` or begins it anew. */
async function receive({ url, part, progress, silence }) {
  const note = readNote(part, url);
  const have = note === undefined ? 0 : sizeOf(part);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), silence);
  try {
    const response = await request(url, have, note, controller.signal);
    const range = response.headers.get('content-range') ?? '';
    if (response.status === 416 || (response.status === 206 && !range.startsWith(`bytes ${have}-`))) {
      forget(part); // there is no such rest: what is here is not the beginning of that file
      throw new Broken('the server does not have the rest of what was begun');
    }
    checkAnswer(url, response);
    const start = response.status === 206 ? have : 0;
    writeNote(part, url, response);
    await store({ response, part, start, progress, alive: () => timer.refresh() });
  } finally {
    clearTimeout(timer);
    controller.abort(); // what is still coming of a refused answer
  }
}

async function request(url, have, note, signal) {
  const headers = { 'Accept-Encoding': 'identity' }; // compressed bytes could not be counted
  if (have > 0) Object.assign(headers, { Range: `bytes=${have}-`, 'If-Range': note.validator });
  try {
    return await fetch(url, { headers, signal });
  } catch (error) {
    const reason = error.cause?.code ?? error.cause?.message ?? error.message;
    throw new Broken(signal.aborted ? 'the server does not answer' : `cannot be reached (${reason}); is this machine online?`, false);
  }
}

function checkAnswer(url, response) {
  const { status, statusText } = response;
  if (status >= 500 || status === 429) throw new Broken(`the server answered ${status} ${statusText}`);
  if (status !== 200 && status !== 206) throw new Failure(`${url}: the server answered ${status} ${statusText}`);
  if (/^text\/html/i.test(response.headers.get('content-type') ?? '')) {
    throw new Failure(webPageText(url));
  }
}

/** Writes the answer's bytes to `part` from `start` on. */
async function store({ response, part, start, progress, alive }) {
  const length = response.headers.get('content-length');
  const total = length === null ? undefined : start + Number(length);
  const started = { at: Date.now(), received: start };
  const file = await fs.promises.open(part, start > 0 ? 'r+' : 'w');
  let received = start;
  try {
    for await (const chunk of response.body) {
      await file.write(chunk, 0, chunk.length, received);
      received += chunk.length;
      alive();
      progress({ received, total, started });
    }
  } catch (error) {
    if (error.code === 'ENOSPC' || error.syscall === 'write') throw new Failure(`${part}: ${error.message}`);
    throw new Broken('the connection broke');
  } finally {
    await file.close();
  }
  if (total !== undefined && received < total) throw new Broken('the connection ended early');
}

/** What the server said about the bytes in `part`; undefined where the rest cannot be asked for. */
function readNote(part, url) {
  try {
    const note = JSON.parse(fs.readFileSync(noteOf(part), 'utf8'));
    return note.url === url && note.validator ? note : undefined;
  } catch {
    return undefined;
  }
}

function writeNote(part, url, response) {
  // If-Range takes no weak ETag. Without any mark of the version, the rest could be that of another file.
  const tag = response.headers.get('etag');
  const validator = tag !== null && !tag.startsWith('W/') ? tag : response.headers.get('last-modified');
  if (validator === null) fs.rmSync(noteOf(part), { force: true });
  else fs.writeFileSync(noteOf(part), JSON.stringify({ url, validator }));
}

/** A function for `progress` that shows a line: on a terminal one that changes, elsewhere a new one every ten seconds. */
export function progressLine(name, { stream = process.stderr } = {}) {
  const pause = stream.isTTY ? 200 : 10_000;
  let shown = Date.now();
  return ({ received, total, started }) => {
    const complete = received === total;
    if (Date.now() - shown < pause && !(complete && stream.isTTY)) return;
    shown = Date.now();
    const line = `${name}: ${progressText(received, total, started, shown)}`;
    stream.write(stream.isTTY ? `\r${line}\x1b[K${complete ? '\n' : ''}` : `${line}\n`);
  };
}

/** "12.3 of 97.8 MiB, 4.5 MiB/s, 0:19 left" */
export function progressText(received, total, started, now) {
  const mib = (bytes) => (bytes / 2 ** 20).toFixed(1);
  const rate = (received - started.received) / Math.max(0.001, (now - started.at) / 1000);
  const of = total === undefined ? `${mib(received)} MiB` : `${mib(received)} of ${mib(total)} MiB`;
  if (total === undefined || rate <= 0 || received >= total) return `${of}, ${mib(rate)} MiB/s`;
  const left = Math.ceil((total - received) / rate);
  return `${of}, ${mib(rate)} MiB/s, ${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')} left`;
}
