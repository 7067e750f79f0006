// Turns: lets other events of a thread have their turn in the middle of long work.
//
// A message to oneself comes back at once when nothing else is waiting; setTimeout would add 4 ms to each turn. Node takes up to
// a thousand such messages before it looks at anything else, and would not end a program with an open port: there setImmediate.
// SPDX-License-Identifier: MIT

export class Turns {
  #channel: MessageChannel | undefined; // made when it is needed: importing this file does nothing
  #resume: (() => void) | undefined;

  /** Resolves after the events that are waiting now, or at the end. One at a time. */
  yield(): Promise<void> {
    return new Promise((resolve) => {
      if (typeof setImmediate === 'function') return void setImmediate(resolve);
      this.#resume = resolve;
      this.#channel ??= this.#open();
      this.#channel.port2.postMessage(undefined);
    });
  }

  end(): void {
    this.#channel?.port1.close();
    this.#channel = undefined;
    this.#resume?.(); // its message will not come any more
  }

  #open(): MessageChannel {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => this.#resume?.();
    return channel;
  }
}
