#!/usr/bin/env node
/** Stands in for Slack and for a mail server: takes what is sent to them, prints it, and adds it to a file as lines of JSON. */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { SMTPServer } from 'smtp-server';

const { values: given } = parseArgs({
  options: {
    'slack-port': { type: 'string', default: '7072' },
    'smtp-port': { type: 'string', default: '7073' },
    out: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (given.help) {
  console.log('node receivers.mjs [--slack-port 7072] [--smtp-port 7073] [--out FILE]     0 takes a free port');
  process.exit(0);
}
const MOST = 1 << 20;

function took(what, shown) {
  console.log(shown);
  if (given.out !== undefined) appendFileSync(given.out, `${JSON.stringify({ at: new Date().toISOString(), ...what })}\n`);
}

/** Reads a stream to its end and hands the text over; undefined when it is too long. */
function read(stream, then) {
  const chunks = [];
  let size = 0;
  stream.on('data', (chunk) => {
    size += chunk.length;
    if (size <= MOST) chunks.push(chunk);
  });
  stream.on('end', () => then(size > MOST ? undefined : Buffer.concat(chunks).toString('utf8')));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Answers as Slack's incoming webhooks do: `ok`, or a word for what is wrong. */
function slack(request, response) {
  read(request, (body = '') => {
    const message = parsed(body);
    const good = request.method === 'POST' && typeof message?.text === 'string';
    response.writeHead(good ? 200 : 400, { 'content-type': 'text/plain' }).end(good ? 'ok' : 'invalid_payload');
    if (good) took({ to: 'slack', text: message.text, message }, `Slack    ${message.text}`);
  });
}

/** A header field of a mail, unfolded. */
const field = (head, name) => (new RegExp(`^${name}:[ \\t]*(.*(?:\\r\\n[ \\t].*)*)`, 'im').exec(head)?.[1] ?? '').replaceAll(/\r\n[ \t]+/g, ' ');

/** What a mail says, as it was sent: subject, who it is from and for, and all of its text. */
function mailOf(raw, envelope) {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
  return { to: 'email', subject: field(head, 'subject'), from: envelope.mailFrom.address, recipients: envelope.rcptTo.map(({ address }) => address), raw };
}

const smtp = new SMTPServer({
  disabledCommands: ['STARTTLS'],
  allowInsecureAuth: true,
  authOptional: true,
  disableReverseLookup: true,
  closeTimeout: 500,
  size: MOST,
  onAuth: ({ username }, _session, done) => done(null, { user: username }),
  onData(stream, session, done) {
    read(stream, (raw = '') => {
      const mail = mailOf(raw, session.envelope);
      took(mail, `E-mail   ${mail.subject} (for ${mail.recipients.join(', ')})`);
      done();
    });
  },
});
smtp.on('error', (error) => console.error(`SMTP: ${error.message}`));
const http = createServer(slack);

/** Its port once it listens; ends the process where that is not possible. */
async function listen(server, port) {
  try {
    await Promise.race([once(server.listen(Number(port), '127.0.0.1'), 'listening'), once(server, 'error').then(([error]) => Promise.reject(error))]);
  } catch (error) {
    console.error(`receivers: port ${port}: ${error.message}`);
    process.exit(1);
  }
  return server.address().port;
}

const slackPort = await listen(http, given['slack-port']);
smtp.listen(Number(given['smtp-port']), '127.0.0.1', () => {
  console.log(`SLACK_URL=http://127.0.0.1:${slackPort}/services/local SMTP_PORT=${smtp.server.address().port}`);
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    http.close();
    http.closeAllConnections();
    smtp.close();
  });
}
