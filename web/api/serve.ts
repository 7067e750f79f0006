// A worker's life: owns an engine and answers the classifier's messages.
//
// SPDX-License-Identifier: MIT
import type { Engine } from './engine.js';
import { toWire } from './errors.js';
import { transferables, type Args, type CallName, type Handlers, type Reply, type Request } from './protocol.js';

type Post = (reply: Reply, transfer: Transferable[]) => void;

/** What to do with each message that comes; answers go to `post`. */
export function serve(engine: Engine, post: Post): (data: unknown) => void {
  const handlers: Handlers = engine;
  const running = new Map<number, AbortController>();

  async function answer<Name extends CallName>(id: number, name: Name, args: Args<Name>): Promise<void> {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const result = await handlers[name](args, controller.signal);
      post({ type: 'done', id, result }, transferables(result));
    } catch (error) {
      post({ type: 'failed', id, error: toWire(error) }, []);
    } finally {
      running.delete(id);
    }
  }

  return (data) => {
    const request = data as Request;
    if (request.type === 'ping') post({ type: 'pong' }, []);
    else if (request.type === 'cancel') running.get(request.id)?.abort();
    else void answer(request.id, request.name, request.args);
  };
}
