/** What a test run may need to end by itself, in milliseconds. */
const GRACE = 15_000;

/**
 * Called by mocha after the last test. A run whose tests left a server, child or timer behind would hang for ever: this ends it
 * as failed, and names what is left. The timer itself keeps nothing alive.
 */
export function mochaGlobalTeardown(): void {
  setTimeout(() => {
    console.error(
      `Tests left something behind that keeps the process alive: ${process.getActiveResourcesInfo().join(', ')}`,
    );
    // mocha sets its own exit code in an exit listener; this one comes after it.
    process.once('exit', () => {
      process.exitCode = 1;
    });
    process.exit(1);
  }, GRACE).unref();
}
