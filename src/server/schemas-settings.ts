/** What REST shows of settings. */
import { Type } from '../core/schema.ts';
import { closed } from './schema-words.ts';

const any = (description: string) => Type.Unknown({ description });
const schema = Type.Record(Type.String(), Type.Unknown(), { description: 'JSON Schema of the value as it is written in the file' });
const hash = (description = 'Configuration hash') => Type.String({ description });
const diff = Type.String({ description: 'Unified diff of the configuration file, secrets out of sight; empty when nothing changes' });

const Revision = Type.Object(
  {
    id: Type.Number(),
    pipeline: Type.String(),
    at: Type.Number({ description: 'When, ms since 1970' }),
    by: Type.String(),
    kind: Type.Enum(['change', 'undo', 'redo']),
    what: Type.String({ description: 'What changed, in words' }),
    diff,
  },
  { ...closed, description: 'One change of the configuration file' },
);

const Option = Type.Object(
  {
    key: Type.String({ description: 'As it stands in the file below the pipeline: `detect.detector`' }),
    group: Type.Enum(['detect', 'incident', 'order', 'judging']),
    description: Type.String(),
    schema,
    component: Type.Optional(Type.String({ description: 'Kind of component it names; its value is `{ name: options }`' })),
    value: any('In force, as a person writes it, with defaults; null where there is none'),
    written: any('What the file says; null where the default holds'),
    fromEnvironment: Type.Boolean({ description: 'The file refers to the environment here' }),
    warmsUp: Type.Boolean({ description: 'A change begins every series anew; otherwise what was learnt is kept' }),
  },
  { ...closed, description: 'An option that takes force while the pipeline runs' },
);

const Choice = Type.Object(
  {
    name: Type.String(),
    summary: Type.String(),
    finds: Type.String(),
    use: Type.String(),
    warmUp: Type.String(),
    sigma: Type.Boolean({ description: 'Of a detector: scores in standard deviations; of a threshold: it needs such' }),
    schema,
  },
  { ...closed, description: 'A component to choose' },
);

export const SETTINGS_SCHEMAS = {
  SettingsRevision: Revision,
  Settings: Type.Object(
    {
      pipeline: Type.String(),
      file: Type.String({ description: 'The configuration file; empty without one' }),
      revision: Type.String({ description: 'Names the content of the file; also the ETag, without its quotes' }),
      state: Type.Enum(['ready', 'no-file', 'read-only', 'changed-by-hand', 'invalid'], { description: 'Whether settings can be changed' }),
      reason: Type.String({ description: 'Why they cannot, and what to do' }),
      config: hash('Configuration hash in force'),
      epoch: Type.Number({ description: 'Checkpoint since which it is in force' }),
      options: Type.Array(Option),
      choices: Type.Record(Type.String(), Type.Array(Choice), { description: 'By kind of component' }),
      undo: Type.Union([Revision, Type.Null()], { description: 'The change that undo would take back' }),
      redo: Type.Union([Revision, Type.Null()], { description: 'The change that redo would make again' }),
    },
    { ...closed, description: 'What of a pipeline can be changed while it runs' },
  ),
  SettingsPreview: Type.Object(
    {
      problems: Type.Array(Type.Object({ code: Type.String(), message: Type.String(), mend: Type.String() }, closed), {
        description: 'What is wrong with the file as it would be, as `validate` says it',
      }),
      diff,
      warmsUp: Type.Array(Type.String(), { description: 'Keys whose change begins every series anew' }),
      config: hash('Configuration hash that verdicts would carry; empty where there is a problem'),
    },
    { ...closed, description: 'What a change would do' },
  ),
  SettingsApplied: Type.Object(
    {
      revision: Type.Union([Revision, Type.Null()], { description: 'Null when nothing changed' }),
      file: Type.String({ description: 'Names the content of the file now' }),
      config: hash(),
      epoch: Type.Union([Type.Number(), Type.Null()], { description: 'Checkpoint since which it is in force; null while the engine has not come to it yet' }),
      diff,
    },
    { ...closed, description: 'The file is written, and the change is durable' },
  ),
};
