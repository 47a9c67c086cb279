/** Further lines of a configuration, given as text or as a list. */
export function linesOf(config) {
  if (config === undefined) return [];
  return Array.isArray(config) ? config : config.split('\n');
}
