import { execFile } from 'node:child_process';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What it reads from stdin. Default: nothing. */
  readonly input?: Buffer | string;
}

/** Runs a program to its end, whatever its exit code. @throws Error when it cannot be started or is killed */
export function run(
  file: string,
  args: readonly string[],
  { input, ...options }: RunOptions = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...options.env };
    const limits = { maxBuffer: 64 * 1024 * 1024, timeout: 300_000 };
    const child = execFile(file, args, { ...limits, ...options, env }, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else reject(new Error(`cannot run ${file}`, { cause: error }));
    });
    // One that ends without having read it all says so by how it ends.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** Runs a program that has to end well and gives what it wrote to stdout. @throws Error with its output when it does not */
export async function runWell(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(file, args, options);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}: ${stderr}\n${stdout}`);
  return stdout;
}
