import { startSourceServer } from './source-server.js';
import { compareStep } from './vector-compare.js';
import type { Answer, Variables } from './vector-request.js';
import { pick, sendStep } from './vector-request.js';
import type { Scenario, Step } from './vectors.js';

/**
 * Runs a scenario against an empty registry.
 *
 * @param baseUrl where the API is mounted; the server reads X-Auth-Token as `user:project:roles`
 * @returns every difference from the recording, one line each; none when all agree
 */
export async function replay(baseUrl: string, scenario: Scenario): Promise<string[]> {
  const source = await startSourceServer();
  const variables: Variables = new Map([
    ['source', source.url],
    ['base', baseUrl.replace(/\/$/, '')],
  ]);
  const faults: string[] = [];
  try {
    for (const [index, step] of scenario.steps.entries()) {
      const { method, path } = step.request;
      const answer = await sendStep(baseUrl, step, variables);
      save(step, answer, variables);
      faults.push(
        ...compareStep(step, answer, variables).map(
          (fault) => `${scenario.name} #${index} ${method} ${path}: ${fault}`,
        ),
      );
    }
  } finally {
    await source.close();
  }
  return faults;
}

function save(step: Step, answer: Answer, variables: Variables): void {
  if (step.save === undefined || answer.status >= 400) return;
  const json: unknown = JSON.parse(answer.body.toString());
  for (const [name, path] of Object.entries(step.save)) {
    const value = pick(json, path);
    if (typeof value === 'string') variables.set(name, value);
  }
}
