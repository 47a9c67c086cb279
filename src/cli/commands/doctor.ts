/** `homeostat doctor`: what this machine offers, and what to do where that is not enough. */
import { resolve } from 'node:path';
import { checks, type Finding } from '../doctor/checks.ts';
import { EXIT } from '../exit.ts';
import { coloursFor } from '../terminal.ts';

/** Answers the exit code: 1 where a check failed; a warning is no failure. */
export async function doctor(options: { data: string; port: number; json?: boolean }): Promise<number> {
  const findings: Finding[] = [];
  const { green, yellow, red, dim } = coloursFor(process.stdout, process.env);
  const paint = { ok: green, warn: yellow, fail: red };
  for (const check of checks({ data: resolve(options.data), port: options.port })) {
    const finding = await check();
    findings.push(finding);
    if (options.json) continue;
    const mend = finding.mend === '' ? '' : `\n      ${dim('→')} ${finding.mend}`;
    process.stdout.write(`${paint[finding.state](finding.state.padEnd(4))}  ${finding.what.padEnd(12)} ${finding.detail}${mend}\n`);
  }
  const failed = findings.some(({ state }) => state === 'fail');
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: !failed, checks: findings })}\n`);
  return failed ? EXIT.failed : EXIT.ok;
}
