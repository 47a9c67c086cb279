/** The configuration of `homeostat demo response-time`. */

/** `values` 0 never ends. */
export function responseTimeDemo(detector: string, rate: string, values: number): string {
  const options = detector === 'sma' ? '{ sma: { window: 20 } }' : '{ ema: { alpha: 0.1 } }';
  return `pipelines:
  response-time:
    source:
      simulate:
        scenario: response-time
        rate: ${rate}
        seed: 7
        count: ${values}
    detect:
      detector: ${options}
      threshold: { sigma: { k: 2 } }
    incident: { open: 3 of 5, resolve_after: 10s }
    notify: [ { log: {} } ]
`;
}
