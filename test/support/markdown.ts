/** Fenced code blocks of a Markdown text, with the comments right before them that say how a test treats them. */

export interface Block {
  language: string;
  code: string;
  /** Line of the opening fence, from 1. */
  line: number;
  /** Name from `<!-- file: NAME -->`: the block is the content of this file. */
  file?: string;
  /** From `<!-- run -->`: each line is run by a shell. */
  run: boolean;
  /** Reason from `<!-- not run: WHY -->`. */
  notRun?: string;
}

const MARK = /^<!-- (?:(file): (.+)|(run)|(not run): (.+)) -->$/;

export function blocksOf(text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let marks: Pick<Block, 'file' | 'run' | 'notRun'> = { run: false };
  for (let i = 0; i < lines.length; i++) {
    const mark = MARK.exec(lines[i]);
    if (mark?.[1]) marks.file = mark[2];
    else if (mark?.[3]) marks.run = true;
    else if (mark?.[4]) marks.notRun = mark[5];
    else if (lines[i].startsWith('```')) {
      const end = lines.indexOf('```', i + 1);
      blocks.push({ language: lines[i].slice(3).trim(), code: `${lines.slice(i + 1, end).join('\n')}\n`, line: i + 1, ...marks });
      i = end;
      marks = { run: false };
    } else if (lines[i].trim() !== '') marks = { run: false };
  }
  return blocks;
}
