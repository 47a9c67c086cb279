/** What makes Kafka start with less than half of the processor time: its classes in an archive of the JVM, and the file that its formatting tool would write. */
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheFolder } from '../jars.mjs';

const archive = 'classes.jsa';
const checkpoint = 'bootstrap.checkpoint';

/** An archive fits one set of jars and one version of Java. */
const folderOf = (lib, version) => join(cacheFolder(), `${basename(lib)}-${createHash('sha256').update(version).digest('hex').slice(0, 12)}`);

/**
 * What was prepared for these jars and this Java: the path of the archive, and `format`, which gives an empty folder its identity; undefined when nothing was.
 * @param {string} lib
 * @param {string} version
 */
export function prepared(lib, version) {
  const folder = folderOf(lib, version);
  if (!existsSync(folder)) return undefined;
  const format = (data) => {
    const id = () => randomBytes(16).toString('base64url').replace(/^-/, 'A');
    copyFileSync(join(folder, checkpoint), join(data, checkpoint));
    writeFileSync(join(data, 'meta.properties'), `version=1\nnode.id=1\ncluster.id=${id()}\ndirectory.id=${id()}\n`);
  };
  return { archive: join(folder, archive), format };
}

/** The flag by which a JVM writes the archive when it ends. */
export const archiving = (folder) => `-XX:ArchiveClassesAtExit=${join(folder, archive)}`;

/**
 * Keeps what a run with `archiving` has left.
 * @param {string} from folder of that run
 */
export function keepPrepared(lib, version, from) {
  const folder = folderOf(lib, version);
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  copyFileSync(join(from, archive), join(fresh, archive));
  copyFileSync(join(from, 'data', checkpoint), join(fresh, checkpoint));
  renameSync(fresh, folder);
}
