// npm run build:single [-- --model FILE]: the page in one file, dist/resnet-wasm.html, that works from a disk, by a double click.
//
// Browsers let such a page start no module worker, fetch nothing, and have no service worker: everything is in the text of the
// page, and its policy allows no connection at all.
// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildModules } from './build.mjs';
import { aliases, dist, stylesOf } from './bundle.mjs';
import { pageNotices } from './notices.mjs';
import { singlePolicy } from './policy.mjs';
import { exitWith, Failure, inBuild, isMain, placeWhole, readOptions, root } from './run.mjs';
import { prepareModel } from './start.mjs';
import { emscriptenFolder } from './versions.mjs';

const builds = ['simd', 'relaxed']; // without threads: a page from a disk may not have them
// A multiple of three, so that no piece but the last ends in the filling of base64.
const pieceBytes = 24 << 20;

/** Writes the page, with the model file, if any, in it. Needs the wasm presets to be built. */
export async function bundleSingle(target, model) {
  const script = inScript(await bundleScript('web/app/main.ts', [inlined(await bundleScript('web/api/worker.ts'))]));
  const styles = await stylesOf('web/app/styles.css');
  const icon = fs.readFileSync(path.join(root, 'web/app/icons/icon.svg'));
  const html = replaceAll(fs.readFileSync(path.join(root, 'web/app/index.html'), 'utf8'), [
    ['%CONTENT_SECURITY_POLICY%', singlePolicy({ script: hash(script), styles: hash(styles) })],
    ['href="icons/icon.svg"', `href="data:image/svg+xml;base64,${icon.toString('base64')}"`],
    [/ *<link rel="apple-touch-icon".*\n/, ''],
    [/ *<link rel="manifest".*\n/, ''],
    ['<link rel="stylesheet" href="styles.css">', `<style>${styles}</style>`],
    [/ *<script type="module" src="main.js"><\/script>\n/, ''],
  ]);
  // The script comes last: it finds the page's body, and the model, in place.
  const [before, after] = html.split('</body>');
  await placeWhole(target, async (file) => {
    const out = fs.openSync(file, 'w');
    fs.writeSync(out, before);
    if (model !== undefined) writeModel(out, model);
    fs.writeSync(out, `<script>${script}</script>\n</body>${after}${comment(pageNotices(emscriptenFolder()))}`);
    fs.closeSync(out);
  });
}

async function bundleScript(entryPoint, plugins = []) {
  const { build } = await import('esbuild');
  const { outputFiles: [{ text }] } = await build({
    absWorkingDir: root,
    entryPoints: [entryPoint],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    logLevel: 'warning',
    loader: { '.jpg': 'binary' },
    define: { 'import.meta.url': '""' }, // the glue's, for addresses that it never needs
    alias: aliases({ platform: 'single', edition: 'single' }),
    plugins,
  });
  return text.trimEnd();
}

/** The module 'resnet-inlined'. */
function inlined(workerScript) {
  const packed = (name) => gzipSync(fs.readFileSync(inBuild(`wasm-${name}/resnet.wasm`)), { level: 9 }).toString('base64');
  const wasm = Object.fromEntries(builds.map((name) => [name, packed(name)]));
  const contents = Object.entries({ workerScript, wasm }).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`).join('\n');
  return {
    name: 'inlined',
    setup(build) {
      build.onResolve({ filter: /^resnet-inlined$/ }, ({ path: name }) => ({ path: name, namespace: 'inlined' }));
      build.onLoad({ filter: /./, namespace: 'inlined' }, () => ({ contents, loader: 'js' }));
    },
  };
}

/** What may stand between <script> and </script>: the parser of HTML knows no strings. */
function inScript(text) {
  const safe = text.replaceAll(/<(?=\/script|!--)/gi, '\\x3C'); // either stands in strings only
  if (/[\r\0]/.test(safe)) throw new Failure('the script holds characters that the parser of HTML changes: its hash would not be right');
  return safe;
}

/** A page in a single file has no other one beside it to hold the licences. */
function comment(text) {
  if (/--!?>|<!--/.test(text)) throw new Failure('the notices hold what ends a comment of HTML');
  return `<!--\n${text}-->\n`;
}

const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

function replaceAll(text, replacements) {
  return replacements.reduce((changed, [from, to]) => {
    if (changed.search(from) < 0) throw new Failure(`web/app/index.html has no ${from}`);
    return changed.replace(from, () => to);
  }, text);
}

/** In pieces: see web/app/edition/single.ts. */
function writeModel(out, model) {
  const name = path.parse(model).name.replaceAll(/[&"<>]/g, '');
  const input = fs.openSync(model);
  const piece = Buffer.alloc(pieceBytes);
  for (let length; (length = fs.readSync(input, piece)) > 0;) {
    fs.writeSync(out, `<script type="application/octet-stream" data-model="${name}">${piece.toString('base64', 0, length)}</script>\n`);
  }
  fs.closeSync(input);
}

const usage = `npm run build:single [-- --model FILE]

Makes dist/resnet-wasm.html: the page in one file, which works without a server.

  --model FILE   puts this model into it, of any format that "resnet convert" reads; otherwise the page asks for one
  --help         says this`;

async function main(args) {
  const { model, help } = readOptions(args, { model: { type: 'string' }, help: { type: 'boolean', short: 'h' } }, usage);
  if (help) return console.log(usage);
  if (model !== undefined && !fs.existsSync(model)) throw new Failure(`${model}: there is no such file`);
  await buildModules();
  const target = dist('resnet-wasm.html');
  await bundleSingle(target, model && await prepareModel({ file: path.resolve(model), options: [] }));
  console.log(`${path.relative(root, target)}: ${(fs.statSync(target).size / 1e6).toFixed(1)} MB. Open it by a double click.`);
}

if (isMain(import.meta.url)) main(process.argv.slice(2)).catch(exitWith);
