/**
 * The closed list of errors. Every message that a person meets comes from here; docs/errors.md is generated from it.
 * `{name}` in a text is replaced by the parameter of that name.
 */

interface ErrorText {
  /** What happened. */
  what: string;
  /** What it means. */
  means: string;
  /** What to do. */
  mend: string;
  /** Whether the process tries again by itself. */
  retried: boolean;
}

export const ERRORS = {
  CONFIG_UNREADABLE: {
    what: 'The configuration {file} cannot be read: {detail}',
    means: 'Nothing was started.',
    mend: 'Check the path and that this user may read it.',
    retried: false,
  },
  CONFIG_SYNTAX: {
    what: '{file}:{line}:{column}: {detail}',
    means: 'The file is not valid YAML.',
    mend: 'Mend the line; indentation by spaces, a space after each colon.',
    retried: false,
  },
  CONFIG_UNKNOWN_KEY: {
    what: '{file}:{line}:{column}: unknown key "{key}" in {where}{hint}',
    means: 'A key that nobody reads would silently do nothing, so it is refused.',
    mend: 'Correct the name or remove the key; known here: {known}.',
    retried: false,
  },
  CONFIG_INVALID: {
    what: '{file}:{line}:{column}: {where} {detail}',
    means: 'The value does not fit what this option takes.',
    mend: 'Give a value of the kind named; docs/reference lists every option.',
    retried: false,
  },
  CONFIG_MISSING_ENV: {
    what: '{file}:{line}:{column}: the environment variable {name} is not set',
    means: 'The configuration refers to it and gives no default.',
    mend: 'Set it, or write ${{name}:-default}.',
    retried: false,
  },
  SOURCE_UNREACHABLE: {
    what: 'The source {source} cannot be reached: {detail}',
    means: 'No events arrive; what was read before is kept.',
    mend: 'Check address, network and rights.',
    retried: true,
  },
  SOURCE_CHANGED: {
    what: 'The source {source} is not the one that was read before: {detail}',
    means: 'Reading on from the stored position would skip or repeat records.',
    mend: 'Bring the old content back, or give the pipeline another name to begin anew.',
    retried: false,
  },
  SOURCE_BUSY: {
    what: 'The source {source} is being read by another process: {detail}',
    means: 'Two readers would say everything twice, so this one waits.',
    mend: 'Stop the other process, give each partitions of its own, or give this pipeline another group.',
    retried: true,
  },
  SOURCE_GREW: {
    what: 'The source {source} has other parts than when reading began: {detail}',
    means: 'What was read is kept; the pipeline begins anew at its position, with all parts.',
    mend: 'Nothing: it goes on by itself.',
    retried: true,
  },
  SOURCE_OPTIONS: {
    what: 'The source {source} cannot work so: {detail}',
    means: 'Nothing was read.',
    mend: 'Change the options of the source; docs/reference lists them.',
    retried: false,
  },
  RECORD_MALFORMED: {
    what: 'A record cannot be decoded: {detail}',
    means: 'It is kept with the dead letters; the stream goes on.',
    mend: 'Look at it on the Health page or with `homeostat ledger dead-letters`; replay it once the format fits.',
    retried: false,
  },
  RECORD_NO_TIME: {
    what: 'A record holds no time that can be read: {detail}',
    means: 'It is kept with the dead letters; the stream goes on.',
    mend: 'Name the time column and its unit in the format, or mend the sender.',
    retried: false,
  },
  FORMAT_OPTIONS: {
    what: 'The format {format} cannot work so: {detail}',
    means: 'Nothing was decoded.',
    mend: 'Change the options of the format; docs/reference lists them.',
    retried: false,
  },
  RECORD_TOO_EARLY: {
    what: 'A record is {ahead} ahead of the clock, more than max_future {limit}',
    means: 'One such record would make all others late; it is kept with the dead letters.',
    mend: 'Mend the clock of the sender, or raise max_future.',
    retried: false,
  },
  RECORD_TOO_LARGE: {
    what: 'A record of {size} bytes is larger than {limit}',
    means: 'It is kept cut off with the dead letters; the stream goes on.',
    mend: 'Raise the limit named, or send smaller records.',
    retried: false,
  },
  SERIES_LIMIT: {
    what: 'The series "{key}" would be one more than max_series {limit}',
    means: 'Its events are kept with the dead letters; known series go on.',
    mend: 'Raise max_series, or use fewer labels.',
    retried: false,
  },
  OPERATOR_FAILED: {
    what: 'The stage {stage} failed on a record: {detail}',
    means: 'At the second failure the record is kept with the dead letters and the rest goes on.',
    mend: 'Report it with the record; replay it once mended.',
    retried: true,
  },
  LEDGER_FENCED: {
    what: 'The pipeline {pipeline} is owned by another process since (owner {owner}, this one was {mine})',
    means: 'This process has stopped writing, so that nothing is doubled.',
    mend: 'Run one process for one data folder.',
    retried: false,
  },
  LEDGER_BUSY: {
    what: 'The data folder {path} is in use by another process',
    means: 'Two writers would double or lose events, so the second one is refused.',
    mend: 'Stop the other process, or give this one a data folder of its own with --data.',
    retried: false,
  },
  LEDGER_DAMAGED: {
    what: 'The ledger {path} is damaged: {detail}',
    means: 'Starting on it could lose or double events, so nothing was started.',
    mend: 'Run `homeostat ledger repair`: it goes back to the newest whole checkpoint and says what is read again.',
    retried: false,
  },
  LEDGER_NEWER: {
    what: 'The ledger {path} has schema {found}, newer than the {known} that this program knows',
    means: 'Nothing was touched.',
    mend: 'Install the version of Homeostat that wrote it, or a newer one.',
    retried: false,
  },
  LEDGER_IO: {
    what: 'The ledger {path} cannot be written: {detail}',
    means: 'No commit is claimed; sources wait.',
    mend: 'Check the disk and the rights of the folder; it goes on by itself.',
    retried: true,
  },
  DISK_FULL: {
    what: 'No room on the disk of {path}: {detail}',
    means: 'No commit is claimed; sources wait, pushes are answered 507; nothing acknowledged is lost.',
    mend: 'Free some room; it goes on by itself.',
    retried: true,
  },
  JOURNAL_FULL: {
    what: 'The journal {path} holds {size} of {limit}',
    means: 'Pushes are answered 507 until the pipeline has caught up; nothing acknowledged is lost.',
    mend: 'Wait, raise journal.max_size, or add workers.',
    retried: true,
  },
  JOURNAL_DAMAGED: {
    what: 'The journal {path} is damaged at byte {offset}: {detail}',
    means: 'Acknowledged records may be behind the damage, so it is not read past by itself.',
    mend: 'Restore the file, or run `homeostat ledger repair` to go on after the damage.',
    retried: false,
  },
  SNAPSHOT_DAMAGED: {
    what: 'A snapshot is damaged: {detail}',
    means: 'The state it held cannot be trusted.',
    mend: 'Run `homeostat ledger repair`.',
    retried: false,
  },
  SNAPSHOT_NEWER: {
    what: 'A snapshot has version {version}, newer than the {known} known here',
    means: 'Nothing was touched.',
    mend: 'Install the version of Homeostat that wrote it, or a newer one.',
    retried: false,
  },
  HISTORY_UNREACHABLE: {
    what: 'The history ({target}) does not take or give verdicts since {since}: {detail}',
    means:
      'Charts and stored verdicts cannot be shown meanwhile. Detection and alerts go on until what waits for it is full, then the pipelines wait too; nothing is lost.',
    mend: 'Check that it runs, its address, user and password; it goes on by itself.',
    retried: true,
  },
  HISTORY_SCHEMA: {
    what: 'The keyspace {keyspace} of the history does not fit: {detail}',
    means: 'Verdicts cannot be kept, so the pipelines wait; nothing is lost.',
    mend: 'Set history.cassandra.create: true and give the role the right, or run:\n{cql}',
    retried: true,
  },
  RECEIVER_FAILED: {
    what: 'The receiver {target} does not take {what}: {detail}',
    means: 'Detection goes on; the notice is tried again until its end.',
    mend: 'Check the address and the receiver.',
    retried: true,
  },
  SERVER_NEEDS_TOKEN: {
    what: 'The server is to listen on {address}, beyond this machine, and no token is configured',
    means: 'Anybody in the network could read and steer it, so it was not started.',
    mend: 'Set server.tokens, or listen on 127.0.0.1.',
    retried: false,
  },
  SERVER_PORT_TAKEN: {
    what: 'Port {port} on {host} is taken',
    means: 'The server was not started.',
    mend: 'Stop what uses it, or choose another with --port or server.port.',
    retried: false,
  },
  SERVER_CANNOT_LISTEN: {
    what: 'The server cannot listen on port {port} of {host}: {detail}',
    means: 'The server was not started.',
    mend: 'Set server.host to an address of this machine, and server.port (or --port) to a port that this user may take.',
    retried: false,
  },
  INPUT_EMPTY: {
    what: '{file} holds no rows',
    means: 'There is nothing to detect.',
    mend: 'Give a file with log lines, or with a header and at least one row.',
    retried: false,
  },
  INPUT_UNREADABLE: {
    what: '{file} cannot be read: {detail}',
    means: 'Nothing was detected.',
    mend: 'Check the path, that this user may read it, and that it holds text: log lines, or rows with at least one column of numbers.',
    retried: false,
  },
  INPUT_NO_COLUMN: {
    what: '{file} has no column "{column}"{hint}',
    means: 'Nothing was detected.',
    mend: 'Its columns: {known}.',
    retried: false,
  },
  OUTPUT_UNWRITABLE: {
    what: '{file} cannot be written: {detail}',
    means: 'It is as it was before.',
    mend: 'Check the path, the rights of its folder and the room on the disk.',
    retried: false,
  },
  OPTION_INVALID: {
    what: 'An option does not fit: {detail}',
    means: 'Nothing was started.',
    mend: 'See --help, or docs/reference for the options of components.',
    retried: false,
  },
  BENCH_DATA_MISSING: {
    what: '{path} is missing from the benchmark data',
    means: 'The set {set} cannot be measured; no set is part of the project.',
    mend: 'Put {set} there (it comes from {origin}), name the folder of the sets with --data or HOMEOSTAT_DATA, or choose others with --only.',
    retried: false,
  },
  FILE_EXISTS: {
    what: '{file} exists already',
    means: 'It was not touched.',
    mend: 'Name another file, or remove it first.',
    retried: false,
  },
  REQUEST_INVALID: {
    what: 'The request does not fit: {detail}',
    means: 'Nothing was changed.',
    mend: 'See /api/v1/docs for what this address takes.',
    retried: false,
  },
  NOT_FOUND: {
    what: 'There is no {what} "{name}"',
    means: 'Nothing was changed.',
    mend: 'List what there is at the address above this one.',
    retried: false,
  },
  SERVER_UNREACHABLE: {
    what: 'No server answers at {url}: {detail}',
    means: 'Nothing was shown or changed.',
    mend: 'Start the process (homeostat run, homeostat demo), or name its address with --url.',
    retried: false,
  },
  UNAUTHORIZED: {
    what: 'A token is needed{detail}',
    means: 'Nothing was shown or changed.',
    mend: 'Send `Authorization: Bearer …` with a token of the right role.',
    retried: false,
  },
  FORBIDDEN: {
    what: 'The token "{name}" has the role {role}, and this needs the role {needed}',
    means: 'Nothing was shown or changed.',
    mend: 'Use a token whose role in server.tokens is {needed}.',
    retried: false,
  },
  CROSS_SITE: {
    what: 'The request comes from another site: {detail}',
    means: 'Any page that you visit could steer this process, so nothing was changed.',
    mend: 'Use the dashboard at its own address; a program sends `Content-Type: application/json`.',
    retried: false,
  },
  HOST_UNKNOWN: {
    what: 'The server does not answer to the name "{host}"',
    means: 'A foreign name that leads to this machine may be an attack (DNS rebinding), so nothing was shown or changed.',
    mend: 'Use localhost or 127.0.0.1, add the name to server.names, or set server.tokens.',
    retried: false,
  },
  BODY_TOO_LARGE: {
    what: 'The body is larger than {limit} bytes ({bound})',
    means: 'Nothing was kept of it.',
    mend: 'Send less at once; server.max_body and server.max_expanded are the bounds of pushes.',
    retried: false,
  },
  MEDIA_TYPE_REFUSED: {
    what: 'The {header} "{value}" is not taken here',
    means: 'Nothing was kept of it.',
    mend: 'Taken here: {known}.',
    retried: false,
  },
  INTERNAL: {
    what: 'The server failed on this request ({request})',
    means: 'This is a defect of Homeostat; the log holds the cause under the same number.',
    mend: 'Report it with the lines of the log.',
    retried: false,
  },
  UPLOAD_OFFSET: {
    what: 'The upload stands at byte {offset}, and this part begins at byte {given}',
    means: 'Nothing was kept of this part; what came before is kept.',
    mend: 'Go on at the byte named in Upload-Offset.',
    retried: false,
  },
  JOB_STATE: {
    what: 'The job "{job}" is {state}: {detail}',
    means: 'Nothing was changed.',
    mend: 'Look at the job, or begin a new one with POST /api/v1/logs/jobs.',
    retried: false,
  },
  LOGS_NONE: {
    what: 'The pipeline "{pipeline}" reads no log lines',
    means: 'It has no templates and no sessions.',
    mend: 'Name a pipeline with the sections parse, session and judge, or upload a file with POST /api/v1/logs/jobs.',
    retried: false,
  },
  SETTING_UNKNOWN: {
    what: 'There is no setting "{key}" that can be changed while the pipeline runs{hint}',
    means: 'Nothing was changed.',
    mend: 'These can: {known}.',
    retried: false,
  },
  SETTINGS_NO_FILE: {
    what: 'This process was started without a configuration file of its own',
    means: 'There is no place where a change could be kept, so nothing can be changed.',
    mend: 'Write the configuration to a file and start it with `homeostat run FILE`.',
    retried: false,
  },
  SETTINGS_READ_ONLY: {
    what: 'The configuration file {file} cannot be written: {detail}',
    means: 'A change that is not in the file would be gone after a restart, so nothing was changed.',
    mend: 'Let the user of this process write the file and its folder {folder}, or change the file where it comes from and restart.',
    retried: false,
  },
  SETTINGS_MOVED: {
    what: 'The configuration file {file} is another one than the one that was looked at',
    means: 'Somebody changed it meanwhile; nothing was overwritten.',
    mend: 'Look at the settings as they are now and make the change again.',
    retried: false,
  },
  SETTINGS_CHANGED: {
    what: 'The configuration file {file} was changed by hand, and this process has not read it since',
    means: 'A change from here would put those changes in force too, so nothing was changed.',
    mend: 'Send SIGHUP to the process, or restart it, so that it reads the file; or put the file back as it was.',
    retried: false,
  },
  SETTINGS_CONFLICT: {
    what: 'The same lines of {file} were changed since by somebody else ({what})',
    means: 'Nothing was changed.',
    mend: 'Change the option itself, or edit the file by hand.',
    retried: false,
  },
  SETTINGS_NOTHING: {
    what: 'There is no change of {pipeline} to {what}',
    means: 'Nothing was changed.',
    mend: 'The list of revisions shows what was changed and when.',
    retried: false,
  },
  OVERLOADED: {
    what: '{what} is at its bound of {limit}',
    means: 'The request was refused so that the rest keeps working.',
    mend: 'Wait as long as Retry-After says and try again.',
    retried: true,
  },
} as const satisfies Record<string, ErrorText>;

export type ErrorCode = keyof typeof ERRORS;
type Parameters = Record<string, string | number>;

function filled(text: string, parameters: Parameters): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in parameters ? String(parameters[name]) : whole));
}

/** An error of the closed list. `message` says what happened; `means` and `mend` help the person who reads it. */
export class HomeostatError extends Error {
  readonly code: ErrorCode;
  readonly means: string;
  readonly mend: string;
  readonly retried: boolean;

  constructor(code: ErrorCode, parameters: Parameters = {}, cause?: unknown) {
    const text: ErrorText = ERRORS[code];
    super(filled(text.what, parameters), cause === undefined ? undefined : { cause });
    this.name = 'HomeostatError';
    this.code = code;
    this.means = text.means;
    this.mend = filled(text.mend, parameters);
    this.retried = text.retried;
  }
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
