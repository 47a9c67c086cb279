/** What a checkout has that an installed package has not: the benchmarks' results, the peers and the documentation. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout that this program was built in; undefined when it is an installed package. */
export function checkoutFolder(): string | undefined {
  const folder = fileURLToPath(new URL('../../', import.meta.url));
  return existsSync(join(folder, 'bench', 'RESULTS.md')) ? folder : undefined;
}
