// Checks that includes and imports go one way: base <- image <- model <- engine <- classify <- wasm | tools.
//
// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';

const floors = ['base', 'image', 'model', 'engine', 'classify', 'wasm'];
const upTo = (floor) => floors.slice(0, floors.indexOf(floor) + 1);

/** What the files below a folder may include of ours; the longest folder that matches counts. */
const allowed = [
  ...floors.map((floor) => ({ folder: `src/${floor}/`, may: upTo(floor) })),
  { folder: 'tools/import/', may: ['base', 'image/recipe.h', 'model', 'import'] },
  { folder: 'tools/quantize/', may: [...upTo('classify'), 'quantize'] },
  { folder: 'tools/cli/', may: [...upTo('classify'), 'import', 'quantize', 'cli'] },
];

/** Headers from outside that only some files may include. */
const restricted = [
  { header: /^xnnpack\.h$|^pthreadpool\.h$/, only: /^(src|tests)\/engine\// },
  { header: /^emscripten/, only: /^src\/wasm\// },
  { header: /^stb_image\.h$/, only: /^src\/image\/(decode|stb_image)/ },
  { header: /^yyjson\.h$/, only: /^src\/base\/json\.cc$/ },
  { header: /^hdf5|^H5/, only: /^(tools\/import\/hdf5_file\.cc|tests\/import\/)/ },
  { header: /\.pb\.h$|^google\/protobuf/, only: /^(tools\/import\/onnx_file\.cc|tests\/import\/)/ },
];

const includePattern = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/gm;

function checkIncludes(file, text) {
  const rule = allowed.find(({ folder }) => file.startsWith(folder));
  const problems = [];
  for (const [, , header] of text.matchAll(includePattern)) {
    const outside = restricted.find((entry) => entry.header.test(header));
    if (outside && !outside.only.test(file)) problems.push(`${file}: may not include <${header}>`);
    const ours = [...floors, 'import', 'quantize', 'cli'].includes(header.split('/')[0]) && header.includes('/');
    if (rule && ours && !rule.may.some((name) => header === name || header.startsWith(`${name}/`))) {
      problems.push(`${file}: may not include "${header}" (allowed: ${rule.may.join(', ')})`);
    }
  }
  return problems;
}

function checkImports(file, text) {
  const problems = [];
  for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
    const toApi = target.includes('/api/');
    if (file.startsWith('web/app/') && toApi && !/\/api\/index(\.js|\.ts)?$/.test(target)) {
      problems.push(`${file}: the page may import the package's public entry only, not ${target}`);
    }
    if (file.startsWith('web/api/') && target.includes('/app/')) problems.push(`${file}: the package may not import the page (${target})`);
  }
  return problems;
}

/**
 * @param {string[]} files tracked files, relative to the project
 * @returns {string[]} a line per violation
 */
export function checkFloors(files) {
  return files.flatMap((file) => {
    if (/\.(cc|h|c)$/.test(file)) return checkIncludes(file, readFileSync(file, 'utf8'));
    if (/^web\/.*\.ts$/.test(file)) return checkImports(file, readFileSync(file, 'utf8'));
    if (/\.py$/.test(file) && !/^tools\/train\/|^tests\/references\//.test(file)) return [`${file}: Python belongs in tools/train and tests/references only`];
    return [];
  });
}
