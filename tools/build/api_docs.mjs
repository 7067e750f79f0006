// npm run docs [-- --check]: the documentation of the package's API in dist/api. What is public and undocumented is an error.
//
// SPDX-License-Identifier: MIT
import { register } from 'node:module';
import path from 'node:path';
import { exitWith, Failure, isMain, root } from './run.mjs';
import { setUp } from './setup.mjs';

// TypeDoc calls TypeScript's compiler, which in version 7 has no JavaScript any more: here it gets an older one.
const olderTypeScript = "export const resolve = (name, context, next) => next(name === 'typescript' ? 'older-typescript' : name, context);";

const options = {
  name: 'resnet-wasm',
  entryPoints: [path.join(root, 'web/api/index.ts')],
  tsconfig: path.join(root, 'web/api/tsconfig.json'),
  readme: path.join(root, 'web/api/README.md'),
  disableSources: true, // they would lead to nowhere without the repository's public address
  hideGenerator: true,
  excludePrivate: true,
  excludeInternal: true,
  // Most properties say by their names what they are.
  requiredToBeDocumented: ['Class', 'Function', 'Interface', 'Method', 'TypeAlias'],
  validation: { notDocumented: true, notExported: true, invalidLink: true },
  logLevel: 'Warn',
};

async function main(args) {
  await setUp('npm');
  register(`data:text/javascript,${encodeURIComponent(olderTypeScript)}`);
  const { Application } = await import('typedoc');
  const app = await Application.bootstrap(options);
  const project = await app.convert();
  if (project !== undefined) app.validate(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Failure('the documentation of the API has gaps: see above');
  if (!args.includes('--check')) await app.generateDocs(project, path.join(root, 'dist/api'));
}

if (isMain(import.meta.url)) main(process.argv.slice(2)).catch(exitWith);
