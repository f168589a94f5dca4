import { type IniSection, parseIni } from './ini.js';
import { tellingWhere } from './policy/policy-rules.js';
import { compilePattern } from './property-protections-pattern.js';
import {
  compileProtection,
  type Operation,
  OPERATIONS,
  type PolicyProtectionRule,
  type RoleProtectionRule,
} from './property-protections-rule.js';

/**
 * Reads Glance's `property-protections.conf`: a section for each pattern, in order, with all of create, read, update and delete.
 * @param format what the values are: `roles`, separated by commas, or `policies`, one name each
 * @throws TypeError with line and section; whether tellingWhere policies exist is seen when the rules are put to use
 */
export function parseProtections(text: string, format: 'roles'): RoleProtectionRule[];
export function parseProtections(text: string, format: 'policies'): PolicyProtectionRule[];
export function parseProtections(
  text: string,
  format: 'roles' | 'policies',
): (RoleProtectionRule | PolicyProtectionRule)[] {
  return tellingWhere('property protections', () => parseIni(text)).map((section) =>
    tellingWhere(`property protections, line ${section.line}, section [${section.name}]`, () =>
      format === 'roles' ? rolesRule(section) : policiesRule(section),
    ),
  );
}

function rolesRule(section: IniSection): RoleProtectionRule {
  const values = valuesOf(section);
  const roles = (operation: Operation): string[] =>
    values[operation]
      .split(',')
      .map((role) => role.trim())
      .filter((role) => role !== '');
  const rule = {
    pattern: section.name,
    create: roles('create'),
    read: roles('read'),
    update: roles('update'),
    delete: roles('delete'),
  };
  compileProtection(rule);
  return rule;
}

function policiesRule(section: IniSection): PolicyProtectionRule {
  const values = valuesOf(section);
  for (const operation of OPERATIONS)
    if (/[,\n]/.test(values[operation]))
      throw new TypeError(`${operation}: one policy rule, not several: combine them in the policy`);
  compilePattern(section.name);
  return { pattern: section.name, ...values };
}

function valuesOf({ options }: IniSection): Record<Operation, string> {
  for (const [name, { line }] of options)
    if (!OPERATIONS.some((operation) => operation === name))
      throw new TypeError(`line ${line}: there is no operation ${name}, only ${OPERATIONS.join(', ')}`);
  const value = (operation: Operation): string => {
    const option = options.get(operation);
    if (option === undefined) throw new TypeError(`${operation} is missing`);
    if (/(^|\s)[#;]/.test(option.value))
      throw new TypeError(
        `line ${option.line}: ${operation} has a comment behind its value: it needs a line of its own`,
      );
    return option.value;
  };
  return { create: value('create'), read: value('read'), update: value('update'), delete: value('delete') };
}
