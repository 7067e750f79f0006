// LocalPort: an engine on the calling thread.
//
// SPDX-License-Identifier: MIT
import createModule from 'resnet-glue';
import { Engine } from './engine.js';
import type { Args, CallName, CallResult, EnginePort, Handlers } from './protocol.js';

export class LocalPort implements EnginePort {
  readonly #engine = new Engine(createModule);

  call<Name extends CallName>(name: Name, args: Args<Name>, signal?: AbortSignal): Promise<CallResult<Name>> {
    const handlers: Handlers = this.#engine;
    return handlers[name](args, signal);
  }

  end(): void {
    this.#engine.end();
  }
}
