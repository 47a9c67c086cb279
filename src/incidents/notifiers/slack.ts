/** Notices as messages of a Slack channel, through an incoming webhook (docs.slack.dev, "Sending messages using incoming webhooks" and "Block Kit"). */
import type { Notice, Notifier } from '../../core/contracts.ts';
import { LONGEST_TIMER, defineNotifier, quantity, Type } from '../../core/schema.ts';
import { countsOf, cut, factsOf, keyOf, linkOf, REPEATED, subjectOf, titleOf } from '../notice-words.ts';
import { post, secretsIn } from '../post.ts';
import { reachUrl } from '../reach.ts';

const options = Type.Object(
  {
    url: Type.String({
      pattern: '^https?://',
      description: 'Address of the incoming webhook, as Slack shows it. Whoever knows it can write to the channel, so it is a secret.',
      secret: true,
    }),
    timeout: quantity('duration', 'Longest wait for the answer to one attempt.', '10s', { minimum: 100, maximum: LONGEST_TIMER }),
    external_url: Type.Optional(
      Type.String({ pattern: '^https?://', description: 'Address of this process as people reach it; notices then link to their incident.' }),
    ),
  },
  { additionalProperties: false },
);

/** What Slack takes. */
const HEADER = 150;
const TEXT = 3_000;
const FIELD = 2_000;
const FIELDS = 10;
/** Notices of one message that are shown each by itself; a message has at most 50 blocks. */
const SHOWN = 40;

type Block = Record<string, unknown>;

export interface SlackMessage {
  text: string;
  blocks: Block[];
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** The text without the three characters that Slack gives a meaning; at most `most` characters, and no entity is cut. */
function escaped(text: string, most: number): string {
  let all = '';
  for (const character of text) {
    const one = ENTITIES[character] ?? character;
    if (all.length + one.length >= most) return `${all}…`;
    all += one;
  }
  return all;
}

const header = (text: string): Block => ({ type: 'header', text: { type: 'plain_text', text: cut(text, HEADER), emoji: false } });
const section = (text: string): Block => ({ type: 'section', text: { type: 'mrkdwn', text } });
const context = (text: string): Block => ({ type: 'context', elements: [{ type: 'mrkdwn', text }] });

function linked(notice: Notice, text: string, externalUrl: string | undefined): string {
  const link = linkOf(notice, externalUrl);
  return link === undefined ? text : `<${link}|${text}>`;
}

/** One notice. */
export function slackMessage(notice: Notice, externalUrl: string | undefined): SlackMessage {
  const title = titleOf(notice);
  const link = linkOf(notice, externalUrl);
  const fields = factsOf(notice)
    .slice(0, FIELDS)
    .map(([name, text]) => ({ type: 'mrkdwn', text: `*${name}*\n${escaped(text, FIELD - 50)}` }));
  const button = { type: 'button', text: { type: 'plain_text', text: 'Open incident', emoji: false }, url: link };
  const small = [`Incident ${escaped(notice.incident.id, 100)}`, ...(notice.repeated ? [REPEATED] : [])];
  return {
    text: escaped(`${title} [${notice.incident.severity}] ${notice.incident.summary}`, TEXT),
    blocks: [
      header(title),
      section(escaped(notice.incident.summary === '' ? title : notice.incident.summary, TEXT)),
      { type: 'section', fields },
      ...(link === undefined ? [] : [{ type: 'actions', elements: [button] }]),
      context(small.join(' · ')),
    ],
  };
}

/** Several notices, each in a block; beyond what fits they are named. */
export function slackSummary(notices: readonly Notice[], externalUrl: string | undefined): SlackMessage {
  const title = countsOf(notices);
  const shown = notices.slice(0, SHOWN).map((notice) => {
    const again = notice.repeated ? `\n_${REPEATED}_` : '';
    return section(
      `*${linked(notice, escaped(titleOf(notice), 300), externalUrl)}* [${notice.incident.severity}]\n${escaped(notice.incident.summary, 1_000)}${again}`,
    );
  });
  const rest = notices.slice(SHOWN);
  const more = rest.length === 0 ? [] : [context(`and ${rest.length} more: ${escaped(rest.map(subjectOf).join('; '), TEXT - 100)}`)];
  return { text: escaped(title, TEXT), blocks: [header(title), ...shown, ...more] };
}

export const slack = defineNotifier({
  name: 'slack',
  summary: 'Writes each notice to a channel of Slack; several that wait leave in one message.',
  options,
  sample: { url: 'https://hooks.slack.com/services/T000/B000/XXXX' },
  reach: ({ url }) => reachUrl('slack', url),
  create({ url, timeout, external_url }): Notifier {
    const to = { url, secret: '', timeout, headers: {}, hidden: secretsIn(url) };
    return {
      name: 'slack',
      send: (notice, signal) => post(to, notice.key, JSON.stringify(slackMessage(notice, external_url)), signal),
      sendTogether: (notices, signal) => post(to, keyOf(notices), JSON.stringify(slackSummary(notices, external_url)), signal),
    };
  },
});
