// npm test [-- GROUP..] [-- --list]: runs the test groups and closes with one line that adds them up.
//
// SPDX-License-Identifier: MIT
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { buildModules } from './build.mjs';
import { bundleApp, bundlePackage, dist } from './bundle.mjs';
import { chromium, setUp } from './setup.mjs';
import { configureAndBuild } from './cmake.mjs';
import { exitWith, Failure, inBuild, isMain, root } from './run.mjs';
import { bundleSingle } from './single.mjs';
import { prepareModel } from './start.mjs';

// In this order: quick and telling first. Each returns {passed, failed, skipped}.
const groups = {
  check: { what: 'floors, format, types, documents: npm run check', run: () => staticChecks() },
  tools: { what: 'the npm scripts: downloads, the catalogue', run: () => scriptTests() },
  native: { what: 'the C++ tests, native', run: () => cppTests('native') },
  asan: { what: 'the C++ tests with AddressSanitizer and UndefinedBehaviorSanitizer', run: () => cppTests('native-asan') },
  'wasm-simd': { what: 'the C++ tests as WebAssembly under Node', run: () => cppTests('wasm-simd') },
  'wasm-relaxed': { what: 'the same with relaxed SIMD', run: () => cppTests('wasm-relaxed') },
  browser: { what: 'the page and the package in Chromium', run: () => browserTests() },
  firefox: { what: 'the page and the package in Firefox', run: () => firefoxTests() },
  package: { what: 'the packed package as users get it: bundlers, types, Node', run: () => packageTests() },
};

/** The tests of tools/build. */
async function scriptTests() {
  await setUp('npm');
  if (process.env.RESNET_DATA) await configureAndBuild('native', ['resnet']); // one of them converts a checkpoint
  return nodeTests('tools', 'tests/build');
}

/** The tests of tests/firefox. */
async function firefoxTests() {
  await setUp('firefox');
  await buildModules();
  await bundlePackage();
  await bundleApp();
  await bundleSingle(dist('resnet-wasm.html'));
  return nodeTests('firefox', 'tests/firefox');
}

/** The tests of tests/package. They share one installed package, and time is measured in some: one file after the other. */
async function packageTests() {
  await setUp('browser');
  await buildModules();
  await bundlePackage();
  return nodeTests('package', 'tests/package', '--test-concurrency=1');
}

/** The tests of a folder by Node's own runner. */
async function nodeTests(group, folder, ...options) {
  const files = fs.readdirSync(path.join(root, folder)).filter((name) => name.endsWith('.test.mjs')).map((name) => path.join(folder, name));
  const { status, output } = await stream(process.execPath, ['--test', '--test-reporter=tap', ...options, ...files], { quiet: true });
  const count = (word) => Number(output.match(new RegExp(`^# ${word} (\\d+)$`, 'm'))?.[1] ?? 0);
  const counts = { passed: count('pass'), failed: count('fail') + count('cancelled'), skipped: count('skipped') + count('todo') };
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  if (counts.failed > 0) console.log(output);
  for (const [, name, reason] of output.matchAll(/^\s*ok \d+ - (.*) # SKIP ?(.*)$/gm)) console.log(`[test] skipped ${group}: ${name}: ${reason || 'no reason given'}`);
  return counts;
}

/** The reference networks in our format, in floats and in 8 bits, where there is test data: what RESNET_MODELS names to the tests. */
async function convertReferenceNetworks({ RESNET_DATA: data } = process.env) {
  if (!data) return;
  const options = ['--labels', path.join(data, 'images/imagenet-labels.txt'), '--recipe', 'torchvision'];
  const source = (name) => path.join(data, `models/${name}.safetensors`);
  for (const name of ['resnet18-pqf', 'resnet50-pqf', 'resnet50-abm']) await prepareModel({ file: source(name), options });
  for (const name of ['resnet18-pqf', 'resnet50-pqf']) {
    for (const bits of ['7', '8']) {
      const int8 = [...options, '--dtype', 'i8', '--activation-bits', bits, '--calibrate', path.join(data, 'images/samples')];
      await recordLogits(await prepareModel({ file: source(name), options: int8, name: `${name}-${bits}bit` }), data);
    }
  }
  process.env.RESNET_MODELS = inBuild('models');
}

/** What the native program answers, for the tests that every other build gives the very same numbers: NAME.logits.json. */
async function recordLogits(model, data) {
  const record = model.replace(/\.safetensors$/, '.logits.json');
  if (fs.existsSync(record) && fs.statSync(record).mtimeMs >= fs.statSync(model).mtimeMs) return;
  const pictures = JSON.parse(fs.readFileSync(path.join(data, 'reference/index.json'), 'utf8'))
    .map(({ preprocessed }) => path.join(data, 'reference', preprocessed));
  const options = ['--recipe', 'crop', '--logits', `--json=${record}`];
  execFileSync(inBuild('native/resnet'), ['classify', model, ...new Set(pictures), ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Builds a preset, runs its tests with ctest and counts the cases that the test programs reported. */
async function cppTests(preset) {
  await configureAndBuild(preset);
  await convertReferenceNetworks();
  const results = inBuild(preset, 'test-results');
  fs.rmSync(results, { recursive: true, force: true });
  const junit = path.join(inBuild(preset), 'ctest.xml');
  fs.rmSync(junit, { force: true });
  // The sanitized programs run side by side too: they are slow, not large.
  await stream('ctest', ['--test-dir', inBuild(preset), '--output-on-failure', '--output-junit', junit, '--no-tests=ignore', '-j2', '-Q']);
  return countCases(fs.existsSync(junit) ? fs.readFileSync(junit, 'utf8') : '', results, preset);
}

/** A program that left no report (it crashed, or is no GoogleTest program) counts as one case, by ctest's word. */
function countCases(junit, results, preset) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, name, status] of junit.matchAll(/<testcase name="([^"]+)"[^>]*status="([^"]+)"/g)) {
    const report = path.join(results, `${name}.json`);
    const before = counts.failed;
    if (fs.existsSync(report)) countReport(JSON.parse(fs.readFileSync(report, 'utf8')), `${preset} ${name}`, counts);
    else if (status === 'run') counts.passed += 1;
    if (status === 'fail' && counts.failed === before) {
      counts.failed += 1;
      console.log(`[test] ${preset} ${name}: ended badly (crash, time-out or wrong exit status)`);
    }
  }
  if (counts.failed > 0) console.log(junitOutputs(junit));
  return counts;
}

function countReport(report, where, counts) {
  for (const suite of report.testsuites ?? []) {
    for (const test of suite.testsuite ?? []) {
      const name = `${where}: ${suite.name}.${test.name}`;
      if (test.result === 'SKIPPED') {
        counts.skipped += 1;
        console.log(`[test] skipped ${name}: ${skipReason(test)}`);
      } else if (test.status !== 'RUN') {
        counts.skipped += 1; // DISABLED_
      } else if (test.failures !== undefined) {
        counts.failed += 1;
        console.log(`[test] FAILED ${name}`);
      } else {
        counts.passed += 1;
      }
    }
  }
}

function skipReason(test) {
  // GoogleTest reports "FILE:LINE\nREASON".
  return (test.skipped?.[0]?.message ?? '').split('\n').slice(1).join(' ').trim() || 'no reason given';
}

/** What the failed programs printed. */
function junitOutputs(junit) {
  const entities = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return [...junit.matchAll(/<testcase [^>]*status="fail"[\s\S]*?<system-out>([\s\S]*?)<\/system-out>/g)]
    .map(([, text]) => text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => entities[name]))
    .map((text) => text.split('\n').map((line) => line.slice(0, 500)).join('\n').slice(-20000)) // Node shows a crash by the whole minified script
    .join('\n');
}

/** Everything that needs no build; prints a line for each check, and what is wrong below those that fail. */
async function staticChecks() {
  await setUp('check');
  const { status, output } = await stream(process.execPath, ['tools/build/check.mjs'], { quiet: true });
  console.log(output.replace(/^\d+ passed, \d+ failed\n/m, '').trimEnd()); // that line is for the end of all groups
  const count = (word) => output.match(new RegExp(`^${word} `, 'gm'))?.length ?? 0;
  const counts = { passed: count('ok'), failed: count('FAILED'), skipped: 0 };
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** The Playwright tests of tests/browser with Debian's Chromium. */
async function browserTests() {
  const config = path.join(root, 'tests/browser/playwright.config.mjs');
  if (!fs.existsSync(config)) return { passed: 0, failed: 0, skipped: 0 };
  await setUp('npm', 'browser');
  const report = inBuild('browser-tests.json');
  fs.rmSync(report, { force: true });
  const { status } = await stream('npx', ['playwright', 'test', '--config', config, '--reporter=list,json'], {
    env: { ...process.env, CHROMIUM: chromium(), PLAYWRIGHT_JSON_OUTPUT_NAME: report, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
  });
  if (!fs.existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const { expected, unexpected, flaky, skipped } = JSON.parse(fs.readFileSync(report, 'utf8')).stats;
  const failed = unexpected + flaky; // a test that needs a second try has failed
  return { passed: expected, failed: status !== 0 && failed === 0 ? 1 : failed, skipped };
}

/** Runs a program with its output shown, unless `quiet`, and returned. */
function stream(program, args, { quiet = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const from of [child.stdout, child.stderr]) {
      from.on('data', (data) => {
        output += data;
        if (!quiet) process.stdout.write(data);
      });
    }
    child.on('error', reject).on('close', (status) => resolve({ status, output }));
  });
}

async function runGroup(name) {
  const started = Date.now();
  let counts;
  try {
    counts = await groups[name].run();
  } catch (error) {
    console.log(error instanceof Failure ? error.message : error);
    counts = { passed: 0, failed: 1, skipped: 0 }; // it did not build, or could not be set up
  }
  console.log(`[test] ${name}: ${line(counts)} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return counts;
}

// Not the closing form "N passed, N failed, N skipped": that stands alone once, at the end.
const line = ({ passed, failed, skipped }) => `${passed} ok, ${failed} not, ${skipped} skipped`;

async function main(args) {
  if (args.includes('--list')) {
    for (const [name, { what }] of Object.entries(groups)) console.log(`${name.padEnd(14)}${what}`);
    return;
  }
  const unknown = args.filter((name) => !(name in groups));
  if (unknown.length > 0) throw new Failure(`no test group ${unknown.join(', ')}; there are ${Object.keys(groups).join(', ')}`);
  if (!process.env.RESNET_DATA) console.log('[test] RESNET_DATA is not set: tests that need real pictures and networks are skipped');
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const name of args.length > 0 ? Object.keys(groups).filter((group) => args.includes(group)) : Object.keys(groups)) {
    const counts = await runGroup(name);
    for (const key of Object.keys(total)) total[key] += counts[key];
  }
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

if (isMain(import.meta.url)) main(process.argv.slice(2)).catch(exitWith);
