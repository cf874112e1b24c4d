/** Puts spans together. Order follows `seq`, never clocks; only how long something took is read from these. */
import { SPANS, type Clock, type SpanName } from './spans.ts';
import type { TimelineSpan } from './types.ts';

/** A stamp: when, and by the clock of which process. */
export interface Moment {
  readonly at: number;
  readonly process?: string | undefined;
}

type More = Partial<
  Omit<TimelineSpan, 'stage' | 'name' | 'startedAt' | 'endedAt' | 'ms' | 'crossesHosts' | 'clampedMs'>
>;

/** Processes on one host share its clock. The workflow's clock is Temporal's. */
function hostOf(clock: Clock, process: string | undefined): string {
  return clock === 'temporal' ? clock : (process?.slice(process.indexOf('@') + 1) ?? clock);
}

/** `ends` undefined: it goes on, up to `now`. */
export function spanOf(
  name: SpanName,
  begins: Moment,
  ends: Moment | undefined,
  { now, ...more }: More & { readonly now: number },
): TimelineSpan {
  const { stage, kind, clocks, reason } = SPANS[name];
  const took = (ends?.at ?? now) - begins.at;
  const apart = ends !== undefined && hostOf(clocks[0], begins.process) !== hostOf(clocks[1], ends.process);
  const process = ends?.process ?? begins.process;
  return {
    ...{ stage, name, kind, startedAt: begins.at },
    ...(ends && { endedAt: ends.at }),
    ms: Math.max(0, took),
    ...(reason && { reason }),
    ...(process !== undefined && { process }),
    ...more,
    ...(apart && { crossesHosts: true as const }),
    ...(took < 0 && ends && { clampedMs: -took }),
  };
}
