/** What REST shows of incidents: how they went, what was sent about them, and what silences them. */
import { Type } from '../core/schema.ts';
import { closed, labels, ms, nullable } from './schema-words.ts';

const IncidentState = Type.Enum(['Normal', 'Pending', 'Alerting', 'Recovering', 'NoData', 'Error']);

const incidentFields = {
  id: Type.String(),
  pipeline: Type.String(),
  group: labels,
  state: IncidentState,
  severity: Type.Enum(['info', 'warning', 'critical']),
  series: Type.Array(Type.String()),
  startedAt: ms('Event time of the beginning'),
  updatedAt: ms('Event time of the last change'),
  endedAt: nullable(ms('Event time of the end')),
  anomalies: Type.Number(),
  peak: nullable(
    Type.Object(
      {
        series: Type.String(),
        time: ms('Event time'),
        value: nullable(Type.Number()),
        score: nullable(Type.Number()),
        expected: nullable(Type.Number()),
        unit: Type.String(),
        contributions: Type.Optional(
          Type.Array(Type.Object({ column: Type.String(), value: nullable(Type.Number()), share: Type.Number() }, closed), {
            description: 'Of a row: the columns that had most of the score, the largest share (0 to 1) first',
          }),
        ),
      },
      { ...closed, description: 'Strongest verdict so far' },
    ),
  ),
  acknowledgedBy: nullable(Type.String()),
  silenced: Type.Boolean(),
  summary: Type.String(),
};

const Transition = Type.Object(
  { incident: Type.String(), sequence: Type.Number(), from: IncidentState, to: IncidentState, at: ms('Event time'), cause: Type.String() },
  closed,
);

const Delivery = Type.Object(
  {
    key: Type.String({ description: 'Idempotency key' }),
    kind: Type.Enum(['notice', 'action']),
    target: Type.String(),
    state: Type.Enum(['pending', 'delivered', 'failed', 'unknown']),
    attempts: Type.Number(),
    detail: Type.String(),
    createdAt: ms('When it was committed'),
    doneAt: nullable(ms('When it ended')),
  },
  { ...closed, description: 'A notice or an action, and how it ended' },
);

export const INCIDENT_SCHEMAS = {
  Incident: Type.Object(incidentFields, { ...closed, description: 'Anomalous verdicts that belong together' }),
  IncidentDetail: Type.Object(
    { ...incidentFields, transitions: Type.Array(Transition), notices: Type.Array(Delivery), actions: Type.Array(Delivery) },
    { ...closed, description: 'An incident with everything that belongs to it' },
  ),
  Delivery,
  Silence: Type.Object(
    { id: Type.String(), pipeline: Type.String(), matchers: labels, until: ms('End'), by: Type.String(), comment: Type.String() },
    { ...closed, description: 'No notices about incidents with these labels' },
  ),
};
