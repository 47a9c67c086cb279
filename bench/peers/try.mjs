/** Installs the peers and prints the speed of each on made rows: `node bench/peers/try.mjs [ROWS] [WIDTH]`. */
import { install, peers, run } from './index.mjs';

const [count = 5000, width = 8] = process.argv.slice(2).map(Number);
const rows = new Float64Array(count * width);
let state = 1;
for (let i = 0; i < rows.length; i++) {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  rows[i] = Math.sin(i / (40 + (i % width))) + state / 2 ** 32;
}
const why = await install();
const cases = [...Object.keys(peers).map((peer) => ({ peer })), { peer: 'river-hst', trees: 25, depth: 15 }];
for (const { peer, ...options } of cases) {
  // The compiler of the Java peers needs some 20,000 rows to warm up.
  for (let n = 0; n < 4 && why[peer] === undefined && peers[peer].in === 'java'; n++) await run(peer, rows, width, options).catch(() => {});
  const said = why[peer] ?? (await run(peer, rows, width, options).then(speed, (thrown) => thrown.message));
  console.log([peer, ...Object.entries(options).map((option) => option.join(' '))].join(', '), '|', peers[peer].what, '|', said);
}

function speed({ scores, seconds, version }) {
  return `${Math.round(scores.length / seconds)} rows/s, ${version}`;
}
