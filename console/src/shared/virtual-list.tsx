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
  useLayoutEffect(() => {
    const node = box.current;
    if (node && stickToEnd && isAtEnd.current) node.scrollTop = node.scrollHeight;
  }, [items.length, stickToEnd]);
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
