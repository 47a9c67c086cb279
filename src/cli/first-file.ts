/** The files that `homeostat init` writes: valid, runnable as they are, and explained line by line. */

const HEAD = `# Homeostat configuration. Check it with: homeostat validate homeostat.yaml --plan
# Durations are written 5s, sizes 64MiB, rates 100/s. \${NAME} and \${NAME:-default} come from the environment.

# Where state, history and journals are kept, relative to this file.
data: ./data

# The dashboard and REST. Beyond this machine (another host than 127.0.0.1) tokens are needed.
server:
  host: 127.0.0.1
  port: 7070

pipelines:
`;

const TAIL = `
    # How anomalies are found. Detectors: sma, ema. Thresholds: sigma (standard deviations), static.
    detect:
      detector: { ema: { span: 60 } }
      threshold: { sigma: { k: 4 } }
      # never: what is anomalous is not learnt.
      learn: always

    # When anomalies become an incident, and when it is over.
    incident:
      open: 3 of 5
      resolve_after: 30s
      severity: warning

    # Who is told. For others: { webhook: { url: https://…, secret_file: … } }
    notify:
      - log: {}
`;

const SOURCES: Readonly<Record<string, string>> = {
  host: `  # Processor, memory, disk and network of this machine.
  this-machine:
    source:
      host: { interval: 1s }
`,
  'response-time': `  # A simulated service whose response time climbs and falls.
  response-time:
    source:
      simulate: { scenario: response-time, rate: 10/s }
`,
  csv: `  # Rows of a file, and those that are added to it. The format finds out which column is which; name them to be sure:
  # format: { csv: { time: time, columns: [value] } }
  file:
    source:
      file: { path: data.csv, follow: true }
`,
  push: `  # Events that programs push:
  #   curl http://127.0.0.1:7070/api/v1/pipelines/push/events -H 'Content-Type: application/json' \\
  #     -d '[{ "time": "2026-01-01T00:00:00Z", "series": "berlin", "value": 12.5 }]'
  # They are acknowledged once they are on the disk.
  push:
    source:
      http: {}
`,
};

/** The text for one of host, response-time, csv, push. */
export function firstFile(scenario: string): string {
  return `${HEAD}${SOURCES[scenario]}${TAIL}`;
}
