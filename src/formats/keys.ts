/** How a series is named: `name`, or `name{a=b,c=d}` with its labels sorted. */

/** Key of a series from its name and labels. */
export function seriesKey(name: string, labels: Readonly<Record<string, string>>): string {
  const names = Object.keys(labels);
  if (names.length === 0) return name;
  names.sort();
  let key = `${name}{`;
  for (let i = 0; i < names.length; i++) key += `${i === 0 ? '' : ','}${names[i]}=${labels[names[i]]}`;
  return `${key}}`;
}

/** Unit written behind a name: `temperature [°C]`, `latency (ms)`; '' when there is none. */
export function unitIn(name: string): string {
  const match = /[([]([^()[\]]{1,16})[)\]]\s*$/.exec(name);
  return match === null ? '' : match[1].trim();
}
