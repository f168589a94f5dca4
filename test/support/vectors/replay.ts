import { startSourceServer } from '../servers/source-server.js';
import { compareStep } from './vector-compare.js';
import type { Answer, Variables } from './vector-request.js';
import { pick, sendStep } from './vector-request.js';
import type { Scenario, Step } from './vectors.js';

/** What of a scenario is not judged. */
export interface NotJudged {
  /** Steps that are not even sent. */
  readonly steps: ReadonlySet<number>;
  /** Headers that are not looked at, in lower case. */
  readonly headers: readonly string[];
}

const NOTHING: NotJudged = { steps: new Set(), headers: [] };

/**
 * Runs a scenario against an empty registry.
 *
 * @param baseUrl where the API is mounted; the server reads X-Auth-Token as `user:project:roles`
 * @returns every difference from the recording, one line each; none when all agree
 */
export async function replay(
  baseUrl: string,
  scenario: Scenario,
  leftOut: NotJudged = NOTHING,
): Promise<string[]> {
  const source = await startSourceServer();
  const variables: Variables = new Map([
    ['source', source.url],
    ['base', baseUrl.replace(/\/$/, '')],
  ]);
  const faults: string[] = [];
  try {
    for (const [index, step] of scenario.steps.entries()) {
      if (leftOut.steps.has(index)) continue;
      const { method, path } = step.request;
      const answer = await sendStep(baseUrl, step, variables);
      save(step, answer, variables);
      faults.push(
        ...compareStep(withoutHeaders(step, leftOut.headers), answer, variables).map(
          (fault) => `${scenario.name} #${index} ${method} ${path}: ${fault}`,
        ),
      );
    }
  } finally {
    await source.close();
  }
  return faults;
}

function withoutHeaders(step: Step, names: readonly string[]): Step {
  const { headers } = step.reply;
  if (headers === undefined) return step;
  const kept = Object.entries(headers).filter(([name]) => !names.includes(name));
  return { ...step, reply: { ...step.reply, headers: Object.fromEntries(kept) } };
}

function save(step: Step, answer: Answer, variables: Variables): void {
  if (step.save === undefined || answer.status >= 400) return;
  const json: unknown = JSON.parse(answer.body.toString());
  for (const [name, path] of Object.entries(step.save)) {
    const value = pick(json, path);
    if (typeof value === 'string') variables.set(name, value);
  }
}
