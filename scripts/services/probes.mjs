/** One question to a server in its own protocol, to know that it answers. Each probe resolves when it does and rejects with why not. Plain Node. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * Sends bytes and waits until `understood` says what came is an answer.
 * @param {{ host: string, port: number, ca?: string | true, patience?: number }} server `ca`: path of the authority to trust; true for those that Node trusts
 * @param {string | Uint8Array} question
 * @param {(answer: any) => boolean} understood throws when the answer is a refusal
 */
function ask({ host, port, ca, patience = 2000 }, question, understood) {
  return new Promise((resolve, reject) => {
    const secure = ca === undefined ? {} : { ca: ca === true ? undefined : readFileSync(ca), servername: host === '127.0.0.1' ? 'localhost' : host };
    const socket = ca === undefined ? connect({ host, port }) : connectTls({ host, port, ...secure });
    const timer = setTimeout(() => finish(new Error(`no answer within ${patience} ms`)), patience);
    const finish = (error) => {
      clearTimeout(timer);
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    let answer = Buffer.alloc(0);
    socket.once(ca === undefined ? 'connect' : 'secureConnect', () => socket.write(question));
    socket.on('error', finish);
    socket.on('close', () => finish(new Error('the connection was closed without an answer')));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      try {
        if (understood(answer)) finish();
      } catch (error) {
        finish(error);
      }
    });
  });
}

/** PING. A server that asks for a password answers too; one that still loads its data does not count. */
export function askRedis(server) {
  return ask(server, 'PING\r\n', (answer) => {
    const text = answer.toString();
    if (text.startsWith('-') && !text.startsWith('-NOAUTH')) throw new Error(text.trim());
    return text.includes('\r\n');
  });
}

/** CONNECT of MQTT 3.1.1; any CONNACK is an answer, also one that asks for a password. */
export function askMqtt(server) {
  const id = Buffer.from(`probe-${process.pid}`);
  const body = Buffer.concat([Buffer.from([0, 4]), Buffer.from('MQTT'), Buffer.from([4, 2, 0, 10, 0, id.length]), id]);
  return ask(server, Buffer.concat([Buffer.from([0x10, body.length]), body]), (answer) => {
    if (answer[0] !== 0x20) throw new Error('the answer is no CONNACK');
    return answer.length >= 4;
  });
}

/** A request of Kafka's protocol without a client id; the answer follows its length and the number 4711. */
function kafkaRequest(api, version, body = Buffer.alloc(0)) {
  const head = Buffer.alloc(14);
  head.writeInt32BE(10 + body.length, 0);
  head.writeInt16BE(api, 4);
  head.writeInt16BE(version, 6);
  head.writeInt32BE(4711, 8);
  head.writeInt16BE(-1, 12);
  return Buffer.concat([head, body]);
}

function kafkaAnswer(answer, length) {
  if (answer.length >= 8 && answer.readInt32BE(4) !== 4711) throw new Error('the answer is not of Kafka');
  return answer.length >= length;
}

/**
 * ApiVersions, version 0: a broker answers it before anybody has said who he is. Of a broker that was started here (`ports` are known) also
 * Metadata, version 4, at its own listener: it names a broker once that one may be used.
 */
export async function askKafka(server) {
  if (server.ports !== undefined) {
    const metadata = kafkaRequest(3, 4, Buffer.from([0, 0, 0, 0, 0]));
    await ask({ ...server, port: server.ports[1], ca: undefined }, metadata, (answer) => {
      if (!kafkaAnswer(answer, 16)) return false;
      if (answer.readInt32BE(12) < 1) throw new Error('the broker is not in its own list yet');
      return true;
    });
  }
  await ask(server, kafkaRequest(18, 0), (answer) => kafkaAnswer(answer, 10));
}

/** OPTIONS of CQL, version 4; SUPPORTED is the answer. */
export function askCassandra(server) {
  return ask(server, Buffer.from([0x04, 0, 0, 1, 0x05, 0, 0, 0, 0]), (answer) => {
    if (answer.length < 9) return false;
    if (answer[4] !== 0x06) throw new Error('the answer is not SUPPORTED');
    return true;
  });
}

/** `/-/ready` of Prometheus and Alertmanager. */
export function askHttp(server) {
  return ask(server, `GET ${server.path ?? ''}/-/ready HTTP/1.1\r\nHost: ${server.host}\r\nConnection: close\r\n\r\n`, (answer) => {
    const status = /^HTTP\/1\.\d (\d{3})/.exec(answer.toString('latin1'));
    if (status !== null && status[1] !== '200') throw new Error(`/-/ready answers ${status[1]}`);
    return status !== null;
  });
}
