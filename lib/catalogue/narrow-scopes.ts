import { takesMembers, VISIBILITIES } from '../domain/image.js';
import type { FilterIndex, ImageQuery, Scope } from '../domain/query.js';
import type { RowScope } from './listing-rows.js';

/** The scopes of rows that hold a query's images, narrowed by its filters on owner and visibility, none of them within another. */
export function rowScopesOf({ scopes, filters }: ImageQuery): RowScope[] {
  let narrowed = scopes.flatMap(expanded);
  for (const { index } of filters) if (index !== undefined) narrowed = narrowed.flatMap(narrowedBy(index));
  const whole = new Set(narrowed.map((scope) => (scope.kind === 'visibility' ? scope.visibility : null)));
  const seen = new Set<string>();
  return narrowed.filter((scope) => {
    if (scope.kind === 'owner' && whole.has(scope.visibility)) return false;
    const name = JSON.stringify(scope);
    return !seen.has(name) && seen.add(name);
  });
}

function expanded(scope: Scope): readonly RowScope[] {
  if (scope.kind !== 'owner') return [scope];
  const { kind, project, visibility } = scope;
  return (visibility === undefined ? VISIBILITIES : [visibility]).map((one) => ({
    kind,
    project,
    visibility: one,
  }));
}

function narrowedBy(index: FilterIndex): (scope: RowScope) => readonly RowScope[] {
  switch (index.kind) {
    case 'owner':
      return (scope) => {
        const { project } = index;
        if (scope.kind === 'visibility') return [{ kind: 'owner', project, visibility: scope.visibility }];
        return scope.kind === 'member' || scope.project === project ? [scope] : [];
      };
    case 'visibility':
      return (scope) => {
        const holds = scope.kind === 'member' ? takesMembers(index) : scope.visibility === index.visibility;
        return holds ? [scope] : [];
      };
    default:
      return (scope) => [scope];
  }
}
