/** Reads Homeostat for the screen: once by REST, then by its event stream, again and again when the connection breaks. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const URL_OF = process.env.HOMEOSTAT_URL || 'http://127.0.0.1:7070';
const TOKEN_FILE = process.env.HOMEOSTAT_TOKEN_FILE;
const headers = TOKEN_FILE ? { authorization: `Bearer ${readFileSync(TOKEN_FILE, 'utf8').trim()}` } : {};
const LONGEST_WAIT = 10_000;

export async function get(path, signal) {
  const answer = await fetch(`${URL_OF}/api/v1${path}`, { headers, signal });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
  return answer;
}

async function all(path, signal) {
  const items = [];
  for (let cursor; ;) {
    const page = await (await get(`${path}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`, signal)).json();
    items.push(...page.items);
    if (!page.next) return items;
    cursor = page.next;
  }
}

/** The events of a stream, as { type, … }. */
async function* eventsOf(body) {
  let waiting = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const frames = (waiting + text).split('\n\n');
    waiting = frames.pop();
    for (const frame of frames) {
      const data = frame.split('\n').filter((line) => line.startsWith('data:'));
      if (data.length > 0) yield JSON.parse(data.map((line) => line.slice(5)).join('\n'));
    }
  }
}

/** Keeps `machines` as Homeostat sees them until the signal; `connected(yes)` is told how the connection is. */
export async function follow(machines, connected, signal) {
  for (let wait = 500; !signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      const stream = await get('/stream?topics=series,incidents', signal);
      const anew = async () => {
        machines.incidentsAnew(await all('/incidents?open=true&limit=500', signal));
        machines.series(await all('/series?limit=1000', signal), Date.now());
      };
      await anew();
      connected(true);
      wait = 500;
      for await (const event of eventsOf(stream.body)) {
        if (event.type === 'series')
          machines.series(
            event.items.map((item) => ({ ...item, pipeline: event.pipeline })),
            Date.now(),
          );
        else if (event.type === 'incident') machines.incident(event.incident);
        else if (event.type === 'reset') await anew();
      }
    } catch (error) {
      if (signal.aborted) return;
      console.error(`Homeostat: ${error.cause?.message ?? error.message}`);
    }
    connected(false);
    await sleep(wait * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
  }
}
