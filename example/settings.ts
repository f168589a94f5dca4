import { createRequire } from 'node:module';
import { Command, CommanderError, Option } from 'commander';
import { flagOf, GROUPS, VARIABLES, variableOf, type Settings } from './flags.js';
import type { Flag, Value } from './flag.js';
import { UsageError } from './usage-error.js';

const { version } = createRequire(import.meta.url)('express-image-registry/package.json') as {
  version: string;
};

/**
 * Reads the flags; those that are not given come from the environment, the rest is as the table says.
 *
 * @param args the arguments after the program's name
 * @returns the settings, or the text that `--help` and `--version` print
 * @throws UsageError
 */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings | string {
  const flags = Object.values(GROUPS).flatMap((group): [string, Flag<Value>][] => Object.entries(group));
  checkVariables(
    env,
    flags.map(([name]) => variableOf(name)),
  );
  const given = parse(args);
  if (typeof given === 'string') return given;
  const settings = flags.map(([name, flag]) => {
    const inherited = env[variableOf(name)];
    const argument = given[name];
    if (argument !== undefined) return [name, valueOf(flag, argument, flagOf(name))];
    return [name, inherited === undefined ? flag.default : valueOf(flag, inherited, variableOf(name))];
  });
  return Object.fromEntries(settings) as Settings;
}

/** @returns the texts that were given, by setting; or what `--help` and `--version` print */
function parse(args: readonly string[]): Record<string, string> | string {
  let printed = '';
  const program = new Command('npm start --')
    .description('Serves the OpenStack Images API.')
    .version(version)
    .addHelpText(
      'after',
      `\nEvery flag is an environment variable too: --log-level is ${VARIABLES}LOG_LEVEL.`,
    )
    .configureOutput({ writeOut: (text) => (printed += text), writeErr: () => undefined })
    .exitOverride();
  for (const [group, flags] of Object.entries(GROUPS)) {
    for (const [name, flag] of Object.entries<Flag<Value>>(flags))
      program.addOption(optionOf(name, flag).helpGroup(`${group}:`));
  }
  try {
    return program.parse(args, { from: 'user' }).opts();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return printed;
    throw new UsageError(`${error.message.replace(/^error: /, '').replaceAll('\n', ' ')}; see --help`);
  }
}

function optionOf(name: string, { argument, alone, repeats, help, default: initial }: Flag<Value>): Option {
  const value = alone === undefined ? `<${argument}>` : `[${argument}]`;
  const shown = String(initial ?? '');
  const option = new Option(`${flagOf(name)} ${value}`, shown === '' ? help : `${help} (default: ${shown})`);
  if (alone !== undefined) option.preset(alone);
  if (repeats === true)
    option.argParser((text, earlier?: string) => (earlier === undefined ? text : `${earlier},${text}`));
  return option;
}

function valueOf(flag: Flag<Value>, value: string, origin: string): Value {
  try {
    return flag.read(value);
  } catch (error) {
    throw new UsageError(`${origin} must be ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A variable with a typo is refused as a flag would be: nobody sees otherwise that it does nothing. */
function checkVariables(env: NodeJS.ProcessEnv, known: readonly string[]): void {
  const unknown = Object.keys(env).find((name) => name.startsWith(VARIABLES) && !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`unknown environment variable ${unknown}; see --help`);
}
