// WorkerPort: an engine in a worker, reached by messages. Notices when the worker has ended, whoever ended it.
//
// SPDX-License-Identifier: MIT
import { platform } from 'resnet-platform';
import { disposed, fromWire, ResnetError } from './errors.js';
import type { WorkerHandle } from './platform.js';
import { transferables, type Args, type CallName, type CallResult, type EnginePort, type Reply, type Request } from './protocol.js';

interface Waiting {
  resolve(result: CallResult<CallName>): void;
  reject(error: ResnetError): void;
}
type Answer = Exclude<Reply, { type: 'ready' } | { type: 'pong' }>;

// Where there are no locks: a worker decodes a large picture or packs weights for a second or two without looking up.
const pingMs = 3_000;
const silenceMs = 30_000;

export class WorkerPort implements EnginePort {
  readonly #worker: WorkerHandle;
  readonly #name = `resnet-wasm-${Math.random().toString(36).slice(2)}`;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended = new AbortController();
  #failure: ResnetError | undefined;
  #lastId = 0;
  #lastHeard = 0;
  // Until the worker says that there is a better way to see its end.
  readonly #pings = setInterval(() => this.#ping(), pingMs);

  constructor(url: string | URL | undefined, threads: boolean) {
    try {
      this.#worker = platform.startWorker(url, threads, this.#name, {
        onMessage: (data) => this.#hear(data as Reply),
        onLost: (error) => this.#fail(error),
      });
    } catch (error) {
      clearInterval(this.#pings);
      throw new ResnetError('io', `the worker could not be started: ${String(error)}; its script must be of the page's own origin `
        + '(workerUrl), or let the calling thread do the work (worker: false)');
    }
  }

  call<Name extends CallName>(name: Name, args: Args<Name>, signal?: AbortSignal): Promise<CallResult<Name>> {
    const id = ++this.#lastId;
    const cancel = () => this.#worker.post({ type: 'cancel', id } satisfies Request, []);
    return new Promise<CallResult<CallName>>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      try {
        this.#worker.post({ type: 'call', id, name, args } as Request, transferables(args));
      } catch (error) { // a picture of another origin, for instance
        return reject(new ResnetError('bad_argument', `what was given cannot be handed to the worker: ${String(error)}`));
      }
      this.#lastHeard = performance.now();
      this.#waiting.set(id, { resolve, reject });
      this.#worker.hold(true);
      signal?.addEventListener('abort', cancel, { once: true });
    }).finally(() => {
      signal?.removeEventListener('abort', cancel);
      if (this.#waiting.size === 0) this.#worker.hold(false);
    }) as Promise<CallResult<Name>>;
  }

  end(): void {
    this.#fail(disposed());
  }

  #hear(reply: Reply): void {
    this.#lastHeard = performance.now();
    if (reply.type === 'ready') {
      clearInterval(this.#pings);
      if (reply.watch === 'lock') this.#watchLock();
    } else if (reply.type !== 'pong') {
      this.#settle(reply);
    }
  }

  #settle(reply: Answer): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.type === 'done') waiting?.resolve(reply.result);
    else waiting?.reject(fromWire(reply.error));
  }

  /** The worker's lock can be had when the worker is no more. */
  #watchLock(): void {
    const { signal } = this.#ended;
    navigator.locks.request(this.#name, { signal }, () => this.#fail(new ResnetError('worker_lost', 'the worker has ended')))
      .catch(() => undefined); // we ended it ourselves
  }

  #ping(): void {
    if (this.#waiting.size === 0) return;
    if (performance.now() - this.#lastHeard > silenceMs) {
      this.#fail(new ResnetError('worker_lost', `the worker has not answered for ${silenceMs / 1000} seconds`));
    } else {
      this.#worker.post({ type: 'ping' } satisfies Request, []);
    }
  }

  #fail(error: ResnetError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    clearInterval(this.#pings);
    this.#ended.abort();
    this.#worker.terminate();
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
