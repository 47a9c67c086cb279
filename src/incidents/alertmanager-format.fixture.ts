/** What Alertmanager's API asks of posted alerts (api/v2/openapi.yaml: postableAlerts), as a check. */

type Value = Record<string, unknown>;

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Everything that is wrong with a body; empty where Alertmanager would take it. */
export function alertProblems(body: string): string[] {
  let alerts: unknown;
  try {
    alerts = JSON.parse(body);
  } catch {
    return ['not JSON'];
  }
  return Array.isArray(alerts) && alerts.length > 0 ? (alerts as Value[]).flatMap(problemsOf) : ['not a list of alerts'];
}

function problemsOf({ labels, annotations, startsAt, endsAt, generatorURL, ...rest }: Value): string[] {
  const problems = [...setProblems('labels', labels, true), ...setProblems('annotations', annotations, false)];
  for (const [name, time] of Object.entries({ startsAt, endsAt })) if (typeof time !== 'string' || !TIME.test(time)) problems.push(`${name} is no date-time`);
  if (Date.parse(String(startsAt)) > Date.parse(String(endsAt))) problems.push('start time must be before end time');
  if (generatorURL !== undefined && !URL.canParse(String(generatorURL))) problems.push('generatorURL is no URI');
  return [...problems, ...Object.keys(rest).map((name) => `unknown field ${name}`)];
}

function setProblems(what: string, set: unknown, isNeeded: boolean): string[] {
  const entries = Object.entries((set ?? {}) as Value);
  if (isNeeded && entries.length === 0) return [`${what}: at least one is needed`];
  return entries.flatMap(([name, value]) => [
    ...(/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? [] : [`${what}: the name ${name}`]),
    ...(typeof value === 'string' ? [] : [`${what}: ${name} is no text`]),
  ]);
}
