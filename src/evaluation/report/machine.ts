import { cpus, totalmem } from 'node:os';

/** The machine and the runtime, as every section of results names them. */
export function machine(): string {
  return `${cpus().length} cores ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`;
}
