import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { ImageRegistryOptions, PolicyRules, ProtectionRule } from '../../../lib/index.js';

/** Who may create, read, update and delete properties of a pattern: roles, one name each. */
const RULES: readonly (readonly [pattern: string, ...who: [string, string, string, string]])[] = [
  ['^secret_', 'admin', 'admin', 'admin', 'admin'],
  ['^billing_', 'billing', '@', 'billing', 'billing'],
  ['^origin$', '@', '@', '!', '!'],
  ['^nothing_', '!', '!', '!', '!'],
  ['^free_', '@', '@', '@', '@'],
  // No operator's rule reaches the registry's own keys.
  ['^os_glance', '!', '!', '!', '!'],
];

/** For the policy form: a policy of the role's name. */
const POLICY: PolicyRules = { admin: 'role:admin', billing: ['Billing'] };

const asFile = (): string =>
  RULES.map(([pattern, create, read, update, remove]) =>
    [`[${pattern}]`, `create = ${create}`, `read = ${read}`, `update = ${update}`, `delete = ${remove}`].join(
      '\n',
    ),
  ).join('\n\n');

const asRules = <Who>(who: (name: string) => Who): ProtectionRule<Who>[] =>
  RULES.map(([pattern, create, read, update, remove]) => ({
    pattern,
    create: who(create),
    read: who(read),
    update: who(update),
    delete: who(remove),
  }));

/** The same protections in every way in which an operator can write them. */
export const PROTECTIONS: Readonly<
  Record<string, (folder: string) => Promise<Partial<ImageRegistryOptions>>>
> = {
  'a file of roles': async (folder) => ({
    propertyProtectionsFile: await written(folder, 'a.conf', asFile()),
  }),
  'a file of policies': async (folder) => ({
    policy: POLICY,
    propertyProtectionsFile: await written(folder, 'b.conf', asFile()),
    propertyProtectionsFormat: 'policies',
  }),
  'a file of policies in a file': async (folder) => ({
    policyFile: await written(
      folder,
      'p.json',
      JSON.stringify({ admin: 'role:admin', billing: 'role:Billing' }),
    ),
    propertyProtectionsFile: await written(folder, 'c.conf', asFile()),
    propertyProtectionsFormat: 'policies',
  }),
  'objects with roles': () => Promise.resolve({ propertyProtections: asRules((name) => [name]) }),
  'objects with policies': () =>
    Promise.resolve({ policy: POLICY, propertyProtections: asRules((name) => name) }),
};

async function written(folder: string, name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

/** A new folder for such files. */
export function protectionsFolder(): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), 'protections-'));
}
