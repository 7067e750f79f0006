// Servers of files for the consumers: one as anyone's host may be, without a word about policies, and one as strict as can be.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm', '.png': 'image/png' };

/** No inline script, no eval, nobody else's files; and isolated from other origins, which allows threads. */
export const strict = {
  'Content-Security-Policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Serves a folder to this machine. Resolves to {url, close}. */
export async function startSite(folder, headers = {}) {
  const server = http.createServer((request, response) => answer(new URL(request.url, 'http://site').pathname, response, folder, headers));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

function answer(name, response, folder, headers) {
  for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
  const file = path.join(folder, name.endsWith('/') ? `${name}index.html` : name);
  if (!fs.existsSync(file)) return response.writeHead(404).end('not here');
  const type = types[path.extname(file)] ?? 'application/octet-stream';
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': fs.statSync(file).size });
  fs.createReadStream(file).on('error', () => response.destroy()).pipe(response);
}
