export { fileSink } from './sink.ts';
export { file } from './source.ts';
