/** What the system refuses, in words. */
import { HomeostatError, messageOf } from '../core/errors.ts';
import type { BadRow } from '../pipeline/detect.ts';
import { count } from './text.ts';

const READING: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no right to read it',
  EISDIR: 'it is a folder',
};

const WRITING: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is not there',
  ENOTDIR: 'its folder is a file',
  EACCES: 'no right to write there',
  EPERM: 'no right to write there',
  EROFS: 'that disk can only be read',
  EISDIR: 'it is a folder',
  ENOSPC: 'no room on the disk',
};

const wordsIn =
  (words: Readonly<Record<string, string>>) =>
  (thrown: unknown): string =>
    words[(thrown as NodeJS.ErrnoException).code ?? ''] ?? messageOf(thrown);

/** Why a file cannot be read. */
export const whyUnread = wordsIn(READING);
/** Why a file cannot be written. */
export const whyUnwritten = wordsIn(WRITING);

/** Of a file in which no row can be judged: none is there, or why the first does not fit. */
export function nothingIn(file: string, broken: number, [first]: readonly BadRow[]): HomeostatError {
  if (first === undefined) return new HomeostatError('INPUT_EMPTY', { file });
  return new HomeostatError('INPUT_UNREADABLE', { file, detail: `none of its ${count(broken, 'row')} fits; line ${first.line}: ${first.detail}` });
}
