/** Has the process log as much as an operator has chosen for all of them, and as it was configured once that is over. */
import { LIMITS } from '../contracts/index.ts';
import type { Levels } from '../log/index.ts';
import { LOG_LEVELS, type Logger } from '../telemetry/index.ts';

/** A logger whose level can be changed. */
export interface Levelled extends Pick<Logger, 'info'> {
  level: string;
}

/** Looks every `everyMs`, until the returned function is called. While Redis is away it goes on until the time that it was told. */
export function followLevel(
  levels: Pick<Levels, 'chosen'>,
  logger: Levelled,
  everyMs: number = LIMITS.logLevelEveryMs,
): () => void {
  const configured = logger.level;
  let over: NodeJS.Timeout | undefined;
  const apply = (level: string): void => {
    if (level === logger.level) return;
    // Whatever the process logs before and after, this is told.
    const before = logger.level;
    logger.level = 'info';
    logger.info({ before, level }, 'The log level changes');
    logger.level = level;
  };
  const look = async (): Promise<void> => {
    const told = await levels.chosen();
    // The answer may be older than the end of its time.
    const chosen = told && told.until > Date.now() ? told : null;
    const level = LOG_LEVELS.find((each) => each === chosen?.level) ?? configured;
    clearTimeout(over);
    if (chosen) over = setTimeout(() => apply(configured), chosen.until - Date.now()).unref();
    apply(level);
  };
  const timer = setInterval(() => void look().catch(() => undefined), everyMs).unref();
  void look().catch(() => undefined);
  return () => {
    clearInterval(timer);
    clearTimeout(over);
  };
}
