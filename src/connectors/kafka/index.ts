export { kafkaSink } from './sink.ts';
export { kafka } from './source.ts';
