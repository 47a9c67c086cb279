/** Real servers for tests: `const redis = await startService('redis')`. Fresh, on a free loopback port, gone with the process of the test. */
export { type Service, startService } from '../../../scripts/services/start.mjs';
export type { ServiceKind, ServiceOptions, ServiceUser } from '../../../scripts/services/types.d.mts';
