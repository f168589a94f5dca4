/**
 * IPv4 networks that are not for everyone to reach, or not hosts at all (IANA IPv4 Special-Purpose Address Registry,
 * RFC 6890), with multicast, what is reserved, and one public address at which a large cloud serves its metadata.
 */
export const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
] as const;

/**
 * The only IPv6 network of public addresses (RFC 4291 2.5.4). Outside it lie loopback, link-local, unique local,
 * multicast, and the forms that hold an IPv4 address: mapped, compatible, translated and NAT64.
 */
export const GLOBAL_IPV6 = '2000::/3';

/** What is special inside GLOBAL_IPV6: protocol assignments with Teredo, documentation, and 6to4. */
export const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'] as const;
