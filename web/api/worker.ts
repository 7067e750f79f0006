// The worker for the builds without threads.
//
// SPDX-License-Identifier: MIT
import createModule from 'resnet-glue';
import { Engine } from './engine.js';
import { serveWorker } from './worker_scope.js';

serveWorker(new Engine(createModule));
