// Many photos on their way through the model: waiting, looked at, stopped, gone on with; all again where the model changes.
//
// SPDX-License-Identifier: MIT
import type { ClassifyResult, ImageOutcome, ResnetError } from '../../api/index.js';
import { Atom } from '../atom.js';
import type { PickedFile } from '../files.js';
import { shownResults } from '../parts/results.js';
import { toResnetError, type ReadyModel, type Session } from '../session.js';
import type { Item, Outcome } from './item.js';

/** `waiting`: for a model. */
export type BatchState = 'empty' | 'waiting' | 'running' | 'stopped' | 'done';

// Scores of all classes are kept for their mean: of models with so many classes at most, and 64 MB of them.
export const mostClasses = 1000;
const mostScores = 16e6;
const timesKept = 32;

export class Batch {
  /** In the order in which they came. */
  readonly items: Item[] = [];
  /** Set whenever anything changes: also at each outcome. */
  readonly state = new Atom<BatchState>('empty');
  /** What the outcomes come from. */
  model: ReadyModel | undefined;
  /** Why it has stopped, where nobody has stopped it. */
  error: ResnetError | undefined;
  looked = 0;
  failed = 0;
  readonly #session: Session;
  #running: AbortController | undefined;
  #stopped = false;
  #scores = 0;
  #times: number[] = [];

  constructor(session: Session) {
    this.#session = session;
    session.model.watch(() => {
      if (this.#running !== undefined && session.ready !== this.model) this.#halt();
      this.#proceed();
    });
  }

  add(files: readonly PickedFile[]): void {
    for (const picked of files) this.items.push({ ...picked, order: this.items.length, outcome: undefined });
    this.#stopped = false;
    this.#proceed();
  }

  /** What is done stays. */
  stop(): void {
    this.#stopped = true;
    this.#halt();
    this.#proceed();
  }

  goOn(): void {
    this.#stopped = false;
    this.#proceed();
  }

  clear(): void {
    this.#halt();
    this.items.length = 0;
    this.#stopped = false;
    this.#forget();
    this.#proceed();
  }

  /** Photos a second, lately; undefined where too few are done. */
  get rate(): number | undefined {
    const [first] = this.#times;
    const last = this.#times.at(-1);
    if (first === undefined || last === undefined || last <= first) return undefined;
    return (1000 * (this.#times.length - 1)) / (last - first);
  }

  #halt(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  #forget(): void {
    for (const item of this.items) item.outcome = undefined;
    this.looked = this.failed = this.#scores = 0;
  }

  /** Starts where there is something to do and to do it with, and tells how things stand. */
  #proceed(): void {
    const { ready } = this.#session;
    if (ready !== undefined && ready !== this.model) {
      this.#forget(); // the answers of another model
      this.model = ready;
    }
    if (this.#running === undefined && !this.#stopped && ready !== undefined && this.looked < this.items.length) void this.#run(ready);
    this.state.set(this.#stateNow());
  }

  #stateNow(): BatchState {
    if (this.items.length === 0) return 'empty';
    if (this.#running !== undefined) return 'running';
    if (this.#session.ready !== undefined && this.looked === this.items.length) return 'done';
    return this.#stopped ? 'stopped' : 'waiting';
  }

  async #run(model: ReadyModel): Promise<void> {
    const running = this.#running = new AbortController();
    const { signal } = running;
    const all = model.info.classes <= mostClasses;
    const taken: Item[] = [];
    this.error = undefined;
    this.#times = [performance.now()];
    try {
      const options = { signal, maxResults: all ? 0 : shownResults };
      for await (const outcome of model.classifier.classifyAll(this.#waiting(taken), options)) {
        const item = taken[outcome.index];
        if (!signal.aborted && item !== undefined) this.#record(item, outcome, model);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.error = toResnetError(error);
      this.#stopped = true;
    }
    if (this.#running !== running) return;
    this.#running = undefined;
    this.#proceed(); // more may have come meanwhile
  }

  /** The files without an outcome, each as it is asked for; its item goes to `taken`. */
  * #waiting(taken: Item[]): Generator<File> {
    for (let i = 0; i < this.items.length; ++i) {
      const item = this.items[i];
      if (item === undefined || item.outcome !== undefined) continue;
      taken.push(item);
      yield item.file;
    }
  }

  #record(item: Item, { result, error }: ImageOutcome<File, ClassifyResult>, { info }: ReadyModel): void {
    item.outcome = error === undefined ? this.#answer(result, info.classes) : { kind: 'failed', error };
    ++this.looked;
    if (error !== undefined) ++this.failed;
    this.#times.push(performance.now());
    if (this.#times.length > timesKept) this.#times.shift();
    this.state.set('running');
  }

  #answer({ predictions, timing }: ClassifyResult, classes: number): Outcome {
    let scores: Float32Array | undefined;
    if (predictions.length === classes && classes <= mostClasses && this.#scores + classes <= mostScores) {
      scores = new Float32Array(classes);
      for (const { index, score } of predictions) scores[index] = score;
      this.#scores += classes;
    }
    return { kind: 'done', top: predictions.slice(0, shownResults), scores, ms: timing.total };
  }
}
