// What the tests of the package share: work inside a page, models from a server with faults, workers that a test can end.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import { inBuild } from '../../tools/build/run.mjs';
import { serveFile } from '../build/file_server.mjs';
import { test as base } from './fixtures.mjs';
import { serveInFront } from './front.mjs';
import { seeingModel } from './seeing_model.mjs';

export const blank = '/models/blank.safetensors';
export const modelBytes = (name) => fs.readFileSync(inBuild('test-models', name));

export const test = base.extend({
  front: [async ({}, use) => { // Playwright wants the braces
    const front = await serveInFront(process.env.RESNET_TEST_URL);
    await use(front);
    await front.close();
  }, { scope: 'worker' }],
  baseURL: async ({ front }, use) => use(front.url),
  /**
   * `serve(name, options)`: a server of its own, with the options of serveFile, answers for /models/NAME. `asked`: the methods of
   * the requests so far; `go.offline`: there is no network.
   */
  serve: async ({ page, front }, use) => {
    const servers = [];
    await use(async (name, options) => {
      const server = await serveFile(options);
      servers.push(server);
      front.instead.set(`/models/${name}`, server.url);
      const asked = [];
      const go = { offline: false };
      await page.route(`**/models/${name}`, (route) => {
        asked.push(route.request().method());
        return go.offline ? route.abort('internetdisconnected') : route.continue();
      });
      return { ...server, url: `/models/${name}`, asked, go };
    });
    front.instead.clear();
    await Promise.all(servers.map((server) => server.close()));
  },
});

/** Has /models/seeing.safetensors be the seeing model; `like`: of the size of which blank one. */
export async function serveSeeing(page, like = 'blank.safetensors') {
  await page.route('**/models/seeing.safetensors', (route) => route.fulfill({ body: seeingModel(modelBytes(like)) }));
  return '/models/seeing.safetensors';
}

/** Runs `work(api, argument, tools)` in a page; it sees nothing else of the test. */
export async function inPage(page, work, argument) {
  if (page.url() === 'about:blank') {
    await page.route('**/models/index.json', (route) => route.fulfill({ json: { models: [] } }));
    await page.goto('/');
  }
  return page.evaluate(`import('/package/index.js').then((api) => (${work})(api, ${JSON.stringify(argument)}, (${tools})(api)))`);
}

/** What `work` has at hand. */
function tools({ ResnetError }) {
  const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  /** 'none', or the code of the error that it rejects with. */
  const codeOf = (promise) =>
    promise.then(() => 'none', (error) => (error instanceof ResnetError ? error.code : `not typed: ${error}`));
  /** The promise, or 'hangs' after so many seconds. */
  const guarded = (promise, seconds = 20) => {
    let timer;
    const late = new Promise((resolve) => { timer = setTimeout(resolve, 1000 * seconds, 'hangs'); });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  };
  /** By class. */
  const scoresOf = ({ predictions }) => [...predictions].sort((a, b) => a.index - b.index).map(({ score }) => score);
  const canvas = (width, height) => Object.assign(document.createElement('canvas'), { width, height });
  const context = (surface) => surface.getContext('2d', { willReadFrequently: true });
  /** A canvas, or what is given in its place, in one colour. */
  const filled = (width, height, colour, surface = canvas(width, height)) => {
    Object.assign(context(surface), { fillStyle: colour }).fillRect(0, 0, width, height);
    return surface;
  };
  const fileOf = async (surface, type, quality) => new Promise((resolve) => { surface.toBlob(resolve, type, quality); });
  return { wait, codeOf, guarded, scoresOf, canvas, context, filled, fileOf };
}

/** The page's workers are then in `self.workers`, oldest first; of each, `ready` resolves when it says that it is there. */
export const recordWorkers = (page) => page.addInitScript(() => {
  self.workers = [];
  self.Worker = class extends Worker {
    constructor(...options) {
      super(...options);
      self.workers.push(this);
      this.ready = new Promise((resolve) => {
        this.addEventListener('message', ({ data }) => { if (data.type === 'ready') resolve(); });
      });
    }
  };
});
