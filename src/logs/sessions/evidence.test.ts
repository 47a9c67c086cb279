import { describe, expect, it } from 'vitest';
import { evidenceOf, type EvidenceLine } from './evidence.ts';

/** Sessions of `steps` lines that overlap by twos and threes; `text` writes line `step` of session `n`. */
function sessions(count: number, steps: number, text: (n: number, step: number) => string): EvidenceLine[] {
  const lines: { at: number; line: EvidenceLine }[] = [];
  for (let n = 0; n < count; n++) {
    for (let step = 0; step < steps; step++) lines.push({ at: n * 10 + step * 7 + ((n * step) % 3), line: { text: text(n, step), template: step } });
  }
  return lines.sort((a, b) => a.at - b.at).map(({ line }) => line);
}

function hex(n: number, length: number): string {
  return (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, 'a').repeat(4).slice(0, length);
}

function uuid(n: number): string {
  const digits = hex(n, 32);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20, 32)}`;
}

function best(lines: readonly EvidenceLine[]): string | undefined {
  const [first] = evidenceOf(lines);
  return first?.merit > 0 ? first.pattern : undefined;
}

describe('identifiers that are found by themselves', () => {
  it('are block ids of HDFS', () => {
    const lines = sessions(
      60,
      6,
      (n, step) =>
        `081109 2036${10 + step} 1${n % 20} INFO dfs.DataNode$PacketResponder: PacketResponder ${step % 3} for block blk_${n % 2 === 0 ? '-' : ''}16089996${n}91 of size 67108864 from /10.251.1.${n % 7}:50010`,
    );
    expect(best(lines)).toBe('\\bblk_-?\\d+');
  });

  it('are request ids of OpenStack, not its users and servers', () => {
    const lines = sessions(
      60,
      5,
      (n, step) =>
        `nova-api.log 2017-05-16 00:00:0${step}.272 25746 INFO nova.osapi [req-${uuid(n)} 113d3a99c3da401fbd62cc2caa5b96d2 54fadb412c4e40cdbaed9335e4c35a9e - - -] 10.11.10.1 status: 200 len: ${1893 + step}`,
    );
    expect(best(lines)).toBe('\\breq-[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}');
  });

  it('are containers of Hadoop, with the whole of their numbers', () => {
    const lines = sessions(
      60,
      6,
      (n, step) =>
        `2015-10-18 18:01:47,97${step} INFO [AsyncDispatcher event handler] org.apache.hadoop.Impl: step ${step} of container_1445144423722_0020_01_0000${10 + n} on host minint-75dgdam1`,
    );
    expect(best(lines)).toBe('\\bcontainer_[\\w-]+');
  });

  it('are traces of JSON lines, threads in brackets and values behind a name', () => {
    expect(best(sessions(60, 5, (n, step) => `{"level":"info","traceId":"${hex(n, 32)}","msg":"step ${step}"}`))).toBe('\\btraceId":"([0-9a-f]+)');
    expect(best(sessions(60, 5, (n, step) => `Jun 14 15:16:01 combo sshd(pam_unix)[${19_000 + n}]: step ${step} uid=0`))).toBe('\\[(\\d+)\\]');
    expect(best(sessions(60, 5, (n, step) => `step ${step} order=A${n * 7}Z done`))).toBe('\\border=(\\w+)');
  });

  it('are connections behind a mark, numbers right behind letters, pairs of long numbers, and numbers behind a word of any language', () => {
    expect(best(sessions(60, 5, (n, step) => `2026/11/22 05:55:31 [error] 31#31: *${500_000 + n} step ${step}, client: 10.0.0.${n % 9}`))).toBe('\\*(\\d+)');
    expect(best(sessions(60, 5, (n, step) => `Order #${4000 + n}: step ${step}`))).toBe('#(\\d+)');
    expect(best(sessions(60, 5, (n, step) => `订单号:SO${20_261_122 + n},第${step}步`))).toBe('\\bSO\\d+');
    expect(best(sessions(60, 5, (n, step) => `шаг ${step} заказ ${41_000 + n}`))).toBe('заказ (\\d+)');
  });

  it('are traces rather than the threads that stand in brackets as well', () => {
    const text = (n: number, step: number): string => `INFO [exec-${n % 10}] [${hex(n, 32)}-${hex(n, 16)}] step ${step}`;
    expect(best(sessions(60, 5, text))).toBe('\\b[0-9a-fA-F]{32}-[0-9a-fA-F]{16}');
  });

  it('are not hosts, ports, paths, times, days, numbers, constants, or what stands in one line each', () => {
    const not = (text: (n: number, step: number) => string): void => expect(best(sessions(60, 5, text))).toBeUndefined();
    not((n, step) => `10.0.0.${n}:${50_000 + n} /var/log/app-${n}/x 10:${n}:0${step} done`);
    not((n, step) => `Jul ${n} node-${(n * 7 + step) % 9} up`);
    not((n, step) => `took ${n * 31 + step * 977} ms, size ${(n * 7919 + step * 104_729) % 5003}`);
    not((_n, step) => `app_1 step ${step}`);
    not((n, step) => `row_${n * 5 + step} written`);
    expect(evidenceOf([])).toEqual([]);
  });

  it('are bounded in number', () => {
    const lines = Array.from({ length: 400 }, (_, i): EvidenceLine => ({
      text: Array.from({ length: 20 }, (_, k) => `${'abcdefghij'[i % 10]}${'klmnopqrst'[k % 10]}${i}${k}_${i}`).join(' '),
      template: 0,
    }));
    expect(evidenceOf(lines).length).toBeLessThanOrEqual(512);
  });
});
