/** What happens while servers come up: one line an event, and on a terminal a last line that counts the seconds of what is still awaited. */
export function progress(stream) {
  const waiting = new Map();
  const live = stream.isTTY && process.env.TERM !== 'dumb';
  const clear = () => live && stream.write('\r\u001B[K');
  const draw = () => {
    if (!live || waiting.size === 0) return;
    const texts = Array.from(waiting, ([kind, begun]) => `${kind} ${Math.round((Date.now() - begun) / 1000)} s`);
    stream.write(`\r\u001B[Kwaiting for ${texts.join(', ')}`.slice(0, (stream.columns ?? 80) + 3));
  };
  const timer = live ? setInterval(draw, 500) : undefined;
  timer?.unref();
  return {
    /** @param {'begin' | 'end'} [step] from begin to end it is shown as awaited */
    say(kind, text, step) {
      if (step === 'begin') waiting.set(kind, Date.now());
      if (step === 'end') waiting.delete(kind);
      clear();
      stream.write(`${kind}: ${text}\n`);
      draw();
    },
    close() {
      clearInterval(timer);
      clear();
    },
  };
}
