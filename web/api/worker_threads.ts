// The worker for the builds with threads, and the script of the threads in its pool: the glue starts those by itself.
//
// SPDX-License-Identifier: MIT
import createModule from 'resnet-glue-threads';
import { Engine } from './engine.js';
import { serveWorker } from './worker_scope.js';

if (!self.name.startsWith('em-pthread')) serveWorker(new Engine(createModule, self.location.href));
