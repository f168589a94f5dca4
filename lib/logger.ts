import { inspect } from 'node:util';

/** Takes what there is to log: the methods of pino that are called. `err` among the fields is an error. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Where nobody gave a logger only what needs somebody's attention is told, in Node's own way: `process.on('warning')` hears it, and it is
 * printed unless Node is told otherwise.
 */
export const processWarnings: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => process.emitWarning(textOf(fields, message), 'ImageRegistryWarning'),
  error: (fields, message) => process.emitWarning(textOf(fields, message), 'ImageRegistryError'),
};

function textOf(fields: object, message: string): string {
  if (Object.keys(fields).length === 0) return message;
  return `${message} ${inspect(fields, { depth: 4, breakLength: Infinity })}`;
}
