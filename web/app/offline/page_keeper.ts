// Has the page kept by its service worker, and tells how far that is. Nothing here reloads the page unasked.
//
// SPDX-License-Identifier: MIT
import { Atom } from '../atom.js';
import { useNow } from './messages.js';

export interface Keeping {
  /**
   * `insecure`: http, where browsers have no service workers. `refused`: a private window, or a certificate that was not
   * trusted. `failed`: not all files came whole. `none`: no page that can be kept, or nothing is known yet.
   */
  page: 'none' | 'insecure' | 'refused' | 'coming' | 'failed' | 'kept';
  /** A newer build: it waits until this one is no longer used; or another tab has taken it into use. */
  newer: 'none' | 'waits' | 'taken';
}

export class PageKeeper {
  readonly state = new Atom<Keeping>({ page: 'none', newer: 'none' });
  #registration: ServiceWorkerRegistration | undefined;
  #asked = false;

  async begin(): Promise<void> {
    if (!/^https?:$/.test(location.protocol)) return;
    if (!isSecureContext) return this.#set('insecure');
    const workers: ServiceWorkerContainer | undefined = navigator.serviceWorker; // some browsers have none in private windows
    try {
      await workers?.register(new URL('service-worker.js', document.baseURI));
      this.#registration = await workers?.getRegistration();
    } catch {
      // below
    }
    if (workers === undefined || this.#registration === undefined) return this.#set('refused');
    this.#follow(this.#registration);
    workers.oncontrollerchange = () => {
      if (!this.#asked) this.state.set({ ...this.state.value, newer: 'taken' });
    };
  }

  /** Takes the newer build into use, which reloads the page. */
  useNewer(): void {
    const waiting = this.#registration?.waiting;
    if (waiting == null) return location.reload();
    this.#asked = true;
    waiting.addEventListener('statechange', () => {
      if (waiting.state === 'activated') location.reload();
    });
    waiting.postMessage(useNow);
  }

  #follow(registration: ServiceWorkerRegistration): void {
    const followed = new WeakSet<ServiceWorker>();
    const look = () => {
      const { installing, waiting, active } = registration;
      if (installing !== null && !followed.has(installing)) {
        followed.add(installing);
        installing.addEventListener('statechange', look);
      }
      const newer = active !== null && waiting !== null ? 'waits' : 'none';
      if (this.state.value.newer === 'taken') return;
      this.#set(active !== null ? 'kept' : installing !== null || waiting !== null ? 'coming' : 'failed', newer);
    };
    registration.addEventListener('updatefound', look);
    look();
  }

  #set(page: Keeping['page'], newer: Keeping['newer'] = 'none'): void {
    this.state.set({ page, newer });
  }
}
