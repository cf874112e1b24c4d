/** Plays a tape: where it is, how fast, whether it runs. */
import { useCallback, useEffect, useRef, useState } from 'react';

export interface Player {
  /** ms from the beginning of the tape. */
  readonly moment: number;
  readonly isPlaying: boolean;
  readonly seek: (moment: number) => void;
  readonly toggle: () => void;
}

/** `length`: of the tape, ms; `speed`: times as fast. */
export function usePlayer(length: number, speed: number, start: number): Player {
  const [moment, setMoment] = useState(start);
  const [isPlaying, setPlaying] = useState(false);
  const at = useRef(moment);
  const seek = useCallback(
    (next: number) => {
      at.current = Math.min(Math.max(0, next), length);
      setMoment(at.current);
    },
    [length],
  );
  useEffect(() => {
    if (!isPlaying) return undefined;
    let last = performance.now();
    let frame = requestAnimationFrame(function play(now) {
      at.current = Math.min(length, at.current + (now - last) * speed);
      last = now;
      setMoment(at.current);
      if (at.current >= length) setPlaying(false);
      else frame = requestAnimationFrame(play);
    });
    return () => cancelAnimationFrame(frame);
  }, [isPlaying, speed, length]);
  const toggle = useCallback(() => {
    if (!isPlaying && at.current >= length) seek(0);
    setPlaying(!isPlaying);
  }, [isPlaying, length, seek]);
  return { moment, isPlaying, seek, toggle };
}
