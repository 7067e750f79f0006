// The worker in Node.
//
// SPDX-License-Identifier: MIT
import { parentPort } from 'node:worker_threads';
import createModule from 'resnet-glue';
import { Engine } from './engine.js';
import { serve } from './serve.js';

if (parentPort !== null) {
  const port = parentPort;
  port.on('message', serve(new Engine(createModule), (reply, transfer) => port.postMessage(reply, transfer)));
  port.postMessage({ type: 'ready', watch: 'platform' }, []);
}
