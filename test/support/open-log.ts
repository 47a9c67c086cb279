/** A log at whose end very many sessions are open, and a pipeline over it. */
const BEGIN = Date.UTC(2026, 0, 5, 10);

/** Two lines of each of so many blocks, all within minutes; of one in a thousand the second one is another. */
export function openLog(sessions: number): string {
  const lines: string[] = [];
  for (let k = 0; k < 2; k++) {
    for (let i = 0; i < sessions; i++) {
      const time = new Date(BEGIN + k * 60_000 + i).toISOString();
      const said = k === 0 ? 'Receiving block' : i % 1000 === 999 ? 'Lost sight of block' : 'Received block';
      lines.push(`${time} INFO ${said} blk_${7_000_000 + i}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Commits as rarely as can be, so that nearly all of them are those of the end. */
export const OPEN_YAML = `data: ./data
pipelines:
  p:
    source: { file: { path: app.log } }
    parse: {}
    session: { by: 'blk_\\d+', idle: 1h }
    judging: { confirm_after: 5m, warm_up: 60 }
    store: all
    checkpoint: { min_interval: 1h, max_interval: 1h }
    restart: { backoff: 1ms, max_backoff: 1ms, attempts: 1000 }
`;
