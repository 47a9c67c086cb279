/** Scales and their ticks. */

export interface Scale {
  min: number;
  max: number;
  /** Equal factors are equally wide; `min` is then more than 0. */
  log?: boolean;
}

/** Share of the way from `min` to `max`, 0 to 1 within. */
export function place({ min, max, log }: Scale, x: number): number {
  if (max <= min) return 0.5;
  return log ? Math.log(Math.max(x, Number.MIN_VALUE) / min) / Math.log(max / min) : (x - min) / (max - min);
}

/** Round numbers, at most about `most`. */
export function ticks(scale: Scale, most: number): number[] {
  if (!(scale.max > scale.min)) return [scale.min];
  return scale.log ? decades(scale, most) : steps(scale, niceStep((scale.max - scale.min) / Math.max(1, most)));
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((nice) => nice * power >= rough * 0.999) ?? 10);
}

function steps({ min, max }: Scale, step: number): number[] {
  const found: number[] = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

function decades({ min, max }: Scale, most: number): number[] {
  const first = Math.ceil(Math.log10(min) - 1e-9);
  const last = Math.floor(Math.log10(max) + 1e-9);
  const step = Math.max(1, Math.ceil((last - first + 1) / Math.max(1, most)));
  const found: number[] = [];
  for (let power = first; power <= last; power += step) found.push(10 ** power);
  return found.length > 1 ? found : within({ min, max }, first - 1, last);
}

/** 1, 2 and 5 times powers of ten: for scales that reach over few of them. */
function within({ min, max }: Scale, first: number, last: number): number[] {
  const found: number[] = [];
  for (let power = first; power <= last; power++) for (const nice of [1, 2, 5]) found.push(Number((nice * 10 ** power).toPrecision(12)));
  return found.filter((at) => at >= min && at <= max);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [1, 2, 5, 10, 15, 30]
  .map((n) => n * SECOND)
  .concat(
    [1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
    [1, 2, 3, 6, 12].map((n) => n * HOUR),
    [1, 2, 7, 14, 28, 91, 182, 364].map((n) => n * DAY),
  );

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const seconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** Ticks of a time axis at round local times, and their words: midnight is said by its date. */
export function timeTicks({ min, max }: Scale, most: number): { at: number; text: string }[] {
  const rough = (max - min) / Math.max(1, most);
  const step = TIME_STEPS.find((one) => one >= rough) ?? TIME_STEPS.at(-1)! * Math.ceil(rough / TIME_STEPS.at(-1)!);
  const shift = new Date(min).getTimezoneOffset() * MINUTE;
  const format = step >= DAY ? day : step >= MINUTE ? clock : seconds;
  return steps({ min: min - shift, max: max - shift }, step).map((at) => ({ at: at + shift, text: (at % DAY === 0 ? day : format).format(at + shift) }));
}
