// A site for one test: a copy of the built page that may be changed, on a server that may be stopped and writes down what it is asked for.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { dist } from '../../tools/build/bundle.mjs';
import { inBuild } from '../../tools/build/run.mjs';
import { serve } from '../../tools/build/serve.mjs';

/** `sent`: the headers of its answers, by default those of `npm start`. `under`: the sub-folder that the page is in. */
export async function makeSite({ under = '', ...options } = {}) {
  fs.mkdirSync(inBuild('test-sites'), { recursive: true });
  const served = fs.mkdtempSync(inBuild('test-sites/'));
  const folder = path.join(served, under);
  fs.cpSync(dist('app'), folder, { recursive: true });
  const requests = [];
  let server;
  const start = async (port) => {
    server = await serve({ ...options, folder: served, port, onRequest: ({ method, url, headers }) => requests.push({ method, url, headers }) });
  };
  await start(8500);
  const { port, url } = server;
  const stop = () => server.close();
  return {
    /** Where the page is: on the disk, and for a browser. */
    folder,
    url: `${url}${under}`,
    /** Every request so far: {method, url, headers}. */
    requests,
    start: () => start(port),
    stop,
    async remove() {
      await stop();
      fs.rmSync(served, { recursive: true });
    },
    /** Files of the page, by name. */
    read: (name) => fs.readFileSync(path.join(folder, name), 'utf8'),
    write: (name, text) => {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    },
  };
}
