// A contest: every entrant in a page of its own, side by side in one browser, one picture each in turn.
//
// Other work on the machine then slows all of them alike: medians, and even more so medians of the ratios within a turn, stay.
// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from '../tools/build/setup.mjs';
import { compareAnswers, objection } from './agreement.mjs';
import { median } from './table.mjs';

const loads = 3; // each in a fresh page; the last page is kept for the turns
const warmUps = 3; // turns in which an engine's compiler may still be at work
const restMs = 50; // an engine's idle threads look busily for work before they sleep: they shall not disturb the next one

/**
 * For each entrant {entrant, load, first, times, heapBytes, agreement}, in milliseconds, one time for each round; or {entrant,
 * refused} where it does not run or computes something else than ours. `flags`: Chromium's. `tell`: called with what is going on.
 */
export async function contest({ url, entrants, flags, rounds, tell }) {
  const browser = await startBrowser(flags);
  try {
    const results = [];
    for (const entrant of entrants) {
      tell(`starting ${entrant.engine} ${entrant.build}, threads: ${entrant.threads}, ${entrant.network}`);
      const own = results.find((result) => result.entrant.network === entrant.network);
      results.push(await admit(browser, url, entrant, own?.answer));
    }
    await takeTurns(results.filter(({ page }) => page), rounds, tell);
    return results.map(({ page, answer, ...result }) => result);
  } finally {
    await browser.close();
  }
}

export async function chromiumVersion() {
  const browser = await startBrowser([]);
  try {
    return browser.version();
  } finally {
    await browser.close();
  }
}

async function startBrowser(flags) {
  // Not at the top: in a fresh clone this file is loaded before the set-up has installed the package.
  const { chromium: playwright } = await import('@playwright/test');
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []; // Chromium's sandbox refuses root
  return playwright.launch({ executablePath: chromium(), args: ['--disable-gpu', '--no-first-run', ...asRoot, ...flags] });
}

/** `reference`: our answer for the same network, where it is known already. */
async function admit(browser, url, entrant, reference) {
  let result;
  try {
    result = await start(browser, url, entrant);
  } catch (error) {
    if (entrant.engine === 'resnet-wasm') throw error;
    return { entrant, refused: `does not run: ${error.message.split('\n')[0]}` };
  }
  const agreement = compareAnswers(result.answer, reference ?? result.answer);
  const refused = objection(agreement, entrant.precision);
  if (refused === undefined) return { ...result, agreement };
  await result.page.context().close();
  return { entrant, refused };
}

async function start(browser, url, entrant) {
  const [load, first] = [[], []];
  let page;
  for (let i = 0; i < loads; ++i) {
    await page?.context().close();
    page = await (await browser.newContext()).newPage(); // with nothing in any cache
    await page.goto(url);
    load.push(await ask(page, 'load', entrant));
    first.push(await ask(page, 'run'));
  }
  return { entrant, page, load: median(load), first: median(first), answer: await ask(page, 'answer'), times: [] };
}

async function takeTurns(results, rounds, tell) {
  for (let round = -warmUps; round < rounds; ++round) {
    tell(round < 0 ? 'warming up' : `turn ${round + 1} of ${rounds}`);
    for (const { page, times } of results) {
      const ms = await ask(page, 'run');
      if (round >= 0) times.push(ms);
      await sleep(restMs);
    }
  }
  for (const result of results) result.heapBytes = await ask(result.page, 'heapBytes');
}

/** Calls a function of entrants.mjs in the page. */
function ask(page, name, argument) {
  return page.evaluate(([called, value]) => import('/entrants.js').then((entrants) => entrants[called](value)), [name, argument]);
}
