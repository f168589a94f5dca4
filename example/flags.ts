import { choice, storage, text, webAddress, whole, words, yesOrNo } from './flag.js';
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
    ['none', 'token'],
    'none: everyone is admin; token: believe X-Auth-Token user:project:roles',
  ),
  'allow-open-none': yesOrNo(false, 'permit --auth none on an address that other machines reach'),
  'public-endpoint': webAddress('address of the API as clients see it, default: taken from each request'),
  'limit-default': whole(25, 1, 1_000_000, 'images on a page when the client does not say'),
  'limit-max': whole(1000, 1, 1_000_000, 'most images on a page'),
  'image-size-cap': whole(1_099_511_627_776, 1, Number.MAX_SAFE_INTEGER, 'most bytes of one image'),
  'image-property-quota': whole(128, 0, 1_000_000, 'most properties of one image'),
  'disk-formats': words(DISK_FORMATS, 'disk formats that are known'),
  'container-formats': words(CONTAINER_FORMATS, 'container formats that are known'),
  'lenient-clients': yesOrNo(true, 'take what newer clients send and the reference refused'),
  'shutdown-timeout': whole(30, 0, 86_400, 'seconds that transfers may take after SIGTERM or SIGINT'),
  'log-level': choice('info', ['debug', 'info', 'warn', 'error', 'silent'], 'least level that is logged'),
} satisfies Record<string, Flag<Value>>;

/** The value of every flag. */
export type Settings = { readonly [Name in keyof typeof FLAGS]: (typeof FLAGS)[Name]['default'] };
