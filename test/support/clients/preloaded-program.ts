import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Ran } from '../run.js';

const SCRIPT = fileURLToPath(new URL('preloaded.py', import.meta.url));

/** A program of the clients, each of whose commands takes a second to load what it needs: here that is done once. */
class PreloadedProgram {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve: (ran: Ran) => void; reject: (error: Error) => void }[] = [];

  constructor(program: string) {
    this.#child = spawn('/usr/bin/python3', [SCRIPT, program], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'],
    });
    createInterface(this.#answers).on('line', (line) => {
      this.#waiting.shift()?.resolve(JSON.parse(line) as Ran);
      this.#mayEnd();
    });
    this.#child.once('close', (code) => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${program} ended with ${code}`));
    });
    this.#mayEnd();
  }

  run(args: readonly string[], env: NodeJS.ProcessEnv, input: Buffer | undefined): Promise<Ran> {
    return new Promise((resolve, reject) => {
      this.#child.ref();
      (this.#answers as unknown as { ref(): void }).ref();
      this.#waiting.push({ resolve, reject });
      this.#commands.write(`${JSON.stringify({ args, env, input: input?.toString('base64') ?? null })}\n`);
    });
  }

  get #commands(): Writable {
    return this.#child.stdio[3] as Writable;
  }

  get #answers(): Readable {
    return this.#child.stdio[4] as Readable;
  }

  /** It ends with this process, which must not stay for it. */
  #mayEnd(): void {
    if (this.#waiting.length > 0) return;
    this.#child.unref();
    for (const pipe of [this.#commands, this.#answers]) (pipe as unknown as { unref(): void }).unref();
  }
}

const programs = new Map<string, PreloadedProgram>();

/** Runs a command of `openstack` or `glance` with this environment and no other; nothing piped in means a terminal. */
export function runPreloaded(
  program: 'glance' | 'openstack',
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input?: Buffer,
): Promise<Ran> {
  const known = programs.get(program) ?? new PreloadedProgram(program);
  programs.set(program, known);
  return known.run(args, env, input);
}
