// WorkerPort: an engine in a worker, reached by messages.
//
// SPDX-License-Identifier: MIT
import { fromWire, ResnetError } from './errors.js';
import { buffersOf, type Args, type CallName, type CallResult, type EnginePort, type Reply, type Request } from './protocol.js';

interface Waiting {
  resolve(result: CallResult<CallName>): void;
  reject(error: ResnetError): void;
}

export class WorkerPort implements EnginePort {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #failure: ResnetError | undefined;
  #lastId = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#settle(data);
    worker.onerror = ({ message }) => this.#fail(message
      ? new ResnetError('internal', `the worker failed: ${message}`)
      // Browsers say nothing more where it is the script that could not be loaded.
      : new ResnetError('io', 'the worker could not be started; check that worker.js is there, beside the wasm files'));
  }

  call<Name extends CallName>(name: Name, args: Args<Name>, signal?: AbortSignal): Promise<CallResult<Name>> {
    const id = ++this.#lastId;
    const cancel = () => this.#post({ type: 'cancel', id });
    return new Promise<CallResult<CallName>>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.set(id, { resolve, reject });
      signal?.addEventListener('abort', cancel, { once: true });
      this.#post({ type: 'call', id, name, args } as Request);
    }).finally(() => signal?.removeEventListener('abort', cancel)) as Promise<CallResult<Name>>;
  }

  end(): void {
    this.#worker.terminate();
    this.#fail(new ResnetError('cancelled', 'the classifier was disposed of'));
  }

  #post(request: Request): void {
    this.#worker.postMessage(request, request.type === 'call' ? buffersOf(request.args) : []);
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.type === 'done') waiting?.resolve(reply.result);
    else waiting?.reject(fromWire(reply.error));
  }

  #fail(error: ResnetError): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
