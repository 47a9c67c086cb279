/** The contracts between rooms. What each promises is listed in docs/architecture.md, with the test that holds it. */
export * from './contracts/answers.ts';
export * from './contracts/logs.ts';
export * from './contracts/records.ts';
export * from './contracts/stages.ts';
export * from './contracts/incidents.ts';
export * from './contracts/stores.ts';
