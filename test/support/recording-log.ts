import type { Logger } from '../../lib/logger.js';

/** Keeps what is logged. */
export class RecordingLog implements Logger {
  readonly entries: { level: keyof Logger; fields: Record<string, unknown>; message: string }[] = [];

  debug(fields: object, message: string): void {
    this.#keep('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#keep('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#keep('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#keep('error', fields, message);
  }

  /** Messages of warnings. */
  get warnings(): string[] {
    return this.entries.filter(({ level }) => level === 'warn').map(({ message }) => message);
  }

  #keep(level: keyof Logger, fields: object, message: string): void {
    this.entries.push({ level, fields: { ...fields }, message });
  }
}
