import type { NotJudged } from './replay.js';
import { scenarios, type Scenario } from './vectors.js';

/** Why steps of recorded v2 exchanges are left out. */
const REASONS = {
  cache: 'the recorded server lists the version of the API that its cache stands for',
  metadefs: 'they are about metadata definitions',
  project:
    'a caller without a project changes nothing (401), which the recorded server finds out later (404)',
} as const;

/** THE LIST of steps that are left out, by scenario and reason. */
const STEPS: Readonly<Record<string, Readonly<Partial<Record<keyof typeof REASONS, string>>>>> = {
  'v2-discovery': { metadefs: '99-106' },
  'v2-members': { project: '139' },
  'v2-metadefs': { metadefs: '0-185' },
  'v2-multistore': { cache: '2' },
  'v2-secure-rbac': {
    metadefs: '407-408 413-414 419-420 425-426 431-432 437-438 443-444 449-450',
  },
};

/** A host app that parses JSON refuses what is none before the registry sees it. */
const BEHIND_A_PARSER: Readonly<Record<string, string>> = { 'v2-import': '2', 'v2-precedence': '2-3' };

/**
 * What of a scenario is left out.
 * @param isParsed whether the host app parses JSON itself
 */
export function leftOutOf({ name }: Pick<Scenario, 'name'>, isParsed: boolean): NotJudged {
  const given = [...Object.values(STEPS[name] ?? {}), isParsed ? (BEHIND_A_PARSER[name] ?? '') : ''];
  const steps = given.flatMap(numbersIn);
  return { steps: new Set(steps), headers: [] };
}

/** What is left out of all scenarios, one sentence for each reason. */
export function leftOutInWords(): string[] {
  const all = scenarios('v2').reduce((sum, { steps }) => sum + steps.length, 0);
  const sentences = Object.entries(REASONS).map(([reason, why]) => {
    const counts = Object.values(STEPS).map(
      (given) => numbersIn(given[reason as keyof typeof REASONS] ?? '').length,
    );
    return `${counts.reduce((sum, count) => sum + count, 0)} of ${all} steps are left out: ${why}`;
  });
  return sentences;
}

/** `1-3 5` are 1, 2, 3 and 5. */
function numbersIn(text: string): number[] {
  return text
    .split(' ')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}
