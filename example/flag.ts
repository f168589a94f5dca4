/** What a setting may be; undefined: nothing until somebody sets it. */
export type Value = string | number | boolean | readonly string[] | undefined;

/** One setting of the server: how its text is read, what it is when nobody sets it, and what `--help` says. */
export interface Flag<T extends Value> {
  /** Stands for the value in `--help`. */
  readonly argument: string;
  readonly help: string;
  readonly default: T;
  /** Whether the flag may stand without a value and then is true. */
  readonly bare?: boolean;
  /** @throws Error whose message ends the sentence "--name must be …" */
  readonly read: (text: string) => T;
}

export function text(initial: string, argument: string, help: string): Flag<string> {
  return {
    argument,
    help,
    default: initial,
    read: (value) => {
      if (value === '') throw new Error('a text that is not empty');
      return value;
    },
  };
}

/** A text that may be missing. */
export function optional(argument: string, help: string): Flag<string | undefined> {
  return { ...text('', argument, help), default: undefined };
}

/** Texts with commas between them. */
export function list(initial: readonly string[], help: string): Flag<readonly string[]> {
  return {
    argument: 'A,B,…',
    help,
    default: initial,
    read: (value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
  };
}

export function whole(initial: number, min: number, max: number, help: string): Flag<number> {
  return {
    argument: 'N',
    help,
    default: initial,
    read: (value) => {
      const number = Number(value);
      if (!/^\d+$/.test(value) || number < min || number > max) {
        throw new Error(`a whole number from ${min} to ${max}`);
      }
      return number;
    },
  };
}

export function yesOrNo(initial: boolean, help: string): Flag<boolean> {
  return {
    argument: 'true|false',
    help,
    default: initial,
    bare: true,
    read: (value) => oneOf(['true', 'false'], value) === 'true',
  };
}

export function choice<const T extends string>(
  initial: NoInfer<T>,
  choices: readonly T[],
  help: string,
): Flag<T> {
  return { argument: choices.join('|'), help, default: initial, read: (value) => oneOf(choices, value) };
}

export function words(initial: readonly string[], help: string): Flag<readonly string[]> {
  return {
    argument: 'A,B,…',
    help,
    default: initial,
    read: (value) => {
      const items = value.split(',').map((item) => item.trim());
      if (!items.every((item) => /^[a-z0-9_-]{1,20}$/.test(item))) {
        throw new Error('words in lower case with commas between them');
      }
      return items;
    },
  };
}

/** A web address; undefined until it is set. */
export function webAddress(help: string): Flag<string | undefined> {
  return {
    argument: 'URL',
    help,
    default: undefined,
    read: (value) => {
      if (!/^https?:$/.test(protocolOf(value)) || /[\s?#]/.test(value)) {
        throw new Error('an address such as https://images.example.org/glance');
      }
      return value;
    },
  };
}

/** One of some words, or the address of a Redis, which may hold a password and so is never repeated in a message. */
export function storage(initial: string, words: readonly string[], help: string): Flag<string> {
  const argument = [...words, 'redis://HOST:PORT/DB'].join('|');
  return {
    argument,
    help,
    default: initial,
    read: (value) => {
      if (!words.includes(value) && !/^rediss?:$/.test(protocolOf(value))) throw new Error(argument);
      return value;
    },
  };
}

function oneOf<T extends string>(choices: readonly T[], value: string): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new Error(choices.join(' or '));
  return found;
}

function protocolOf(value: string): string {
  return URL.canParse(value) ? new URL(value).protocol : '';
}
