/** What Slack's documentation asks of a message with blocks (docs.slack.dev/reference/block-kit/blocks), as a check. */

type Value = Record<string, unknown>;

/** Everything that is wrong with the body of a message; empty where Slack would take it. */
export function slackProblems(body: string): string[] {
  const problems: string[] = [];
  let message: Value;
  try {
    message = JSON.parse(body) as Value;
  } catch {
    return ['invalid_payload: not JSON'];
  }
  const { text, blocks } = message;
  if (typeof text !== 'string' || text === '') problems.push('no_text: the fallback for notifications is missing');
  if (typeof text === 'string' && text.length > 40_000) problems.push('msg_too_long: text');
  if (!Array.isArray(blocks) || blocks.length === 0) return [...problems, 'invalid_blocks: none'];
  if (blocks.length > 50) problems.push(`invalid_blocks: ${blocks.length} are more than 50`);
  for (const key of Object.keys(message)) if (key !== 'text' && key !== 'blocks') problems.push(`unknown key ${key}`);
  for (const block of blocks as Value[]) problems.push(...blockProblems(block));
  return problems;
}

function blockProblems(block: Value): string[] {
  switch (block['type']) {
    case 'header':
      return textProblems('header', block['text'], 'plain_text', 150);
    case 'section':
      return sectionProblems(block);
    case 'context':
      return listProblems('context', block['elements'], 10, (element) => textProblems('context', element, 'mrkdwn', 3_000));
    case 'actions':
      return listProblems('actions', block['elements'], 25, buttonProblems);
    default:
      return [`unknown block ${String(block['type'])}`];
  }
}

function sectionProblems({ text, fields }: Value): string[] {
  if (text === undefined && fields === undefined) return ['section: neither text nor fields'];
  const ofText = text === undefined ? [] : textProblems('section', text, 'mrkdwn', 3_000);
  const ofFields = fields === undefined ? [] : listProblems('fields', fields, 10, (field) => textProblems('field', field, 'mrkdwn', 2_000));
  return [...ofText, ...ofFields];
}

function buttonProblems(button: Value): string[] {
  const { type, url, text } = button;
  if (type !== 'button') return [`unknown element ${String(type)}`];
  const ofUrl = typeof url !== 'string' || !/^https?:\/\//.test(url) || url.length > 3_000 ? ['button: url'] : [];
  return [...ofUrl, ...textProblems('button', text, 'plain_text', 75)];
}

function listProblems(what: string, list: unknown, most: number, check: (one: Value) => string[]): string[] {
  if (!Array.isArray(list) || list.length === 0 || list.length > most) return [`${what}: 1 to ${most} are needed`];
  return (list as Value[]).flatMap(check);
}

function textProblems(where: string, value: unknown, type: string, most: number): string[] {
  const { type: is, text } = (value ?? {}) as Value;
  if (is !== type) return [`${where}: a ${type} is needed, not ${String(is)}`];
  if (typeof text !== 'string' || text.length < 1 || text.length > most) return [`${where}: 1 to ${most} characters are needed, not ${String(text).length}`];
  if (type === 'plain_text') return [];
  // Outside of links and entities none of the three may stand.
  const rest = text.replace(/<https?:\/\/[^|>\s]+\|[^<>]*>/g, '').replace(/&(amp|lt|gt);/g, '');
  return /[<>&]/.test(rest) ? [`${where}: <, > and & must be escaped`] : [];
}
