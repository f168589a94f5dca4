import { parseArgs } from 'node:util';
import type { Flag, Value } from './flag.js';
import { FLAGS } from './flags.js';
import type { Settings } from './flags.js';

/** A flag or environment variable that cannot be obeyed; the message is one line for the operator. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const TABLE = new Map<string, Flag<Value>>(Object.entries(FLAGS));

/**
 * Reads the flags; those that are not given come from the environment, the rest is as the table says.
 *
 * @param args the arguments after the program's name
 * @returns the settings, or `help` when that is asked for
 * @throws UsageError
 */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings | 'help' {
  const given = parse(args);
  if (given.has('help')) return 'help';
  const settings = Object.fromEntries(
    [...TABLE].map(([name, flag]) => {
      const inline = given.get(name);
      if (inline !== undefined) return [name, valueOf(flag, inline, `--${name}`)];
      const variable = variableOf(name);
      const inherited = env[variable];
      return [name, inherited === undefined ? flag.default : valueOf(flag, inherited, variable)];
    }),
  );
  return settings as Settings;
}

/** The text of `--help`. */
export function helpText(): string {
  const rows = [...TABLE].map(([name, flag]) => {
    const shown = String(flag.default ?? '');
    const initial = shown === '' ? '' : ` (default ${shown})`;
    return `  --${name} ${flag.argument}\n      ${flag.help}${initial}`;
  });
  return [
    'Serves the OpenStack Images API.',
    '',
    'Every flag is an environment variable too: --log-level is IMAGE_REGISTRY_LOG_LEVEL.',
    '',
    ...rows,
    '',
  ].join('\n');
}

function parse(args: readonly string[]): Map<string, string> {
  const options = Object.fromEntries([...TABLE.keys()].map((name) => [name, { type: 'string' as const }]));
  const { tokens } = parseArgs({
    args: args.flatMap(completeBareFlag),
    options: { ...options, help: { type: 'boolean' } },
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind !== 'option') throw new UsageError('only flags are taken, see --help');
    if (token.name !== 'help') {
      if (!TABLE.has(token.name)) throw new UsageError(`${token.rawName} is no flag, see --help`);
      if (token.value === undefined) throw new UsageError(`${token.rawName} needs a value, see --help`);
    }
    given.set(token.name, token.value ?? 'true');
  }
  return given;
}

/** `--flag` without a value is `--flag=true` where the flag may stand alone. */
function completeBareFlag(arg: string, index: number, args: readonly string[]): string[] {
  const flag = arg.startsWith('--') ? TABLE.get(arg.slice(2)) : undefined;
  if (flag?.bare !== true) return [arg];
  const next = args[index + 1];
  return next === undefined || next.startsWith('-') ? [`${arg}=true`] : [arg];
}

function valueOf(flag: Flag<Value>, value: string, origin: string): Value {
  try {
    return flag.read(value);
  } catch (error) {
    throw new UsageError(`${origin} must be ${error instanceof Error ? error.message : String(error)}`);
  }
}

function variableOf(name: string): string {
  return `IMAGE_REGISTRY_${name.toUpperCase().replaceAll('-', '_')}`;
}
