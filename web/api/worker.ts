// The worker: owns an engine and answers the classifier's messages.
//
// SPDX-License-Identifier: MIT
import { Engine } from './engine.js';
import { toWire } from './errors.js';
import { buffersOf, type Args, type CallName, type Handlers, type Reply, type Request } from './protocol.js';

// The part of DedicatedWorkerGlobalScope that is used: TypeScript's worker types cannot stand beside those of a page.
interface WorkerScope {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(reply: Reply, transfer: Transferable[]): void;
}

const scope = self as unknown as WorkerScope;
const handlers: Handlers = new Engine();
const running = new Map<number, AbortController>();

async function answer<Name extends CallName>(id: number, name: Name, args: Args<Name>): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const result = await handlers[name](args, controller.signal);
    scope.postMessage({ type: 'done', id, result }, buffersOf(result));
  } catch (error) {
    scope.postMessage({ type: 'failed', id, error: toWire(error) }, []);
  } finally {
    running.delete(id);
  }
}

scope.onmessage = ({ data }) => {
  if (data.type === 'cancel') running.get(data.id)?.abort();
  else void answer(data.id, data.name, data.args);
};
