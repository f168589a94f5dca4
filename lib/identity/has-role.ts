/** Whether `wanted` is among the roles. Roles are compared without case, as OpenStack's policies do. */
export function hasRole(roles: readonly string[], wanted: string): boolean {
  return roles.some((role) => role.toLowerCase() === wanted.toLowerCase());
}
