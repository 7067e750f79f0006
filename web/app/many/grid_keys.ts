// Where the keys lead in a grid of photos.
//
// SPDX-License-Identifier: MIT

export interface Places {
  count: number;
  columns: number;
  /** Rows that are in sight. */
  page: number;
}

/** The place that a key leads to, undefined: it leads nowhere. */
export function placeByKey({ key, ctrlKey, metaKey }: KeyboardEvent, place: number, { count, columns, page }: Places): number | undefined {
  const whole = ctrlKey || metaKey;
  const rowStart = place - (place % columns);
  const steps: Record<string, number> = {
    ArrowLeft: place - 1,
    ArrowRight: place + 1,
    ArrowUp: place - columns,
    ArrowDown: place + columns,
    PageUp: place - page * columns,
    PageDown: place + page * columns,
    Home: whole ? 0 : rowStart,
    End: whole ? count - 1 : rowStart + columns - 1,
  };
  const next = steps[key];
  if (next === undefined || count === 0) return undefined;
  // The first and the last row are reached in the same column, or not left.
  if (key === 'ArrowUp' && next < 0) return place;
  if (key === 'ArrowDown' && next >= count) return rowStart + columns < count ? count - 1 : place;
  return Math.min(count - 1, Math.max(0, next));
}
