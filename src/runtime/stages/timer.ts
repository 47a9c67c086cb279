/** Causes of events that a timer made. */

/** Partition of what no record caused: the offset is then the timer's event time, the place 0. */
export const TIMER_PARTITION = 0xffffffff;
