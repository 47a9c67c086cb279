/** What people say of templates, done to a miner. */
import type { TemplateEdit } from '../../core/contracts/logs.ts';
import type { Miner } from './miner.ts';
import { ANYTHING, IGNORED, PART, PINNED } from './patterns.ts';
import { WILD } from './words.ts';

/** Longest name of a template, in characters. */
const LONGEST_NAME = 200;
/** Parts that one template is split into. */
const MOST_PARTS = 64;

export function editTemplates(miner: Miner, edit: TemplateEdit): boolean {
  switch (edit.do) {
    case 'name':
      return setName(miner, edit.template, edit.name);
    case 'pin':
      return setFlag(miner, edit.template, PINNED, edit.pinned);
    case 'ignore':
      return setFlag(miner, edit.template, IGNORED, edit.ignored);
    case 'merge':
      return merge(miner, edit.templates, edit.into);
    case 'split':
      return split(miner, edit.template, edit.word, edit.values);
  }
}

/** Slots of a template as it stands now, its own first. */
function slotsOf(miner: Miner, id: number): number[] {
  return miner.patterns.slotsOf(miner.resolve(id));
}

function setName(miner: Miner, id: number, name: string): boolean {
  const { patterns } = miner;
  const slot = slotsOf(miner, id)[0];
  if (slot === undefined) return false;
  patterns.name[slot] = name.slice(0, LONGEST_NAME);
  patterns.touch(slot);
  return true;
}

function setFlag(miner: Miner, id: number, flag: number, on: boolean): boolean {
  const { patterns } = miner;
  const slots = slotsOf(miner, id);
  if (flag === PINNED && slots.some((slot) => slot === ANYTHING || (!on && isHeld(miner, slot)))) return false;
  for (const slot of slots) {
    patterns.flags[slot] = on ? patterns.flags[slot] | flag : patterns.flags[slot] & ~flag;
    patterns.touch(slot);
  }
  return slots.length > 0;
}

/** True of what a split rests on. */
function isHeld({ patterns }: Miner, slot: number): boolean {
  return patterns.splits.has(slot) || (patterns.flags[slot] & PART) !== 0;
}

function merge(miner: Miner, templates: readonly number[], into: number): boolean {
  const { patterns } = miner;
  const target = miner.resolve(into);
  const first = patterns.slotsOf(target)[0];
  if (first === undefined || first === ANYTHING) return false;
  let done = false;
  for (const id of templates) {
    const slots = slotsOf(miner, id);
    if (slots.length === 0 || slots[0] === ANYTHING || miner.resolve(id) === target) continue;
    for (const slot of slots) {
      patterns.name[slot] = '';
      patterns.flags[slot] = (patterns.flags[slot] & ~IGNORED) | (patterns.flags[first] & (IGNORED | PINNED));
    }
    miner.alias(miner.resolve(id), target);
    done = true;
  }
  return done;
}

function split(miner: Miner, id: number, word: number, values: readonly string[]): boolean {
  const { patterns } = miner;
  const slot = slotsOf(miner, id)[0];
  const chunk = slot === undefined ? undefined : patterns.text[slot].split(' ')[word];
  if (slot === undefined || slot === ANYTHING || chunk === undefined || !chunk.includes(WILD)) return false;
  const splits = patterns.splits.get(slot) ?? [];
  for (const text of values) {
    const value = Buffer.from(text, 'utf8').toString('latin1');
    if (value === '' || splits.length >= MOST_PARTS || splits.some((known) => known.word === word && known.value === value)) continue;
    const part = miner.addPart(
      patterns.text[slot]
        .split(' ')
        .with(
          word,
          chunk.replace(WILD, () => value),
        )
        .join(' '),
    );
    if (part < 0) break;
    splits.push({ word, value, slot: part });
  }
  if (splits.length === 0) return false;
  patterns.splits.set(slot, splits);
  patterns.flags[slot] |= PINNED;
  patterns.touch(slot);
  return true;
}
