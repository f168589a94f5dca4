import { S3_ADDRESS } from './s3-address.js';

/** What a setting may be; undefined: nothing until somebody sets it. */
export type Value = string | number | boolean | readonly string[] | undefined;

/** How the text of a setting is read. */
export interface Kind<T> {
  /** Stands for the value in `--help`. */
  readonly argument: string;
  /** The flag may stand alone and then has this text. */
  readonly alone?: string;
  /** The flag may be given several times; its texts are read with commas between them. */
  readonly repeats?: boolean;
  /** @throws Error whose message ends the sentence "--name must be …" */
  readonly read: (text: string) => T;
}

/** One setting of the server. */
export interface Flag<T> extends Kind<T> {
  readonly help: string;
  readonly default: T;
}

/** A setting that is undefined until somebody sets it. */
export function flag<T>(kind: Kind<T>, help: string): Flag<T | undefined>;
/** A setting that has a value from the beginning. */
export function flag<T>(kind: Kind<T>, help: string, initial: NoInfer<T>): Flag<T>;
export function flag<T>(kind: Kind<T>, help: string, initial?: T): Flag<T | undefined> {
  return { ...kind, help, default: initial };
}

export function text(argument: string): Kind<string> {
  return {
    argument,
    read: (value) => {
      if (value === '') throw new Error('a string that is not empty');
      return value;
    },
  };
}

export function whole(min: number, max = Number.MAX_SAFE_INTEGER): Kind<number> {
  return {
    argument: 'number',
    read: (value) => {
      const number = Number(value);
      if (!/^\d+$/.test(value) || number < min || number > max)
        throw new Error(`a whole number from ${min} to ${max}`);
      return number;
    },
  };
}

export function yesOrNo(): Kind<boolean> {
  return {
    argument: 'true|false',
    alone: 'true',
    read: (value) => oneOf(['true', 'false'], value) === 'true',
  };
}

export function choice<const T extends string>(...choices: readonly T[]): Kind<T> {
  return { argument: choices.join('|'), read: (value) => oneOf(choices, value) };
}

/** Some of these words, with commas between them. */
export function choices<const T extends string>(...known: readonly T[]): Kind<readonly T[]> {
  const { read, ...kind } = list();
  return { ...kind, argument: known.join(), read: (value) => read(value).map((word) => oneOf(known, word)) };
}

/** Words or addresses with commas between them, or one at a time. */
export function list(): Kind<readonly string[]> {
  return {
    argument: 'a,b,…',
    repeats: true,
    read: (value) => {
      const items = value.split(',').map((item) => item.trim());
      if (items.includes('')) throw new Error('a comma-separated list');
      return items;
    },
  };
}

export function webAddress(): Kind<string> {
  return {
    argument: 'url',
    read: (value) => {
      if (!/^https?:$/.test(protocolOf(value)) || /[\s?#]/.test(value))
        throw new Error('an address such as https://images.example.org/glance');
      return value;
    },
  };
}

/** One of some words, or the address of a Redis, which may hold a password and so is never repeated in a message. */
export function storage(...words: readonly string[]): Kind<string> {
  const argument = [...words, 'redis://host:port/db'].join('|');
  return {
    argument,
    read: (value) => {
      if (!words.includes(value) && !/^rediss?:$/.test(protocolOf(value)))
        throw new Error(`one of ${argument}`);
      return value;
    },
  };
}

/** The same, or a bucket of S3. */
export function blobStorage(...words: readonly string[]): Kind<string> {
  const others = storage(...words);
  const argument = `${others.argument}|s3://bucket/prefix`;
  return {
    argument,
    read: (value) => {
      if (S3_ADDRESS.test(value)) return value;
      try {
        return others.read(value);
      } catch {
        throw new Error(`one of ${argument}`);
      }
    },
  };
}

function oneOf<T extends string>(choices: readonly T[], value: string): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new Error(`one of ${choices.join(', ')}`);
  return found;
}

function protocolOf(value: string): string {
  return URL.canParse(value) ? new URL(value).protocol : '';
}
