import { readFile } from 'node:fs/promises';
import { Policy } from './domain/policy.js';
import { parsePolicy } from './domain/policy/parse-policy.js';
import { PropertyProtections } from './domain/property-protections.js';
import { parseProtections } from './domain/property-protections-file.js';
import type { FilledOptions } from './defaults.js';
import type { Logger } from './logger.js';
import type { ImageRegistryOptions } from './options.js';
import type { AccessRules } from './services/access-control.js';

/**
 * Checks the rules that stand in the options themselves, before anything is opened.
 * @throws TypeError that names the rule
 */
export function checkAccessRules({ policy, propertyProtections, policyFile }: ImageRegistryOptions): void {
  const rules = policyOf(policy);
  // Protections may name rules of a policy that is still to be read.
  if (propertyProtections !== undefined && policyFile === undefined)
    PropertyProtections.of(propertyProtections, rules);
}

/**
 * Reads the operator's rules from options and files.
 * @throws TypeError that names the file's section and line
 */
export async function loadAccessRules(options: FilledOptions, log: Logger): Promise<AccessRules> {
  const policy = await loadPolicy(options);
  const protections = await loadProtections(options, policy);
  if (protections.ignored.length > 0)
    log.warn({ patterns: protections.ignored }, 'property protections for os_glance keys are ignored');
  return { policy, protections };
}

async function loadPolicy({ policy, policyFile }: ImageRegistryOptions): Promise<Policy> {
  if (policyFile === undefined) return policyOf(policy);
  const text = await readRules('policyFile', policyFile);
  const preset = typeof policy === 'string' ? policy : undefined;
  return parsePolicy(text, policyFile.toLowerCase().endsWith('.json') ? 'json' : 'yaml', preset);
}

function policyOf(policy: ImageRegistryOptions['policy']): Policy {
  return typeof policy === 'string' ? Policy.of({}, policy) : Policy.of(policy);
}

async function loadProtections(options: FilledOptions, policy: Policy): Promise<PropertyProtections> {
  const { propertyProtections, propertyProtectionsFile, propertyProtectionsFormat } = options;
  if (propertyProtections !== undefined) return PropertyProtections.of(propertyProtections, policy);
  if (propertyProtectionsFile === undefined) return PropertyProtections.none;
  const text = await readRules('propertyProtectionsFile', propertyProtectionsFile);
  const rules =
    propertyProtectionsFormat === 'roles'
      ? parseProtections(text, 'roles')
      : parseProtections(text, 'policies');
  return PropertyProtections.of(rules, policy);
}

async function readRules(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new TypeError(`createImageRegistry: option ${option}: ${path} cannot be read`, { cause: error });
  }
}
