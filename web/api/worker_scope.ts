// The worker in browsers, with the glue of whichever builds it is for.
//
// SPDX-License-Identifier: MIT
import type { Engine } from './engine.js';
import type { Reply } from './protocol.js';
import { serve } from './serve.js';

// The part of DedicatedWorkerGlobalScope that is used: TypeScript's worker types cannot stand beside those of a page.
interface WorkerScope {
  name: string;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  postMessage(reply: Reply, transfer: Transferable[]): void;
}

export function serveWorker(engine: Engine): void {
  const scope = self as unknown as WorkerScope;
  const take = serve(engine, (reply, transfer) => scope.postMessage(reply, transfer));
  scope.onmessage = ({ data }) => take(data);
  // Held as long as the worker lives, whatever ends it. Pages that are not secure have no locks.
  void navigator.locks?.request(scope.name, () => {
    scope.postMessage({ type: 'ready', watch: 'lock' }, []);
    return new Promise(() => undefined);
  });
}
