import type { NotJudged } from './replay.js';
import { scenarios, type Scenario } from './vectors.js';

/** Why steps of recorded v2 exchanges are left out. */
const REASONS = {
  import: 'they stage or import data, or stand on an image that was staged or imported',
  cache: 'the recorded server lists the version of the API that its cache stands for',
  metadefs: 'they are about metadata definitions',
  project:
    'a caller without a project changes nothing (401), which the recorded server finds out later (404)',
} as const;

/** THE LIST of steps that are left out, by scenario and reason. */
const STEPS: Readonly<Record<string, Readonly<Partial<Record<keyof typeof REASONS, string>>>>> = {
  'v2-data': { import: '58-60' },
  'v2-discovery': { import: '27 45-52 110-111', metadefs: '99-106' },
  'v2-import': { import: '1-6 8-31 33-36 38-45 47-55 57-60 62-67 69 71-77 80-81 85 88-89 91-94' },
  'v2-locations': { import: '55-57 60' },
  'v2-members': { project: '139' },
  'v2-metadefs': { metadefs: '0-185' },
  'v2-multistore': { import: '17-31 33 37 45-47 49-53 55-57 59-61 63', cache: '2' },
  'v2-precedence': { import: '3-4 18-20 52-58 76 83-86 89-91' },
  'v2-quotas': { import: '35 37-38' },
  'v2-secure-rbac': {
    import: '364-365 369-370 374-375 379-380 384-385 389-390 394-395 399-400',
    metadefs: '407-408 413-414 419-420 425-426 431-432 437-438 443-444 449-450',
  },
  'v2-tasks': { import: '16-20 23 28 34 37-38' },
};

/** Headers that are not looked at: there is nothing to import with yet. */
const HEADERS = ['openstack-image-import-methods'];

/** A host app that parses JSON refuses what is none before the registry sees it. */
const BEHIND_A_PARSER: Readonly<Record<string, string>> = { 'v2-precedence': '2' };

/**
 * What of a scenario is left out.
 * @param isParsed whether the host app parses JSON itself
 */
export function leftOutOf({ name }: Pick<Scenario, 'name'>, isParsed: boolean): NotJudged {
  const given = [...Object.values(STEPS[name] ?? {}), isParsed ? (BEHIND_A_PARSER[name] ?? '') : ''];
  const steps = given.flatMap(numbersIn);
  return { steps: new Set(steps), headers: name.startsWith('v2-') ? HEADERS : [] };
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
  return [...sentences, `the header ${HEADERS.join()} is not looked at`];
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
