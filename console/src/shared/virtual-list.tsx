/** A list of any length of which only the rows on the screen are drawn. All rows have the same height. */
import { useLayoutEffect, useRef, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';

/** Rows that are drawn above and below the screen. */
const SPARE = 12;
/** So near to the end, px, it follows what comes. */
const NEAR_PX = 40;

interface VirtualListProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  readonly rowPx: number;
  /** It stays at its end while somebody reads there. */
  readonly stickToEnd: boolean;
  /** With a `key`. */
  readonly render: (item: T) => ReactNode;
}

export function VirtualList<T>({
  label,
  items,
  rowPx,
  stickToEnd,
  render,
}: VirtualListProps<T>): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  useLayoutEffect(() => {
    const node = box.current;
    if (!node) return undefined;
    const look = (): void => {
      const { scrollTop, clientHeight, scrollHeight } = node;
      isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      const top = Math.floor(scrollTop / rowPx) * rowPx;
      setSeen((last) =>
        last.top === top && last.height === clientHeight ? last : { top, height: clientHeight },
      );
    };
    look();
    node.addEventListener('scroll', look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(node);
    return () => {
      node.removeEventListener('scroll', look);
      observer.disconnect();
    };
  }, [rowPx]);
  const shown = useRef(items);
  useLayoutEffect(() => {
    const node = box.current;
    if (!node) return;
    if (stickToEnd && isAtEnd.current) node.scrollTop = node.scrollHeight;
    // What somebody reads stays where it is.
    else node.scrollTop += rowPx * addedBefore(shown.current, items);
    shown.current = items;
  }, [items, rowPx, stickToEnd]);
  const first = Math.max(0, Math.floor(seen.top / rowPx) - SPARE);
  const last = Math.min(items.length, Math.ceil((seen.top + seen.height) / rowPx) + SPARE);
  return (
    <div className="virtual" ref={box} tabIndex={0} role="group" aria-label={label}>
      <div style={{ height: items.length * rowPx }}>
        <div style={{ transform: `translateY(${first * rowPx}px)` }}>
          {items.slice(first, last).map(render)}
        </div>
      </div>
    </div>
  );
}

/** How many rows have come before those that were there, which all still are. */
function addedBefore<T>(last: readonly T[], now: readonly T[]): number {
  const [first] = last;
  if (first === undefined || first === now[0]) return 0;
  const index = now.indexOf(first);
  return index > 0 && now[index + last.length - 1] === last.at(-1) ? index : 0;
}
