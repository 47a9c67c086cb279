import { describe, it } from 'vitest';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import { sigma } from '../thresholds/sigma.ts';
import { detectorChecks, operatorChecks } from '../testing/index.ts';
import { sampleOptions } from '../testing/options.ts';
import { detectors } from './index.ts';
import { DetectStage } from './stage.ts';

describe('every detector', () => {
  for (const check of detectorChecks(detectors)) it(check.name, check.run);
});

describe('the detect stage, as every operator', () => {
  const dictionary = () => {
    const all = new SeriesDictionary();
    for (const key of ['a', 'b', 'c']) all.intern(key);
    return all;
  };
  const input = new EventBuilder(dictionary());
  for (let i = 0; i < 200; i++) input.add((i * i) % 3, i * 100, i % 50 === 49 ? 1000 : (i * 37) % 11, 0, i, 0);
  for (const detector of detectors) {
    const make = () =>
      new DetectStage({
        detector,
        detectorOptions: sampleOptions(detector, detectors),
        threshold: sigma,
        thresholdOptions: { k: 3 },
        learn: 'never',
        learnOneIn: 10,
        adaptAfter: 600_000,
        width: 1,
        rollup: 1000,
        config: '',
      });
    for (const check of operatorChecks({ name: detector.name, make, dictionary, input, width: 1 })) it(check.name, check.run);
  }
});
