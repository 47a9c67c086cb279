/** A program that answers one line to each line it is sent, one after another; it does not keep this process alive while idle. */
import { spawn } from 'node:child_process';

export class LineWorker {
  #command;
  #args;
  #child;
  #waiting;
  #last = Promise.resolve();
  #errors = '';

  constructor(command, args) {
    this.#command = command;
    this.#args = args;
  }

  /** The answer to `line`; after `limit` ms the program is ended, and the next request starts it again. */
  ask(line, limit) {
    const answer = this.#last.then(() => this.#exchange(line, limit));
    this.#last = answer.catch(() => {});
    return answer;
  }

  close() {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #exchange(line, limit) {
    return new Promise((resolve, reject) => {
      const child = (this.#child ??= this.#start());
      const keep = (yes) => [child, child.stdin, child.stdout, child.stderr].forEach((it) => (yes ? it.ref?.() : it.unref?.()));
      const done = (settle, value) => {
        clearTimeout(timer);
        this.#waiting = undefined;
        keep(false);
        settle(value);
      };
      const timer = setTimeout(() => {
        this.close();
        done(reject, new Error(`it took longer than ${limit / 1000} s`));
      }, limit);
      this.#waiting = { answer: (text) => done(resolve, text), failed: (why) => done(reject, new Error(why)) };
      keep(true);
      child.stdin.write(`${line}\n`);
    });
  }

  #start() {
    const child = spawn(this.#command, this.#args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let text = '';
    this.#errors = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        if (child === this.#child) this.#waiting?.answer(line);
      }
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => (this.#errors = (this.#errors + chunk).slice(-2000)));
    child.stdin.on('error', () => {});
    const ended = (why) => {
      if (child !== this.#child) return;
      this.#child = undefined;
      this.#waiting?.failed(`${why} ${this.#errors.trim().split('\n').at(-1)}`.trim());
    };
    child.on('error', (thrown) => ended(thrown.message));
    child.on('close', (code, signal) => ended(`it ended with ${signal ?? code}.`));
    return child;
  }
}
