import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, runWell, type Ran } from '../run.js';

const SOURCE = fileURLToPath(new URL('../../e2e/gophercloud/', import.meta.url));
/** Where Debian's packages put the sources of Go's libraries. */
const GOPATH = '/usr/share/gocode';

/** A program on Debian's gophercloud: test/e2e/gophercloud/main.go. */
export class Gophercloud {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Builds it with Debian's Go, from Debian's sources alone. This takes a minute when the machine is busy.
   *
   * @throws Error with what the compiler wrote; among others, when golang-go or gophercloud is not installed
   */
  static async build(): Promise<Gophercloud> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'gophercloud-'));
    const env = {
      GO111MODULE: 'off',
      GOPATH,
      GOCACHE: path.join(folder, 'cache'),
      GOPROXY: 'off',
      GOFLAGS: '',
      CGO_ENABLED: '0',
    };
    try {
      await runWell('go', ['build', '-o', path.join(folder, 'main'), '.'], { cwd: SOURCE, env });
      await rm(env.GOCACHE, { recursive: true });
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    return new Gophercloud(folder);
  }

  /** Runs a command of the program against the registry at `url`, however it ends. */
  run(url: string, token: string, ...args: string[]): Promise<Ran> {
    return run(path.join(this.#folder, 'main'), [url, token, ...args]);
  }

  /** As `run`, and gives what it told. @throws Error with its output when it does not end well */
  async told(url: string, token: string, ...args: string[]): Promise<unknown> {
    return JSON.parse(await runWell(path.join(this.#folder, 'main'), [url, token, ...args]));
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}
