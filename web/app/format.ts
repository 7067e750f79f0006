// Numbers, sizes, times and lists as the page writes them.
//
// SPDX-License-Identifier: MIT
const locale = 'en';

function numbers(options: Intl.NumberFormatOptions): (value: number) => string {
  const format = new Intl.NumberFormat(locale, options);
  return (value) => format.format(value);
}
const unit = (name: string, options: Intl.NumberFormatOptions = {}) => numbers({ style: 'unit', unit: name, maximumFractionDigits: 0, ...options });

export const count = numbers({});
export const oneDigit = numbers({ maximumFractionDigits: 1 });
export const points = numbers({ maximumFractionDigits: 2 });
export const ratio = numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
export const percent = numbers({ style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
export const wholePercent = numbers({ style: 'percent' });
/** One digit after the point only where it says something. */
export const frameRate = (rate: number) => (rate < 9.95 ? ratio(rate) : count(Math.round(rate)));

const kilobytes = unit('kilobyte');
const smallKilobytes = unit('kilobyte', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const megabytes = unit('megabyte');
export const bytes = (size: number) => (size < 1e6 ? kilobytes(size / 1e3) : megabytes(size / 1e6));
/** Small files too, with a digit after the point. */
export const exactBytes = (size: number) => (size < 1e4 ? smallKilobytes(size / 1e3) : bytes(size));

export const milliseconds = unit('millisecond');
const seconds = unit('second', { unitDisplay: 'long' });
const minutes = unit('minute', { unitDisplay: 'long' });
const hours = unit('hour', { unitDisplay: 'long' });
/** Roughly: by fives of seconds, minutes, hours. */
export function duration(time: number): string {
  if (time < 57.5) return seconds(Math.max(5, 5 * Math.round(time / 5)));
  return time < 90 * 60 ? minutes(Math.max(1, time / 60)) : hours(time / 3600);
}

/** For a file's name: sorts by time. */
export function stamp(at: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}.${two(at.getMinutes())}.${two(at.getSeconds())}`;
}

/** Without what some system forbids in a file's name, and not too long. */
export const forFile = (text: string) => text.replace(/[^\p{L}\p{N} ,.()'-]+/gu, ' ').trim().slice(0, 60);

const lists = new Intl.ListFormat(locale);
export const list = (items: readonly string[]) => lists.format(items);
