// npm run check: what can be seen without running anything. Floors, formatting, types, documents that name files.
//
// SPDX-License-Identifier: MIT
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { checkFloors } from './floors.mjs';

const root = new URL('../..', import.meta.url).pathname;
process.chdir(root);

const tracked = () =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { encoding: 'utf8', maxBuffer: 1 << 26 })
    .split('\0')
    .filter((file) => file && existsSync(file));

/** Runs a program; its output is the problem when it fails. */
function runs(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (error) return [`${command}: ${error.message}`];
  return status === 0 ? [] : `${stdout}${stderr}`.trim().split('\n');
}

function formatting(files) {
  const sources = files.filter((file) => /^(src|tools|tests|bench)\/.*\.(cc|h)$/.test(file));
  return runs('clang-format-19', ['--dry-run', '--Werror', ...sources]).filter((line) => /error:/.test(line));
}

/** Our own first lines: every source file says whose it is. */
function licences(files) {
  return files
    .filter((file) => /\.(cc|h|ts|mjs|py)$/.test(file) && !readFileSync(file, 'utf8').slice(0, 4000).includes('SPDX-License-Identifier'))
    .map((file) => `${file}: no SPDX-License-Identifier line`);
}

/** docs/architecture.md lists the folders; the list must be the truth. */
function folders(files) {
  const text = readFileSync('docs/architecture.md', 'utf8');
  const cells = [...text.matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell]) => cell);
  const listed = new Set(cells.flatMap((cell) => [...cell.matchAll(/`([a-z_./-]+\/)`/g)].map(([, folder]) => folder)));
  const onDisk = new Set(files.map((file) => file.match(/^((?:src|tools|tests|web)\/[^/]+\/)/)?.[1]).filter(Boolean));
  return [
    ...[...onDisk].filter((folder) => !listed.has(folder)).map((folder) => `docs/architecture.md: does not list ${folder}`),
    ...[...listed].filter((folder) => !files.some((file) => file.startsWith(folder))).map((folder) => `docs/architecture.md: lists ${folder}, which is not there`),
  ];
}

/** Links between documents and files must lead somewhere. */
function links(files) {
  return files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => new URL(target, `file:///${file}`).pathname.slice(1))
        .filter((target) => !existsSync(target))
        .map((target) => `${file}: links to ${target}, which is not there`));
}

const checks = {
  'floors (who may include whom)': checkFloors,
  'formatting (clang-format)': formatting,
  'licence lines': licences,
  'folder list in docs/architecture.md': folders,
  'links in documents': links,
  'THIRD-PARTY.md': () => runs(process.execPath, ['tools/build/notices.mjs', '--check']),
  'documentation of the API (TypeDoc)': () => runs(process.execPath, ['tools/build/api_docs.mjs', '--check']),
  'types (tsc)': () => runs(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit']),
};

const files = tracked();
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  const problems = check(files);
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'}  ${name}`);
  for (const problem of problems.slice(0, 40)) console.log(`        ${problem}`);
  if (problems.length > 40) console.log(`        and ${problems.length - 40} more`);
  if (problems.length > 0) failed += 1;
}
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
