/** The configuration that plain \`homeostat demo\` (and \`npm start\`) runs: a bit of everything on one machine. */
export const tourDemo = `# What the demo runs. Copy it to a file of your own and change it: homeostat run FILE
history: { period: 1d, keep: 7d, max_size: 1GiB }

pipelines:
  # One service: normal, climbing, high and falling again within a minute.
  response-time:
    source: { simulate: { scenario: response-time, rate: 10/s, seed: 7 } }
    labels: { service: checkout }
    detect: { detector: { ema: { span: 60, min_spread: 1 } }, threshold: { sigma: { k: 4 } }, learn: never }
    incident: { open: 3 of 5, resolve_after: 5s, severity: critical }
    notify: [ { log: {} } ]

  # Temperature, humidity and sound of three machines, with spikes, drifts, stuck values and dropouts.
  sensors:
    source: { simulate: { scenario: sensors, rate: 18/s, seed: 3, sensors: { machines: 3, fault_chance: 0.3, fault_every: 1m } } }
    labels: { site: hall-2 }
    detect: { detector: { sma: { window: 60 } }, threshold: { sigma: { k: 5 } }, learn: never, adapt_after: 30s }
    incident: { open: 2 of 3, resolve_after: 20s, no_data: 30s, group_by: [ machine ] }
    notify: [ { log: {} } ]

  # Four hosts with a daily season; one row a second of what is said about each.
  cloud:
    source: { simulate: { scenario: cloud, rate: 20/s, seed: 5, cloud: { hosts: 4, incident_chance: 0.3, incident_every: 2m } } }
    detect: { detector: { ema: { span: 120, learn_cap: 4 } }, threshold: { sigma: { k: 5 } } }
    incident: { open: 3 of 5, resolve_after: 30s, group_by: [ host ] }
    notify: [ { log: {} } ]

  # The log of a distributed file system: lines become templates, lines of one block become a session, odd sessions are found.
  hdfs:
    source: { simulate: { scenario: hdfs, rate: 300/s, seed: 11, hdfs: { life: 20s, anomaly_chance: 0.004, drift_every: 5m } } }
    parse: {}
    session: { idle: 10s, close_after: 1m }
    judge: auto
    judging: { confirm_after: 10s, warm_up: 300, static_limit: 2 }
    incident: { resolve_after: 20s }
    notify: [ { log: {} } ]

  # The machine that this runs on.
  this-machine:
    source: { host: { interval: 1s } }
    detect: { detector: { ema: { span: 120, learn_cap: 4 } }, threshold: { sigma: { k: 6 } } }
    incident: { open: 3 of 5, resolve_after: 30s, severity: info }

  # Yours: push to it with curl.
  push:
    source: { http: {} }
    detect: { detector: { sma: { window: 20 } }, threshold: { sigma: { k: 3 } } }
    incident: { open: 1 of 1, resolve_after: 30s }
    notify: [ { log: {} } ]
`;
