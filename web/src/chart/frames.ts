/** At most one call in `interval` ms, in an animation frame, with everything that came in between; none while the page is hidden. */
export function throttleFrames(draw: () => void, interval = 100): { request: () => void; cancel: () => void } {
  let asked = false;
  let last = -Infinity;
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const run = (): void => {
    asked = false;
    last = performance.now();
    draw();
  };
  return {
    request() {
      if (asked) return;
      asked = true;
      const wait = Math.max(0, last + interval - performance.now());
      timer = setTimeout(() => (frame = requestAnimationFrame(run)), wait);
    },
    cancel() {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      asked = false;
    },
  };
}
