import { domainToASCII } from 'node:url';

/**
 * Refuses a host that is not listed. `*.example.org` stands for all names below example.org, but not for itself.
 * @param hosts in the form that `hostRule` gives; null for any host
 * @throws Error
 */
export function checkHost({ hostname }: URL, hosts: readonly string[] | null): void {
  const name = hostname.replace(/\.$/, '');
  const listed = hosts?.some((host) => (host.startsWith('*') ? name.endsWith(host.slice(1)) : name === host));
  if (listed === false) throw new Error(`the host ${name} is not allowed`);
}

/**
 * A rule of the option as `checkHost` compares it: lower case, international names in ASCII, IPv6 in its short form.
 * @throws TypeError when it names no host
 */
export function hostRule(text: string): string {
  const [, wildcard = '', name = ''] = /^(\*\.)?(.*?)\.?$/.exec(text) ?? [];
  const isName = /^[^\s/:@?#\\%*]+$/.test(name) && domainToASCII(name) !== '';
  const isIpv6 = wildcard === '' && /^\[[\da-f:.]+\]$/i.test(name);
  if ((!isName && !isIpv6) || !URL.canParse(`http://${name}/`)) {
    throw new TypeError('must be a host name, or *. and a host name');
  }
  return wildcard + new URL(`http://${name}/`).hostname;
}
