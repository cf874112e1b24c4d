/** A figure: what was measured, beside the bare engine, against its goal. */

export interface Figure {
  readonly value: number;
  /** The same of the bare engine; null where it has none. */
  readonly bare: number | null;
  /** What the goal is about, where it is a ratio: product to bare, or late to early. */
  readonly ratio: number | null;
  /** In words; `stated`: there is none. */
  readonly goal: string;
  readonly ok: boolean;
}

export interface NamedFigure extends Figure {
  readonly name: string;
  /** What it is, with its unit. */
  readonly title: string;
}

export function stated(name: string, title: string, value: number, bare: number | null = null): NamedFigure {
  return { name, title, value, bare, ratio: bare === null ? null : value / bare, goal: 'stated', ok: true };
}

/** `ratio` may be the median of the rounds' ratios, which is not the ratio of the medians. */
export function atMost(
  figure: Pick<NamedFigure, 'name' | 'title' | 'value' | 'bare'>,
  ratio: number,
  most: number,
): NamedFigure {
  return { ...figure, ratio, goal: `≤ ${most} ×`, ok: ratio <= most };
}

export function atLeast(
  figure: Pick<NamedFigure, 'name' | 'title' | 'value' | 'bare'>,
  ratio: number,
  least: number,
): NamedFigure {
  return { ...figure, ratio, goal: `≥ ${least} ×`, ok: ratio >= least };
}

/** A goal in the unit of the value. */
export function bounded(name: string, title: string, value: number, most: number): NamedFigure {
  return { name, title, value, bare: null, ratio: null, goal: `≤ ${most}`, ok: value <= most };
}

/** In the place of the figures of a measurement that threw. */
export function failed(measurement: string, error: unknown): NamedFigure {
  const why = error instanceof Error ? error.message : String(error);
  const title = `${measurement} failed: ${why.replaceAll(/\s+/g, ' ').slice(0, 100)}`;
  return { name: measurement, title, value: Number.NaN, bare: null, ratio: null, goal: '–', ok: false };
}
