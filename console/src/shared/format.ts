/** How numbers and times are written. */

const COUNT = new Intl.NumberFormat('en-US');
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `1,204` */
export function count(value: number): string {
  return COUNT.format(value);
}

/** `840 ms`, `3.4 s`, `2 min 5 s`, `3 h 10 min` */
export function duration(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`;
  return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`;
}

/** How long ago, in one unit: `now`, `40 s`, `3 min`, `5 h`, `2 d`. */
export function ago(at: number, now = Date.now()): string {
  const ms = Math.max(0, now - at);
  if (ms < 5 * SECOND) return 'now';
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** `14:03:59` */
export function time(at: number): string {
  return TIME.format(at);
}

/** `14:03:59.123` */
export function preciseTime(at: number): string {
  return `${time(at)}.${String(Math.floor(at) % SECOND).padStart(3, '0')}`;
}

/** `27 Nov 2026, 14:03:59` */
export function dateTime(at: number): string {
  return DATE.format(at);
}

/** `0.0123`; in the currency of the worker's prices. Empty: nothing is priced. */
export function cost(value: number): string {
  if (value === 0) return '–';
  return value < 0.01 ? value.toFixed(4) : value.toFixed(2);
}

/** `1.2k`, `3.4M` */
export function short(value: number): string {
  if (value < 10_000) return count(value);
  return value < 1_000_000 ? `${(value / 1_000).toFixed(1)}k` : `${(value / 1_000_000).toFixed(1)}M`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `50.2 MiB` */
export function bytes(value: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
  return `${(value / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power] ?? ''}`;
}
