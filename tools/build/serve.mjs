// A static server for the page: right types, the security headers, one folder and not a byte outside it.
//
//   node tools/build/serve.mjs [FOLDER] [PORT]     dist/app and 8080, or the next free port
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import { headers } from './policy.mjs';
import { exitWith, Failure, isMain, root } from './run.mjs';

const types = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};
const compressible = /^text\/|json|wasm|svg/; // pictures and weights are as small as they get
const own = '127.0.0.1';
const triedPorts = 20;
const silenceMs = 10_000; // before the first byte of a connection
const tlsHandshake = 0x16; // the first byte of https; http begins with a letter

/**
 * Serves `folder`, and under other addresses single files: `files` maps '/models/x' to a file's path. `sent`: the headers of each
 * answer. Only this machine can reach it, unless `host` is '0.0.0.0'. `tls`: {key, cert} for https. `onRequest` hears of each request.
 * Resolves to {url, port, close}.
 */
export async function serve({ folder, files = {}, port = 8080, host = own, sent = headers, tls, onRequest = () => undefined }) {
  const answers = (request, response) => {
    onRequest(request);
    answer(request, response, { folder: fs.realpathSync(folder), files, sent });
  };
  const server = tls === undefined ? http.createServer(answers) : secureServer(tls, answers);
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const taken = await listen(server, port, host);
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${own}:${taken}/`,
    port: taken,
    close: () => new Promise((resolve) => {
      server.close(resolve);
      for (const socket of sockets) socket.destroy();
    }),
  };
}

/** Takes https; who speaks http to it is told so. */
function secureServer(tls, answers) {
  const secure = https.createServer(tls, answers);
  const plain = http.createServer(sendToHttps);
  return net.createServer((socket) => {
    socket.on('error', () => socket.destroy()); // a caller that goes away is no fault of ours
    socket.setTimeout(silenceMs, () => socket.destroy());
    socket.once('data', (bytes) => {
      socket.setTimeout(0);
      socket.pause();
      socket.unshift(bytes);
      (bytes[0] === tlsHandshake ? secure : plain).emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
}

function sendToHttps({ headers: { host = '' } }, response) {
  const known = /^[\w.:[\]-]+$/.test(host);
  response.writeHead(known ? 307 : 400, {
    'Content-Type': types['.txt'], Connection: 'close', ...(known && { Location: `https://${host}/` }),
  });
  response.end(`This server speaks https only${known ? `: https://${host}/` : ''}\n`);
}

/** Takes `port`, or one of the next that is free; 0 is any. */
async function listen(server, port, host) {
  for (let tried = port; tried < port + triedPorts; ++tried) {
    const error = await new Promise((resolve) => {
      server.once('error', resolve);
      server.listen(tried, host, () => {
        server.off('error', resolve);
        resolve(undefined);
      });
    });
    if (error === undefined) return server.address().port;
    if (error.code !== 'EADDRINUSE') throw error;
  }
  throw new Failure(`no free port from ${port} to ${port + triedPorts - 1}`);
}

function answer(request, response, { folder, files, sent }) {
  for (const [name, value] of Object.entries(sent)) response.setHeader(name, value);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return end(response, 405);
  }
  const file = fileOf(request.url, folder, files);
  const stat = file === undefined ? undefined : fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) return end(response, 404);
  const tag = `"${stat.size.toString(36)}-${Math.round(stat.mtimeMs).toString(36)}"`;
  response.setHeader('ETag', tag);
  response.setHeader('Cache-Control', 'no-cache'); // keep it, but ask whether it is still the same
  if (request.headers['if-none-match'] === tag) return end(response, 304);
  const type = types[path.extname(file)] ?? 'application/octet-stream';
  response.setHeader('Content-Type', type);
  const shrink = compressible.test(type) && acceptsGzip(request);
  if (shrink) response.setHeader('Content-Encoding', 'gzip');
  else response.setHeader('Content-Length', stat.size);
  if (compressible.test(type)) response.setHeader('Vary', 'Accept-Encoding');
  if (request.method === 'HEAD') return response.end();
  // A reader that goes away is no fault of ours.
  pipeline([fs.createReadStream(file), ...(shrink ? [createGzip()] : []), response], () => {});
}

const acceptsGzip = ({ headers: { 'accept-encoding': accepted = '' } }) => /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(accepted);

/** The file that an address means, or undefined: also for one that leads out of the folder, by dots or by a link. */
function fileOf(url, folder, files) {
  let name;
  try {
    name = decodeURIComponent(new URL(url, 'http://server').pathname);
  } catch {
    return undefined;
  }
  if (name.includes('\0')) return undefined;
  if (Object.hasOwn(files, name)) return files[name];
  try {
    const file = fs.realpathSync(path.join(folder, name.endsWith('/') ? `${name}index.html` : name));
    return file.startsWith(folder + path.sep) ? file : undefined;
  } catch {
    return undefined;
  }
}

function end(response, status) {
  response.statusCode = status;
  if (status !== 304) response.setHeader('Content-Type', types['.txt']);
  response.end(status === 304 ? undefined : `${status} ${http.STATUS_CODES[status]}\n`);
}

async function main([folder = path.join(root, 'dist/app'), port = '8080']) {
  if (!fs.existsSync(folder)) throw new Failure(`${folder} is not there; 'npm run build' makes the page`);
  const { url } = await serve({ folder, port: Number(port) });
  console.log(`serving ${folder} at ${url} (Ctrl+C ends it)`);
}

if (isMain(import.meta.url)) main(process.argv.slice(2)).catch(exitWith);
