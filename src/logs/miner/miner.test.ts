import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { LineCache } from './line-cache.ts';
import { bytesOf, copyOf, dice, mixedLines, said, saidAll, wordOf } from './miner.fixture.ts';
import { Miner } from './miner.ts';
import { ANYTHING } from './patterns.ts';
import { messageText, signatureOf } from './signature.ts';
import { hashMessage } from './words.ts';

function textOf(miner: Miner, id: number): string | undefined {
  return miner.template(id)?.text;
}

function signature(line: string): string {
  return signatureOf(line);
}

describe('a signature', () => {
  test.each([
    ['Receiving block blk_-16 src: /10.2.1.9:5106 dest: /10.2.1.9:50010', 'Receiving block <*> src: <*> dest: <*>'],
    ['took 12.5 ms, 3 of 4 done.', 'took <*>, <*> of <*> done.'],
    ['uid=0 tty= name="a b" list=[a, (b c)] rest', 'uid=<*> tty= name=<*> list=<*> rest'],
    ['quote="never closed and on', 'quote=<*> closed and on'],
    ['at Sat Jun 11 03:28:22 from () by (x)', 'at <*> from (<*>) by (x)'],
    ['connect to db:5432 and true', 'connect to db:<*> and <*>'],
    ['a: 1, a: 2, a: 3 end', 'a: <*>, a: <*> end'],
    ['read ~/x and ./y of /var/log/messages', 'read <*> and <*> of <*>'],
    ['fill......7', 'fill..<*>'],
    ['first line\n  at second', 'first line <*>'],
    ['   spaced   out\tline  ', 'spaced out line'],
    ['', ''],
  ])('of %j is %j', (line, expected) => {
    expect(signature(line)).toBe(expected);
  });

  test('is the same for lines with the same hash, and most lines that differ in numbers share the hash', () => {
    const out = { high: 0, low: 0 };
    const encoder = new TextEncoder();
    const known = new Map<string, string>();
    const piece = fc.constantFrom(
      'a',
      'bc',
      '1',
      '27',
      '.',
      '..',
      ' ',
      '  ',
      '\t',
      '=',
      ':',
      ',',
      '(',
      ')',
      '[',
      ']',
      '"',
      "'",
      '/',
      '-',
      '\n',
      'true',
      'Mon',
      'ü',
      'ms',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const bytes = encoder.encode(pieces.join(''));
        hashMessage(bytes, 0, bytes.length, out);
        const key = `${out.high} ${out.low}`;
        const text = signatureOf(messageText(bytes, 0, bytes.length));
        expect(known.get(key) ?? text).toBe(text);
        known.set(key, text);
      }),
      { numRuns: 20_000, seed: 3 },
    );
    const hashOf = (line: string): string => {
      const bytes = encoder.encode(line);
      hashMessage(bytes, 0, bytes.length, out);
      return `${out.high} ${out.low}`;
    };
    expect(hashOf('block blk_12 at 10.0.0.1:80 done')).toBe(hashOf('block blk_-98765 at 172.16.0.12:8080 done'));
    expect(hashOf('block blk_12 at host')).not.toBe(hashOf('block blk_12 at hosts'));
  });

  test('reads no further than a bound, and bytes beyond the message change nothing', () => {
    const long = 'word '.repeat(1000);
    expect(signature(messageText(new TextEncoder().encode(long), 0, long.length)).length).toBeLessThan(2100);
    const miner = new Miner();
    expect(said(miner, `${long}a`)).toBe(said(miner, `${long}b`));
  });
});

describe('a miner', () => {
  test('gives lines that differ in values one template, and says which are new', () => {
    const miner = new Miner();
    expect(said(miner, 'disk sda1 is 91% full')).toBe(1);
    expect(miner.lastIsNew).toBe(true);
    expect(said(miner, 'disk sdb2 is 7% full')).toBe(1);
    expect(miner.lastIsNew).toBe(false);
    expect(said(miner, 'disk is gone')).toBe(2);
    expect(textOf(miner, 1)).toBe('disk <*> is <*> full');
  });

  test('takes words for values once five variants came, names of users at the second; ids given before stay valid', () => {
    const miner = new Miner();
    const given = saidAll(
      miner,
      ['red', 'green', 'blue', 'black', 'white', 'pink'].map((colour) => `the ${colour} lamp is on`),
    );
    expect(given).toEqual([1, 2, 3, 4, 1, 1]);
    expect(given.map((id) => miner.resolve(id))).toEqual([1, 1, 1, 1, 1, 1]);
    expect(textOf(miner, 3)).toBe('the <*> lamp is on');
    const users = saidAll(miner, ['access by user alice granted', 'access by user bob granted']);
    expect(users.map((id) => miner.resolve(id))).toEqual([users[0], users[0]]);
    expect(miner.lastIsNew).toBe(false);
    // The id of a variant that was merged at once was given to nobody, so it is not wasted.
    expect(said(miner, 'something else')).toBe(users[0] + 1);
  });

  test('keeps bytes that are no UTF-8 apart, and shows text as UTF-8', () => {
    const miner = new Miner();
    const line = (byte: number): Uint8Array => Uint8Array.of(0x61, 0x20, byte, 0x20, 0x62);
    const a = miner.match(line(0xff), 0, 5);
    const b = miner.match(line(0xfe), 0, 5);
    expect(a).not.toBe(b);
    expect(textOf(miner, said(miner, 'größe zählt'))).toBe('größe zählt');
  });

  test('takes values out of lines, with their types', () => {
    const miner = new Miner();
    const line = 'user 77 of 10.1.2.3:80 read /var/log/x in 1.5 s (0xfe12, 4f9a-1) id 8f14e45f-ceea-467f-9a0b-8f2f3c3d1f10 at 12:30:01';
    const bytes = new TextEncoder().encode(line);
    const id = miner.match(bytes, 0, bytes.length);
    expect(miner.parameters(id, bytes, 0, bytes.length)).toEqual([
      { type: 'integer', value: '77' },
      { type: 'ip', value: '10.1.2.3:80' },
      { type: 'path', value: '/var/log/x' },
      { type: 'text', value: '1.5 s' },
      { type: 'hex', value: '0xfe12' },
      { type: 'identifier', value: '4f9a-1' },
      { type: 'uuid', value: '8f14e45f-ceea-467f-9a0b-8f2f3c3d1f10' },
      { type: 'time', value: '12:30:01' },
    ]);
  });

  test('says the same after a snapshot at every tenth line, and whatever its cache holds', () => {
    const lines = mixedLines(1500);
    const options = { maxTemplates: 40, forgetAfter: 100 };
    const whole = new Miner(options);
    const expected = lines.map((line) => [said(whole, line), whole.slot, whole.lastIsNew]);
    let miner = new Miner(options);
    const got = lines.map((line, i) => {
      if (i % 10 === 0) miner = copyOf(miner, options);
      return [said(miner, line), miner.slot, miner.lastIsNew];
    });
    expect(got).toEqual(expected);
    expect(Buffer.compare(bytesOf(miner), bytesOf(whole))).toBe(0);
    expect(whole.resolve(expected[0][0] as number)).toBe(miner.resolve(expected[0][0] as number));
  });

  test('an id once given stands for one template from then on, however much is merged', () => {
    const miner = new Miner();
    const given = mixedLines(3000, 5).map((line) => ({ line, id: said(miner, line) }));
    for (const { line, id } of given) expect(miner.resolve(said(miner, line))).toBe(miner.resolve(id));
    expect(miner.templates().length).toBeLessThan(200);
  });

  test('with no room left, lines without a template count as anything until the oldest may be forgotten', () => {
    const miner = new Miner({ maxTemplates: 50, forgetAfter: 1000 });
    const roll = dice(9);
    const ids: number[] = [];
    for (let i = 0; i < 6000; i++) {
      ids.push(said(miner, `${wordOf(roll(1e9))} ${wordOf(roll(1e9))} ${wordOf(roll(1e9))}`));
      said(miner, 'still alive');
      expect(miner.patterns.live).toBeLessThanOrEqual(51);
    }
    expect(ids.filter((id) => id === ANYTHING).length).toBeGreaterThan(5000);
    // Room comes again, and ids are never used twice.
    expect(Math.max(...ids)).toBeGreaterThan(60);
    const own = ids.filter((id) => id !== ANYTHING);
    expect(new Set(own).size).toBe(own.length);
    expect(textOf(miner, said(miner, 'still alive'))).toBe('still alive');
    expect(textOf(miner, ANYTHING)).toBe('<*>');
  });

  test('a hundred thousand lines of random words leave no more behind than the bounds allow', () => {
    const miner = new Miner({ maxTemplates: 1000, forgetAfter: 5000 });
    const roll = dice(4);
    for (let i = 0; i < 100_000; i++) said(miner, Array.from({ length: 4 }, () => wordOf(roll(1e9))).join(' '));
    expect(miner.patterns.live).toBeLessThanOrEqual(1001);
    expect(miner.patterns.size).toBeLessThanOrEqual(1001);
    expect(miner.patterns.textBytes).toBeLessThanOrEqual(512_000);
    expect(bytesOf(miner).length).toBeLessThan(200_000);
  });

  test('long texts are bounded as well', () => {
    const miner = new Miner({ maxTemplates: 100, forgetAfter: 1e9 });
    for (let i = 0; i < 200; i++) said(miner, `${wordOf(i)} ${`${wordOf(i * 7)} `.repeat(300)}`);
    expect(miner.patterns.textBytes).toBeLessThanOrEqual(51_200);
    expect(miner.patterns.live).toBeLessThan(50);
  });
});

describe('what people say of templates', () => {
  const lamps = (miner: Miner, colours: string): number[] =>
    saidAll(
      miner,
      colours.split(' ').map((colour) => `the ${colour} lamp is on`),
    );

  test('a pinned or ignored template is not merged, generalised or forgotten', () => {
    const miner = new Miner({ maxTemplates: 16, forgetAfter: 10 });
    const [red, green] = lamps(miner, 'red green');
    expect(miner.edit({ do: 'pin', template: red, pinned: true })).toBe(true);
    expect(miner.edit({ do: 'ignore', template: green, ignored: true })).toBe(true);
    lamps(miner, 'blue black white pink grey');
    for (let i = 0; i < 200; i++) said(miner, `${wordOf(i)} ${wordOf(i * 3)}`);
    const restored = copyOf(miner);
    expect(lamps(restored, 'red green')).toEqual([red, green]);
    expect(restored.ignores(restored.slot)).toBe(true);
    expect(restored.template(red)).toMatchObject({ text: 'the red lamp is on', pinned: true, ignored: false });
    expect(restored.template(green)).toMatchObject({ ignored: true });
    expect(restored.edit({ do: 'ignore', template: green, ignored: false })).toBe(true);
    expect(restored.template(green)).toMatchObject({ ignored: false });
  });

  test('a name stays with the template, through merges and restarts', () => {
    const miner = new Miner();
    const [red, green] = lamps(miner, 'red green');
    miner.edit({ do: 'name', template: green, name: 'lamps' });
    lamps(miner, 'blue black white');
    expect(copyOf(miner).template(green)).toMatchObject({ id: red, name: 'lamps', text: 'the <*> lamp is on' });
    expect(miner.edit({ do: 'name', template: 999, name: 'nobody' })).toBe(false);
  });

  test('lines of merged templates count as one, whatever they look like', () => {
    const miner = new Miner();
    const [up, down] = saidAll(miner, ['link went up', 'the network is unreachable now']);
    expect(miner.edit({ do: 'merge', templates: [down], into: up })).toBe(true);
    const restored = copyOf(miner);
    expect(saidAll(restored, ['link went up', 'the network is unreachable now'])).toEqual([up, up]);
    expect(restored.resolve(down)).toBe(up);
    expect(restored.template(down)?.text).toBe('link went up');
    expect(restored.templates().map(({ id }) => id)).toEqual([ANYTHING, up]);
    expect(miner.edit({ do: 'merge', templates: [up], into: up })).toBe(false);
    expect(miner.edit({ do: 'merge', templates: [up], into: ANYTHING })).toBe(false);
  });

  test('lines of a split template get templates of their own by the value, even of a number', () => {
    const miner = new Miner();
    const id = said(miner, 'answered with status 200 to client 7');
    expect(miner.edit({ do: 'split', template: id, word: 3, values: ['500', '404'] })).toBe(true);
    const restored = copyOf(miner);
    const ids = saidAll(
      restored,
      ['200', '500', '404', '500', '301'].map((status) => `answered with status ${status} to client 7`),
    );
    expect(ids).toEqual([id, id + 1, id + 2, id + 1, id]);
    expect(textOf(restored, id + 1)).toBe('answered with status 500 to client <*>');
    expect(miner.edit({ do: 'split', template: id, word: 0, values: ['answered'] })).toBe(false);
    expect(miner.edit({ do: 'pin', template: id, pinned: false })).toBe(false);
  });

  test('an edit takes effect on lines that the cache knows', () => {
    const miner = new Miner();
    const lines = ['job 1 of queue mail is done', 'job 2 of queue mail is done'];
    const [first] = saidAll(miner, lines);
    const other = said(miner, 'all is done');
    miner.edit({ do: 'merge', templates: [first], into: other });
    expect(saidAll(miner, lines)).toEqual([other, other]);
  });
});

test('the cache forgets when it is full, never lies, and can be emptied', () => {
  const cache = new LineCache();
  for (let i = 0; i < 300_000; i++) cache.put(Math.imul(i, 0x9e3779b1) >>> 0, i, i % 1000);
  let found = 0;
  for (let i = 0; i < 300_000; i++) {
    const slot = cache.find(Math.imul(i, 0x9e3779b1) >>> 0, i);
    if (slot >= 0) {
      expect(slot).toBe(i % 1000);
      found++;
    }
  }
  expect(found).toBeGreaterThan(30_000);
  cache.clear();
  expect(cache.find(0, 0)).toBe(-1);
});
