/** Prometheus: a source that scrapes targets, and one that asks a server for what a query was over time. */
import { addressProblem } from '../../core/address.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { definePushSource, defineSource } from '../../core/schema.ts';
import { tlsProblem } from '../../core/tls.ts';
import { withoutUser } from './get.ts';
import { scrapeOptions } from './options.ts';
import { promqlOptions, PromqlSource, rangeOf } from './promql.ts';
import { OPENMETRICS, Scraper, scrapeOnce, TEXT, wantedOf } from './scraper.ts';

/** Targets that `validate --live` looks at. */
const MOST_TRIED = 10;

export const prometheus = definePushSource({
  name: 'prometheus',
  summary: 'Scrapes targets (Prometheus text and OpenMetrics) at an interval, with `up` per target; kept in a journal, a failed scrape is a counted gap.',
  options: scrapeOptions,
  sample: { targets: ['http://127.0.0.1:9100/metrics'], job: 'node', metrics: ['node_load1', 'node_memory_.*'] },
  delivers: 'journal',
  format: 'prometheus',
  formats: { [TEXT]: 'prometheus', [OPENMETRICS]: 'prometheus' },
  listen(options, context) {
    return new Scraper(options, context);
  },
  check({ targets, tls }) {
    return addressProblem('targets', targets) ?? tlsProblem(tls, targets);
  },
  async reach(options) {
    const wanted = wantedOf(options);
    const signal = new AbortController().signal;
    const tried = options.targets.slice(0, MOST_TRIED);
    const found = await Promise.all(
      tried.map(async (url) => {
        try {
          return (await scrapeOnce(url, options, wanted, signal)).samples;
        } catch (thrown) {
          throw new HomeostatError('SOURCE_UNREACHABLE', { source: 'prometheus', detail: `${withoutUser(url)}: ${messageOf(thrown)}` }, thrown);
        }
      }),
    );
    const samples = found.reduce((sum, count) => sum + count, 0);
    const says = `${tried.length} of ${options.targets.length} targets answer with ${samples} samples`;
    return samples > 0 ? says : { found: says, warning: 'nothing is left of what they expose: see the option metrics' };
  },
});

export const promql = defineSource({
  name: 'promql',
  summary: 'Asks a server with the API of Prometheus for a query over time: reads what was, then follows; reading again gives the same.',
  options: promqlOptions,
  sample: { url: 'http://127.0.0.1:9090', query: 'rate(http_requests_total[1m])', name: 'requests_per_second', step: '15s', from: '1d' },
  delivers: 'events',
  create(options, context) {
    return new PromqlSource(options, context);
  },
  check({ url, tls }) {
    return addressProblem('url', [url]) ?? tlsProblem(tls, [url]);
  },
  async reach(options) {
    try {
      const now = Math.floor(Date.now() / options.step) * options.step;
      const series = await rangeOf(options, now - options.step, now, new AbortController().signal);
      const says = `${withoutUser(options.url)} answers the query with ${series.length} series`;
      return series.length > 0 ? says : { found: says, warning: 'the query has no series just now' };
    } catch (thrown) {
      if (thrown instanceof HomeostatError) throw thrown;
      throw new HomeostatError('SOURCE_UNREACHABLE', { source: 'promql', detail: `${withoutUser(options.url)}: ${messageOf(thrown)}` }, thrown);
    }
  },
});
