import { choice, list, optional, storage, text, webAddress, whole, words, yesOrNo } from './flag.js';
import type { Flag, Value } from './flag.js';

const DISK_FORMATS = ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop'];
const CONTAINER_FORMATS = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker'];

/** Every setting of the server. `--image-size-cap` is also the environment variable IMAGE_REGISTRY_IMAGE_SIZE_CAP. */
export const FLAGS = {
  port: whole(9292, 0, 65_535, 'TCP port; 0 takes a free one'),
  host: text('127.0.0.1', 'ADDRESS', 'address to listen on'),
  prefix: text('/', 'PATH', 'path of the API'),
  data: text('./data', 'FOLDER', 'folder of the lmdb metadata and the disk blobs'),
  metadata: storage('lmdb', ['lmdb', 'memory'], 'where metadata lives'),
  blobs: storage('disk', ['disk', 'memory'], 'where the data of images lives'),
  auth: choice(
    'none',
    ['none', 'token', 'headers', 'keystone', 'basic'],
    'none: everyone is admin; token: believe X-Auth-Token user:project:roles; headers: believe a proxy; keystone; basic: htpasswd',
  ),
  'allow-open-none': yesOrNo(false, 'permit --auth none on an address that other machines reach'),
  'allow-anonymous': yesOrNo(
    false,
    'callers without credentials may read what is public (headers, keystone)',
  ),
  'trusted-proxies': list([], 'addresses and networks whose identity headers count (headers)'),
  'keystone-url': webAddress('address of Keystone (keystone)'),
  'keystone-user': optional('NAME', "the registry's own user there (keystone)"),
  'keystone-password': optional('TEXT', 'its password, better given by the environment (keystone)'),
  'keystone-project': text('service', 'NAME', 'its project (keystone)'),
  'keystone-user-domain': text('Default', 'NAME', "the user's domain (keystone)"),
  'keystone-project-domain': text('Default', 'NAME', "the project's domain (keystone)"),
  htpasswd: optional('FILE', 'users, made by htpasswd -B (basic)'),
  policy: optional('FILE', 'policy in JSON or YAML, in the language of oslo.policy'),
  'property-protections': optional('FILE', "Glance's property-protections.conf"),
  'property-protection-format': choice('roles', ['roles', 'policies'], 'what its values are'),
  'public-endpoint': webAddress('address of the API as clients see it, default: taken from each request'),
  'limit-default': whole(25, 1, 1_000_000, 'images on a page when the client does not say'),
  'limit-max': whole(1000, 1, 1_000_000, 'most images on a page'),
  'image-size-cap': whole(1_099_511_627_776, 1, Number.MAX_SAFE_INTEGER, 'most bytes of one image'),
  'image-property-quota': whole(128, 0, 1_000_000, 'most properties of one image'),
  'image-member-quota': whole(128, 0, 1_000_000, 'most members of one image'),
  'image-count-quota': whole(0, 0, 1_000_000_000, 'most images of one project, 0: no limit'),
  'user-storage-quota': text('0', 'SIZE', 'most bytes of one project, such as 10GB; 0: no limit'),
  'allow-sources': list(
    [],
    'networks that may be fetched from on any port, besides public addresses on 80 and 443',
  ),
  'copy-concurrency': whole(4, 1, 1000, 'most copies from elsewhere at a time'),
  'delayed-delete': yesOrNo(false, 'keep the data of deleted images for --scrub-time'),
  'scrub-time': whole(0, 0, 1_000_000_000, 'seconds between a delayed deletion and the removal of the data'),
  'keep-deleted-days': whole(
    0,
    0,
    1_000_000,
    'days after which only the id of a deleted image is kept, 0: for ever',
  ),
  'sweep-interval': whole(60, 0, 1_000_000, 'seconds between two sweeps of the janitor, 0: never'),
  'disk-formats': words(DISK_FORMATS, 'disk formats that are known'),
  'container-formats': words(CONTAINER_FORMATS, 'container formats that are known'),
  'lenient-clients': yesOrNo(true, 'take what newer clients send and the reference refused'),
  'shutdown-timeout': whole(30, 0, 86_400, 'seconds that transfers may take after SIGTERM or SIGINT'),
  'log-level': choice('info', ['debug', 'info', 'warn', 'error', 'silent'], 'least level that is logged'),
} satisfies Record<string, Flag<Value>>;

/** The value of every flag. */
export type Settings = { readonly [Name in keyof typeof FLAGS]: (typeof FLAGS)[Name]['default'] };
