/** Notices as mails: subject, text and HTML. */
import type { Notice } from '../../core/contracts.ts';
import { countsOf, cut, factsOf, linkOf, REPEATED, stateOf, subjectOf, titleOf } from '../notice-words.ts';

export interface MailText {
  subject: string;
  text: string;
  html: string;
}

const SUBJECT = 180;

/** One notice, or several in one mail. */
export function mailText(notices: readonly Notice[], externalUrl: string | undefined): MailText {
  const [first] = notices;
  const subject = notices.length === 1 ? `${stateOf(first)}: ${subjectOf(first)} [${first.incident.severity}] (${first.incident.pipeline})` : countsOf(notices);
  const head = notices.length === 1 ? [] : [countsOf(notices)];
  return {
    subject: cut(oneLine(subject), SUBJECT),
    text: `${[...head, ...notices.map((notice) => plainText(notice, externalUrl))].join('\n\n')}\n`,
    html: `<!doctype html>
<html><body style="font-family:sans-serif;font-size:14px;color:#1b1f24">
${[...head.map((text) => `<h1 style="font-size:18px">${escaped(text)}</h1>`), ...notices.map((notice) => markup(notice, externalUrl))].join('\n')}
</body></html>
`,
  };
}

function plainText(notice: Notice, externalUrl: string | undefined): string {
  const link = linkOf(notice, externalUrl);
  return [
    titleOf(notice),
    notice.incident.summary,
    ...factsOf(notice).map(([name, text]) => `${`${name}:`.padEnd(10)} ${oneLine(text)}`),
    `Incident:  ${notice.incident.id}`,
    ...(link === undefined ? [] : [link]),
    ...(notice.repeated ? [REPEATED] : []),
  ].join('\n');
}

const COLOURS: Readonly<Record<Notice['status'], string>> = { firing: '#b42318', resolved: '#1a7f37', nodata: '#9a6700', error: '#b42318' };

function markup(notice: Notice, externalUrl: string | undefined): string {
  const link = linkOf(notice, externalUrl);
  const rows = [...factsOf(notice), ['Incident', notice.incident.id]].map(
    ([name, text]) => `<tr><td style="padding:2px 16px 2px 0;color:#57606a">${escaped(name)}</td><td>${escaped(text)}</td></tr>`,
  );
  return [
    `<h2 style="font-size:16px;color:${COLOURS[notice.status]}">${escaped(titleOf(notice))}</h2>`,
    `<p>${escaped(notice.incident.summary)}</p>`,
    `<table style="border-collapse:collapse">${rows.join('')}</table>`,
    ...(link === undefined ? [] : [`<p><a href="${escaped(link)}">Open incident</a></p>`]),
    ...(notice.repeated ? [`<p style="color:#57606a">${REPEATED}</p>`] : []),
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
