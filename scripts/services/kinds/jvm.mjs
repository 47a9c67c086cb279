/**
 * Flags that say how much the JVM compiles. Only quickly unless `fullSpeed` is asked for: Kafka then starts with .6 and Cassandra with .65 of the processor
 * time, and reaches less throughput.
 */
export function compiler({ fullSpeed = false, jvm = [] }) {
  return [...(fullSpeed ? [] : ['-XX:TieredStopAtLevel=1']), ...jvm];
}
