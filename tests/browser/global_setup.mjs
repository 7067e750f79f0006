// Builds what is tested, makes the models, and starts the server that all tests use.
//
// SPDX-License-Identifier: MIT
import fs from 'node:fs';
import path from 'node:path';
import { buildModules } from '../../tools/build/build.mjs';
import { bundleApp, bundlePackage, dist } from '../../tools/build/bundle.mjs';
import { inBuild } from '../../tools/build/run.mjs';
import { serve } from '../../tools/build/serve.mjs';
import { prepareModel, referenceModel } from '../../tools/build/start.mjs';
import { doubtfulBias, writeBlankModel } from './blank_model.mjs';

/** What the server shows: the page, the package, and models. The page's own list of models is as it was built. */
export default async function globalSetup() {
  await buildModules();
  await bundlePackage();
  await bundleApp();
  const files = Object.fromEntries(fs.readdirSync(dist('package')).map((name) => [`/package/${name}`, dist('package', name)]));
  const addModel = (name, options) => {
    files[`/models/${name}`] = inBuild('test-models', name);
    writeBlankModel(files[`/models/${name}`], options);
  };
  addModel('blank.safetensors', {});
  addModel('slow.safetensors', { crop: 128 }); // sixteen times the work
  addModel('wrong-golden.safetensors', { golden: [3, 4] });
  addModel('doubtful.safetensors', { bias: doubtfulBias });
  addModel('thousand.safetensors', { bias: Array.from({ length: 1000 }, (_, i) => (i === 1 ? 9 : 0)) }); // sure: 0.89
  const real = referenceModel(process.env.RESNET_DATA);
  if (real !== undefined) {
    process.env.RESNET_TEST_MODEL = await prepareModel(real);
    files['/models/real.safetensors'] = process.env.RESNET_TEST_MODEL;
  }
  const server = await serve({ folder: dist('app'), files, port: 8300 });
  process.env.RESNET_TEST_URL = server.url; // the tests' processes inherit it
  return () => server.close();
}
