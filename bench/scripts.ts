import { fileURLToPath } from 'node:url';

/** Where the compiler has put what stands beside this file. */
const BUILT = new URL('dist/bench/', import.meta.url);

/** The standalone server, as it is started by `npm start`. */
export const EXAMPLE = fileURLToPath(new URL('../example/dist/server.js', import.meta.url));

/** A script of this folder for a process of its own, as JavaScript: what compiles TypeScript as it goes has memory that slows the process down. */
export function scriptOf(name: string): string {
  return fileURLToPath(new URL(`${name}.js`, BUILT));
}
