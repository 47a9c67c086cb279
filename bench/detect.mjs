/** The detect stage alone, one thread: batches of 32,000 events over 1,000 series, events in memory. */
import { EventBuilder, SeriesDictionary } from '../dist/core/events.js';
import { ema } from '../dist/detectors/ema.js';
import { sma } from '../dist/detectors/sma.js';
import { DetectStage } from '../dist/detectors/stage.js';
import { defaultComponent } from '../dist/pipeline/config/index.js';
import { registry } from '../dist/pipeline/registry.js';
import { Chain } from '../dist/runtime/chain.js';
import { sigma } from '../dist/thresholds/sigma.js';
import { million } from './support.mjs';

const SERIES = 1000;
const BATCH = 32_000;
const ROUNDS = 300;

function measure(detector) {
  const dictionary = new SeriesDictionary();
  for (let i = 0; i < SERIES; i++) dictionary.intern(`s${i}`);
  const detectorOptions = defaultComponent(registry, 'detector', detector.name).options;
  const stage = new DetectStage({
    detector,
    detectorOptions,
    threshold: sigma,
    thresholdOptions: { k: 3 },
    learn: 'always',
    adaptAfter: 600_000,
    width: 1,
    rollup: 60_000,
    config: 'bench',
  });
  const chain = new Chain([{ operator: stage, shape: 1, width: 1 }], dictionary, SERIES, () => undefined);
  const batch = new EventBuilder(dictionary, 1, BATCH);
  let seed = 1;
  let start = 1.7e12;
  const fill = () => {
    batch.reset();
    for (let i = 0; i < BATCH; i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      batch.add(i % SERIES, start + Math.floor(i / SERIES) * 1000, seed / 4e9, 0, i, 0);
    }
    start += (BATCH / SERIES) * 1000;
  };
  let verdicts = 0;
  let spent = 0;
  for (let round = -30; round < ROUNDS; round++) {
    fill();
    const began = performance.now();
    chain.process(batch, start, (said) => (verdicts += round < 0 ? 0 : said.length));
    if (round >= 0) spent += performance.now() - began;
  }
  return (verdicts / spent) * 1000;
}

export const benchmarks = [
  {
    id: 'detect-ema',
    what: 'detect stage alone, ema, 1,000 series, one core',
    target: '>= 10 M events/s',
    run: async () => ({ figure: `${million(measure(ema))} events/s` }),
  },
  {
    id: 'detect-sma',
    what: 'detect stage alone, sma (window 20), 1,000 series, one core',
    target: '',
    run: async () => ({ figure: `${million(measure(sma))} events/s` }),
  },
];
