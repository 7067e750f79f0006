// A server with one file, and every fault that a download may meet.
//
// SPDX-License-Identifier: MIT
import http from 'node:http';

/**
 * Serves `body` at every address. `etag`: null for none; `sized`: false does not say the length; `ranges`: false ignores them;
 * `breaks`: how many bytes the first, second.. answers hold before the connection ends; `stalls`: after how many bytes nothing more
 * comes; `silent`: never answers; `status`, `type`: of every answer.
 * Resolves to {url, requests, change, close}; `requests` holds the headers of each, `change` sets options anew.
 */
export async function serveFile(options) {
  const state = { etag: '"1"', sized: true, ranges: true, breaks: [], status: 200, type: 'application/octet-stream', ...options };
  const requests = [];
  const server = http.createServer((request, response) => {
    requests.push(request.headers);
    if (state.silent) return;
    answer(request, response, state, state.breaks[requests.length - 1]);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${server.address().port}/models/network.pth`,
    requests,
    change: (changes) => Object.assign(state, changes),
    close: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

function answer(request, response, { body, etag, sized, ranges, status, type, stalls }, breakAfter) {
  const { start, code } = rangeOf(request, { body, etag, ranges, status });
  const bytes = code === 416 ? Buffer.alloc(0) : body.subarray(start);
  const headers = { 'Content-Type': type };
  if (sized) headers['Content-Length'] = bytes.length;
  if (etag !== null) headers.ETag = etag;
  if (code === 206) headers['Content-Range'] = `bytes ${start}-${body.length - 1}/${body.length}`;
  if (code === 416) headers['Content-Range'] = `bytes */${body.length}`;
  response.writeHead(code, headers);
  if (stalls !== undefined) return void response.write(bytes.subarray(0, stalls));
  if (breakAfter === undefined) return response.end(bytes);
  response.write(bytes.subarray(0, breakAfter), () => setTimeout(() => response.destroy(), 100));
}

function rangeOf(request, { body, etag, ranges, status }) {
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const same = request.headers['if-range'] === etag;
  if (!ranges || status !== 200 || asked === null || !same) return { start: 0, code: status };
  const start = Number(asked[1]);
  return { start, code: start < body.length ? 206 : 416 };
}
