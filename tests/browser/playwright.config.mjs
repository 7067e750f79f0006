// The browser tests: the built page and the built package in headless Chromium, served as `npm start` serves them.
//
// SPDX-License-Identifier: MIT
import { defineConfig } from '@playwright/test';
import { inBuild } from '../../tools/build/run.mjs';
import { chromium } from '../../tools/build/setup.mjs';

const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: '.',
  globalSetup: './global_setup.mjs',
  outputDir: inBuild('browser-tests'),
  workers: 1, // times are measured
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  use: {
    serviceWorkers: 'block', // page.route does not see what they ask for; offline.spec.mjs allows them
    launchOptions: {
      executablePath: chromium(),
      args: [
        ...(isRoot ? ['--no-sandbox'] : []), // Chromium's sandbox refuses root
        '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
      ],
    },
  },
});
