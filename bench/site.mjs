// What the pages of a contest fetch, and who takes part in it.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../tools/build/run.mjs';
import { folder } from './engines.mjs';
import { unfit } from './network.mjs';

/** {folder, files, pairs}: a folder and files from elsewhere by their addresses, for `serve`; for `entrantsOf` the pairs. */
export async function laySite(engines, networks, tell) {
  const site = { folder: path.join(folder, 'site'), files: {} };
  fs.rmSync(site.folder, { recursive: true, force: true });
  fs.mkdirSync(site.folder, { recursive: true });
  fs.writeFileSync(path.join(site.folder, 'index.html'), '<!doctype html><meta charset="utf-8"><title>bench</title><body></body>\n');
  fs.copyFileSync(path.join(root, 'bench/entrants.mjs'), path.join(site.folder, 'entrants.js')); // the server knows scripts by .js
  for (const engine of engines) Object.assign(site.files, await engine.files());
  const pairs = engines.flatMap((engine) => networks.map((network) => ({ engine, network })))
    .filter(({ engine, network }) => engine.takes(network));
  for (const network of networks) {
    const reason = unfit(network);
    if (engines.length > 1 && reason) tell(`${network.name} is for us alone: ${reason}`);
  }
  return { ...site, pairs: pairs.map(({ engine, network }) => ({ engine, entrant: place(engine, network, site, tell) })) };
}

/** Every build of every engine with every network that it takes: what contest.mjs and entrants.mjs expect. */
export const entrantsOf = (pairs, threads) =>
  pairs.flatMap(({ engine, entrant }) => engine.builds.map((build) => ({ ...entrant, build, threads })));

function place(engine, network, site, tell) {
  tell(`preparing ${engine.name}, ${network.name}`);
  const file = engine.modelFile(network);
  const model = `/models/${path.basename(file)}`;
  site.files[model] = file;
  const { type, shape, data } = engine.input(network);
  const url = `/${engine.name}-${network.name}.bin`;
  fs.writeFileSync(path.join(site.folder, url), data);
  const { name, architecture, precision } = network;
  return { engine: engine.name, network: name, architecture, precision, model, input: { url, type, shape } };
}
