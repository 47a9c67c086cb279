/** Draws only the rows in view. Rows have one height; the list takes the keyboard as a grid does. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface VirtualListProps<T> {
  rows: readonly T[];
  rowHeight: number;
  label: string;
  keyOf: (row: T) => string;
  render: (row: T) => JSX.Element;
  open: (row: T) => void;
  /** Called when the last row is about to be seen. */
  nearEnd?: () => void;
}

const OVERSCAN = 8;

const clamp = (n: number, count: number): number => Math.max(0, Math.min(count - 1, n));

/** Row that a key moves to, or null when the key does not move. */
export function moved(key: string, active: number, count: number, pageSize: number): number | null {
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return clamp(active + 1, count);
    case 'ArrowUp':
    case 'k':
      return clamp(active - 1, count);
    case 'PageDown':
      return clamp(active + pageSize, count);
    case 'PageUp':
      return clamp(active - pageSize, count);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

export function VirtualList<T>({ rows, rowHeight, label, keyOf, render, open, nearEnd }: VirtualListProps<T>): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [active, setActive] = useState(-1);

  useEffect(() => {
    const list = element.current!;
    const observer = new ResizeObserver(() => setHeight(list.clientHeight));
    observer.observe(list);
    return () => observer.disconnect();
  }, []);

  const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
  const last = Math.min(rows.length, Math.ceil((top + height) / rowHeight) + OVERSCAN);

  const atEnd = last >= rows.length;
  useEffect(() => {
    if (atEnd) nearEnd?.();
  }, [atEnd, rows.length]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && rows[active] !== undefined) return open(rows[active]);
    const next = moved(event.key, active, rows.length, Math.max(1, Math.floor(height / rowHeight) - 1));
    if (next === null || rows.length === 0) return undefined;
    event.preventDefault();
    setActive(next);
    const list = element.current!;
    const at = next * rowHeight;
    if (at < list.scrollTop) list.scrollTop = at;
    else if (at + rowHeight > list.scrollTop + list.clientHeight) list.scrollTop = at + rowHeight - list.clientHeight;
    return undefined;
  };

  return (
    <div
      ref={element}
      class="virtual"
      role="grid"
      aria-label={label}
      aria-rowcount={rows.length}
      aria-activedescendant={active >= first && active < last ? `row-${active}` : undefined}
      tabIndex={0}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <div class="virtual-space" role="presentation" style={{ height: `${rows.length * rowHeight}px` }}>
        {rows.slice(first, last).map((row, i) => (
          <div
            key={keyOf(row)}
            id={`row-${first + i}`}
            role="row"
            aria-rowindex={first + i + 1}
            aria-selected={first + i === active}
            class="virtual-row"
            style={{ transform: `translateY(${(first + i) * rowHeight}px)`, height: `${rowHeight}px` }}
          >
            {render(row)}
          </div>
        ))}
      </div>
    </div>
  );
}
