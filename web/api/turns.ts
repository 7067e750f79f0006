// Turns: lets other events of a thread have their turn in the middle of long work.
//
// A message to oneself comes back at once when nothing else is waiting; setTimeout would add 4 ms to each turn.
// SPDX-License-Identifier: MIT

export class Turns {
  #channel: MessageChannel | undefined; // made when it is needed: importing this file does nothing
  #resume: (() => void) | undefined;

  /** Resolves after the events that are waiting now. One at a time. */
  yield(): Promise<void> {
    this.#channel ??= this.#open();
    const { port2 } = this.#channel;
    return new Promise((resolve) => {
      this.#resume = resolve;
      port2.postMessage(undefined);
    });
  }

  end(): void {
    this.#channel?.port1.close();
    this.#channel = undefined;
  }

  #open(): MessageChannel {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => this.#resume?.();
    return channel;
  }
}
