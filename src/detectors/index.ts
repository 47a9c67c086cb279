/** Every detector there is. */
import type { DetectorDefinition } from '../core/schema.ts';
import { adwin } from './adwin.ts';
import { auto } from './auto/index.ts';
import { autoencoder } from './autoencoder.ts';
import { cusum } from './cusum.ts';
import { discord } from './discord.ts';
import { ema } from './ema.ts';
import { ensembleOf } from './ensemble.ts';
import { envelope } from './envelope/index.ts';
import { flatline } from './flatline.ts';
import { forecast } from './forecast.ts';
import { gap } from './gap.ts';
import { halfSpaceTrees } from './half-space-trees.ts';
import { isolationForest } from './isolation-forest.ts';
import { knn } from './knn.ts';
import { mahalanobis } from './mahalanobis.ts';
import { pageHinkley } from './page-hinkley.ts';
import { pca } from './pca.ts';
import { quantile } from './quantile.ts';
import { randomCutForest } from './random-cut-forest/index.ts';
import { robust } from './robust.ts';
import { seasonal } from './seasonal.ts';
import { sma } from './sma.ts';
import { value } from './value.ts';

export const detectors: readonly DetectorDefinition[] = [
  sma,
  ema,
  robust,
  quantile,
  seasonal,
  forecast,
  cusum,
  pageHinkley,
  adwin,
  flatline,
  gap,
  envelope,
  knn,
  halfSpaceTrees,
  isolationForest,
  randomCutForest,
  auto,
  discord,
  mahalanobis,
  pca,
  autoencoder,
  value,
  ensembleOf(() => detectors, ['seasonal', 'quantile', 'half-space-trees']),
];
