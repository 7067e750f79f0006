// A server in front of another one: single addresses can be answered by a third, with whatever faults that has.
//
// Playwright cannot send a request to another server by itself: Chromium refuses it where the port is another one.
// SPDX-License-Identifier: MIT
import http from 'node:http';
import { pipeline } from 'node:stream';

/** Hands all requests on to `behind`, but those for a path in `instead` to the address there. Resolves to {url, instead, close}. */
export async function serveInFront(behind) {
  const instead = new Map();
  const server = http.createServer((request, response) => {
    const address = new URL(request.url, behind);
    const { method, headers } = request;
    const asked = http.request(instead.get(address.pathname) ?? address, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      pipeline(answer, response, () => undefined); // what breaks off behind breaks off in front
    });
    asked.on('error', () => response.destroy());
    asked.end();
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    instead,
    close: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}
