import Mocha from 'mocha';

/** mocha's spec reporter, then `N passed, M failed` as the last line; a test that did not run counts as failed. */
export default class CountingReporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    Mocha.reporters.Base.consoleLog(`${passes} passed, ${failures + pending} failed`);
  }
}
