/** What is about to be answered. */
import type { Says } from '../../../src/core/contracts.ts';

export interface Question {
  says: Says;
  of: { incident: string } | { pipeline: string; series: string; from: number; to: number };
  /** What it is about, as a sentence. */
  about: string;
}

export const TITLES: Record<Says, string> = { 'false-alarm': 'False alarm', missed: 'Missed' };
