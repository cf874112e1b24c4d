/** The time, for what counts up on the screen. */
import { useEffect, useState } from 'react';

/** ms since the Unix epoch, anew every `everyMs` while `isRunning`. */
export function useNow(everyMs = 1_000, isRunning = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, isRunning]);
  return now;
}
