import { describe, expect, it } from 'vitest';
import { cliReference } from './reference.ts';

describe('the reference of the command line', () => {
  const page = cliReference();

  it('has a section for every command, with its options', () => {
    for (const name of ['detect', 'demo', 'run', 'validate', 'init', 'doctor', 'ledger info', 'ledger check', 'ledger repair', 'ledger dead-letters']) {
      expect(page).toContain(`## homeostat ${name}\n`);
    }
    expect(page).toContain('| `--fail-on-anomaly` | exit code 3 when there is an anomaly |  |');
    expect(page).toContain('(sma, ema) | `sma` |');
  });

  it('says every exit code', () => {
    for (const code of [0, 1, 2, 3, 78]) expect(page).toMatch(new RegExp(`^\\| ${code} \\| \\S`, 'm'));
  });
});
