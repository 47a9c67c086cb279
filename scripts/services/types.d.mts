export type ServiceKind = 'redis' | 'mqtt' | 'kafka' | 'cassandra' | 'prometheus' | 'alertmanager';

export interface ServiceUser {
  name: string;
  password: string;
  /**
   * What the user may do, in the server's own words; everything when absent. Redis: ACL rules (`~orders:*`, `+get`). MQTT: lines of an access file
   * (`topic read machines/#`). Cassandra: statements (`GRANT SELECT ON KEYSPACE k TO name`). Kafka has no use for it.
   */
  rules?: string[];
}

export interface ServiceOptions {
  /** Only TLS is spoken, with a certificate for `localhost` and `127.0.0.1` of an authority made for this server; `service.ca` is the path of its certificate. */
  tls?: boolean;
  /** Who may log in; nobody else can then. Kafka: by PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. Not for Prometheus and Alertmanager. */
  users?: ServiceUser[];
  /** Redis: `maxmemory` (512mb). MQTT: `memory_limit` in bytes. Kafka (512m) and Cassandra (1g): the heap. */
  memory?: string;
  /** Further lines of the server's configuration. Alertmanager: with a line `route:` it is the whole of it. */
  config?: string | string[];
  /** Where clients connect; a free one when absent. */
  port?: number;
  /** Cassandra: when a write is acknowledged; `batch` when absent. `periodic` may lose acknowledged writes. */
  commitlog?: 'batch' | 'group' | 'periodic';
  /** Prometheus and Alertmanager: further arguments of the command. */
  arguments?: string[];
  /** Kafka and Cassandra: the JVM compiles fully, which starts slower and reaches the throughput of a real deployment. For measurements. */
  fullSpeed?: boolean;
  /** Kafka and Cassandra: further flags of the JVM. */
  jvm?: string[];
  /** Told what takes long: a download. */
  say?: (text: string) => void;
}

/** Where a server answers. */
export interface Address {
  /** As a client of this kind takes it: a URL; `host:port` for Kafka and Cassandra. */
  url: string;
  host: string;
  port: number;
  /** All its ports, the one for clients first. */
  ports?: number[];
  /** Path of the certificate of its authority, when it speaks TLS. */
  ca?: string;
}

export interface Certificates {
  ca: string;
  cert: string;
  key: string;
  pkcs12: string;
  password: string;
}

export interface Instance {
  folder: string;
  ports: number[];
  options: ServiceOptions;
  tls: Certificates | undefined;
  say: (text: string) => void;
}

/** What has to be known of a kind of server to run it. */
export interface Kind {
  kind: ServiceKind;
  /** How many ports it needs; the first is the one for clients. */
  ports: number;
  /** How long it may take to answer, in ms. */
  patience: number;
  /** Programs that the machine must have. */
  needs: string[];
  /** Writes its configuration; answers how it is started. */
  prepare(instance: Instance): Promise<{ command: string; args: string[] }>;
  /** Resolves when it answers, rejects when it does not. */
  ask(server: { host: string; port: number; ports?: number[]; ca?: string | true; path?: string; patience?: number }): Promise<void>;
  /** Once, when it answers for the first time. */
  firstReady?(server: Address, options: ServiceOptions): Promise<void>;
  url(server: { host: string; port: number; ca?: string }): string;
  /** What tests and examples read from the environment. */
  settings(server: Address): Record<string, string>;
}
