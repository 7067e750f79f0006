// The grid of photos: as many as there are, with elements only for the rows that are in sight.
//
// SPDX-License-Identifier: MIT
import { element } from '../dom.js';
import { strings } from '../strings.js';
import { placeByKey } from './grid_keys.js';
import type { Item } from './item.js';
import { tile, type Tile, type TileContext } from './tile.js';

/** What the grid asks for. */
export interface GridActions {
  open(item: Item): void;
  toggle(item: Item): void;
  select(items: readonly Item[]): void;
  selectAll(): void;
  selectNone(): void;
}

interface Row {
  root: HTMLElement;
  tiles: Tile[];
}

const narrowestTile = 7; // rem
const gap = 0.5;
const rowHeight = 11.5;
const rowsAhead = 1; // above and below what is in sight

export class Grid {
  readonly root: HTMLElement;
  /** Says its keys; it belongs beside it. */
  readonly help = element('p', { className: 'for-ears', id: 'grid-help' }, strings.many.gridHelp);
  readonly #sheet = element('div', { className: 'sheet', role: 'rowgroup' });
  readonly #actions: GridActions;
  readonly #rows = new Map<number, Row>();
  #items: readonly Item[] = [];
  #context: TileContext | undefined;
  #columns = 1;
  #rem = 16;
  /** The place that the keys move. */
  #active = 0;
  /** The place that was toggled last: a range begins there. */
  #anchor = 0;
  #drawing = false;

  constructor(actions: GridActions) {
    this.#actions = actions;
    this.root = element('div', {
      className: 'grid', role: 'grid', 'aria-label': strings.many.grid, 'aria-multiselectable': 'true', 'aria-describedby': this.help.id,
    }, this.#sheet);
    this.root.onscroll = () => this.drawSoon();
    this.root.onkeydown = (event) => this.#key(event);
    // Not at once: drawing changes the size that is observed.
    new ResizeObserver(() => this.drawSoon()).observe(this.root);
  }

  show(items: readonly Item[], context: TileContext): void {
    this.#items = items;
    this.#context = context;
    this.#active = Math.max(0, Math.min(this.#active, items.length - 1));
    this.#draw();
  }

  /** In the next frame. */
  drawSoon(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  /** Gives the focus to the photo that had it last. */
  focus(): void {
    this.#tileAt(this.#active)?.root.focus();
  }

  #draw(): void {
    if (this.#context === undefined || this.root.clientWidth === 0) return; // not in sight
    this.#measure();
    const pitch = this.#pitch;
    const count = Math.ceil(this.#items.length / this.#columns);
    this.root.ariaRowCount = String(count);
    this.root.ariaColCount = String(this.#columns);
    this.#sheet.style.setProperty('height', `${Math.max(0, count * pitch - gap * this.#rem)}px`);
    const { scrollTop, clientHeight } = this.root;
    const first = Math.floor(scrollTop / pitch);
    const last = Math.ceil((scrollTop + clientHeight) / pitch) - 1;
    const wanted = new Set<number>();
    for (let row = Math.max(0, first - rowsAhead); row <= Math.min(count - 1, last + rowsAhead); ++row) wanted.add(row);
    if (count > 0) wanted.add(Math.floor(this.#active / this.#columns)); // what has the focus stays
    this.#keepRows([...wanted].sort((a, b) => a - b), pitch);
    this.#fill(this.#context, first, last);
  }

  get #pitch(): number {
    return (rowHeight + gap) * this.#rem;
  }

  #measure(): void {
    this.#rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const columns = Math.max(1, Math.floor((this.root.clientWidth / this.#rem + gap) / (narrowestTile + gap)));
    if (columns === this.#columns) return;
    const focused = this.#sheet.contains(document.activeElement);
    this.#columns = columns;
    this.#sheet.style.setProperty('--columns', String(columns));
    this.#keepRows([], 0);
    if (focused) requestAnimationFrame(() => this.focus());
  }

  /** Elements for these rows and no others, in their order. None that stays is moved: that would take the focus from it. */
  #keepRows(wanted: readonly number[], pitch: number): void {
    for (const [index, row] of this.#rows) {
      if (wanted.includes(index)) continue;
      row.root.remove();
      this.#rows.delete(index);
    }
    wanted.forEach((index, i) => {
      const row = this.#rows.get(index) ?? this.#addRow(index);
      row.root.style.setProperty('top', `${index * pitch}px`);
      if (this.#sheet.children[i] !== row.root) this.#sheet.insertBefore(row.root, this.#sheet.children[i] ?? null);
    });
  }

  #addRow(index: number): Row {
    const tiles = Array.from({ length: this.#columns }, (_, column) => {
      const place = index * this.#columns + column;
      const made = tile(column, () => this.#open(place));
      made.root.onclick = (event) => this.#click(place, event);
      made.root.ondblclick = () => this.#open(place);
      made.root.addEventListener('focusin', () => { this.#active = place; });
      return made;
    });
    const root = element('div', { className: 'grid-row', role: 'row', 'aria-rowindex': index + 1 }, ...tiles.map((made) => made.root));
    const row = { root, tiles };
    this.#rows.set(index, row);
    return row;
  }

  #fill(context: TileContext, first: number, last: number): void {
    const inSight: Item[] = [];
    const near: Item[] = [];
    for (const [index, { tiles }] of this.#rows) {
      tiles.forEach((made, column) => {
        const place = index * this.#columns + column;
        const item = this.#items[place];
        made.update(item, context);
        made.root.tabIndex = place === this.#active ? 0 : -1;
        if (item !== undefined) (index >= first && index <= last ? inSight : near).push(item);
      });
    }
    context.thumbnails.want([...inSight, ...near]);
  }

  #tileAt(place: number): Tile | undefined {
    return this.#rows.get(Math.floor(place / this.#columns))?.tiles[place % this.#columns];
  }

  #open(place: number): void {
    const item = this.#items[place];
    if (item !== undefined) this.#actions.open(item);
  }

  #toggle(place: number): void {
    const item = this.#items[place];
    this.#anchor = place;
    if (item !== undefined) this.#actions.toggle(item);
  }

  #selectBetween(one: number, other: number): void {
    this.#actions.select(this.#items.slice(Math.min(one, other), Math.max(one, other) + 1));
  }

  #click(place: number, event: MouseEvent): void {
    if ((event.target as Element).closest('.open') !== null) return;
    if (event.shiftKey) this.#selectBetween(this.#anchor, place);
    else this.#toggle(place);
  }

  #key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.root.clientHeight / this.#pitch));
    const place = placeByKey(event, this.#active, { count: this.#items.length, columns: this.#columns, page });
    if (event.altKey) return;
    if (place !== undefined) this.#goTo(place, event.shiftKey);
    else if (event.key === ' ') this.#toggle(this.#active);
    else if (event.key === 'Enter') this.#open(this.#active);
    else if (event.key === 'Escape') this.#actions.selectNone();
    else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) this.#actions.selectAll();
    else return;
    event.preventDefault();
  }

  /** `selecting`: all from where it was to there. */
  #goTo(place: number, selecting: boolean): void {
    const before = this.#active;
    this.#active = place;
    this.#draw();
    const tileThere = this.#tileAt(place);
    tileThere?.root.focus({ preventScroll: true });
    tileThere?.root.scrollIntoView({ block: 'nearest' });
    if (selecting) this.#selectBetween(before, place);
  }
}
