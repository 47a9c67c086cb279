/** Wheel and touch on a chart: Ctrl and wheel zooms around the pointer, sideways wheel and a finger pan. Plain scrolling stays the page's. */

interface Window {
  from: number;
  to: number;
}

const PER_STEP = 1.0015;

export function installGestures(over: HTMLElement, window: () => Window, look: (from: number, to: number) => void): () => void {
  const onWheel = (event: WheelEvent): void => {
    const { from, to } = window();
    const width = over.clientWidth || 1;
    if (event.ctrlKey || event.metaKey) {
      const factor = PER_STEP ** event.deltaY;
      const at = from + ((to - from) * event.offsetX) / width;
      look(at - (at - from) * factor, at + (to - at) * factor);
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = ((to - from) * event.deltaX) / width;
      look(from + by, to + by);
    } else return;
    event.preventDefault();
  };

  let finger: { id: number; x: number } | null = null;
  const onDown = (event: PointerEvent): void => {
    if (event.pointerType === 'touch') finger = { id: event.pointerId, x: event.clientX };
  };
  const onMove = (event: PointerEvent): void => {
    if (finger === null || event.pointerId !== finger.id) return;
    const { from, to } = window();
    const by = ((to - from) * (finger.x - event.clientX)) / (over.clientWidth || 1);
    finger.x = event.clientX;
    if (by !== 0) look(from + by, to + by);
  };
  const onUp = (): void => {
    finger = null;
  };

  over.addEventListener('wheel', onWheel, { passive: false });
  over.addEventListener('pointerdown', onDown);
  over.addEventListener('pointermove', onMove);
  over.addEventListener('pointerup', onUp);
  over.addEventListener('pointercancel', onUp);
  return () => {
    over.removeEventListener('wheel', onWheel);
    over.removeEventListener('pointerdown', onDown);
    over.removeEventListener('pointermove', onMove);
    over.removeEventListener('pointerup', onUp);
    over.removeEventListener('pointercancel', onUp);
  };
}
