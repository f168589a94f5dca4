import type { ImageRegistryOptions } from 'express-image-registry';
import { namedStores } from './store-flag.js';
import {
  blobStorage,
  choice,
  choices,
  flag,
  list,
  storage,
  text,
  webAddress,
  whole,
  yesOrNo,
  type Flag,
} from './flag.js';

const SERVER = {
  port: flag(whole(0, 65_535), 'TCP port; 0 takes a free one', 9292),
  host: flag(text('address'), 'address to listen on', '127.0.0.1'),
  prefix: flag(text('path'), 'path of the API', '/'),
  workers: flag(
    whole(1, 256),
    'processes that serve on the port, each with limits of its own; one that ends is replaced',
    1,
  ),
  shutdownTimeout: flag(
    whole(1, 86_400),
    'seconds until the process has ended after SIGTERM or SIGINT; the last 5 (at most half) are for cleaning up',
    30,
  ),
  logLevel: flag(choice('debug', 'info', 'warn', 'error', 'silent'), 'lowest level that is logged', 'info'),
};

const STORAGE = {
  data: flag(text('folder'), 'folder for LMDB metadata and disk blobs', './data'),
  metadata: flag(storage('lmdb', 'memory'), 'where metadata lives', 'lmdb'),
  reindex: flag(yesOrNo(), 'give the metadata of an older release the index of this one, then serve', false),
  blobs: flag(blobStorage('disk', 'memory'), 'where the data of images lives', 'disk'),
  store: flag(
    namedStores(),
    'several stores in place of --blobs, of which clients choose: disk keeps data in <data>/stores/<name>, http is where located images lie',
    [],
  ),
  defaultStore: flag(text('name'), 'the one for data that names none (default: the first that takes data)'),
  s3Endpoint: flag(
    webAddress(),
    "address of an S3 other than Amazon's (S3 credentials: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)",
  ),
  s3Region: flag(
    text('name'),
    'region of S3 (default: us-east-1 with an endpoint, else that of the AWS settings)',
  ),
};

const CALLERS = {
  auth: flag(
    choice('none', 'token', 'headers', 'keystone', 'basic'),
    'who is calling: everyone is an admin (none), X-Auth-Token says so as user:project:roles (token), a proxy says so (headers), ' +
      'Keystone (keystone), or an htpasswd file (basic)',
    'none',
  ),
  allowOpenNone: flag(yesOrNo(), 'permit --auth none on an address that other machines can reach', false),
  allowAnonymous: flag(
    yesOrNo(),
    'callers without credentials may read what is public (headers, keystone)',
    false,
  ),
  trustedProxies: flag(
    list(),
    'addresses and networks of proxies: whose identity headers count (headers), and who gets names of files (--accel-redirect; default: this machine)',
    [],
  ),
  keystoneUrl: flag(webAddress(), 'address of Keystone (keystone)'),
  keystoneUser: flag(text('name'), "the registry's own user there (keystone)"),
  keystonePassword: flag(text('password'), 'its password; better set in the environment (keystone)'),
  keystoneProject: flag(text('name'), 'its project (keystone)', 'service'),
  keystoneUserDomain: flag(text('name'), "the user's domain (keystone)", 'Default'),
  keystoneProjectDomain: flag(text('name'), "the project's domain (keystone)", 'Default'),
  rights: flag(
    choice('owner', 'secure-rbac'),
    'who may do what: projects with what they own (owner), or by roles, as newer Glance has it (secure-rbac); --policy-file changes single rules (default: owner)',
  ),
  htpasswd: flag(text('file'), 'users, as htpasswd -B writes them (basic)'),
};

/** Handed on as the options of the same names; what is not set is left to the registry. */
export const REGISTRY = {
  publicEndpoint: flag(
    webAddress(),
    'address of the API as clients see it (default: taken from each request)',
  ),
  accelRedirect: flag(
    text('path'),
    'path of an internal location of nginx that has the files of disk stores, of which it sends the data in v2 (default: it sends none)',
  ),
  allowedOrigins: flag(list(), 'pages elsewhere that may use the API from a browser, by origin'),
  versions: flag(choices('v2', 'v1'), 'versions of the API that are served (default: v2,v1)'),
  unknownPaths: flag(
    choice('choices', 'notFound'),
    'answer to paths outside the API: the list of versions, or 404 (default: choices)',
  ),
  lenientClients: flag(yesOrNo(), 'accept what newer clients send and Glance refused (default: true)'),
  limitDefault: flag(whole(1), 'images per page when the client does not say (default: 25)'),
  limitMax: flag(whole(1), 'maximum images per page (default: 1000)'),
  imageSizeCap: flag(whole(1), 'maximum size of an image, in bytes (default: 1099511627776)'),
  imagePropertyQuota: flag(whole(0), 'maximum properties per image (default: 128)'),
  imageTagQuota: flag(whole(0), 'maximum tags per image (default: 128)'),
  imageMemberQuota: flag(whole(0), 'maximum members per image (default: 128)'),
  imageCountQuota: flag(whole(0), 'maximum images per project; 0: no limit (default: 0)'),
  imageLocationQuota: flag(whole(0), 'maximum places of the data of an image (default: 10)'),
  userStorageQuota: flag(text('size'), 'maximum bytes per project, such as 10GB; 0: no limit (default: 0)'),
  importMethods: flag(
    choices('glance-direct', 'web-download', 'copy-image'),
    'ways to import that are offered (default: all)',
  ),
  staging: flag(
    text('name'),
    'the store, one of --store, in which data waits to be imported (default: the default store)',
  ),
  userStagingQuota: flag(
    text('size'),
    'maximum bytes per project that wait to be imported; 0: no limit (default: 0)',
  ),
  stagingTime: flag(whole(1), 'seconds after which staged data goes that nobody imports (default: 86400)'),
  indexedProperties: flag(
    list(),
    'properties that listings find images by; another choice needs --reindex (default: as before)',
  ),
  diskFormats: flag(list(), 'disk formats that are accepted (default: all of the Images API)'),
  containerFormats: flag(list(), 'container formats that are accepted (default: all of the Images API)'),
  hashAlgorithm: flag(
    choice('sha256', 'sha384', 'sha512'),
    'digest of data that is shown besides md5 (default: sha512)',
  ),
  hashThreads: flag(
    whole(0, 1024),
    'most threads that digest large uploads; 0: none (default: as many as cores)',
  ),
  policyFile: flag(text('file'), 'policy in JSON or YAML, in the language of oslo.policy'),
  propertyProtectionsFile: flag(text('file'), "Glance's property-protections.conf"),
  propertyProtectionsFormat: flag(choice('roles', 'policies'), 'what its values are (default: roles)'),
  showMultipleLocations: flag(
    yesOrNo(),
    'show where the data of images lies, and let their owners change that, which has the server ask addresses that they name (default: false)',
  ),
  showDirectUrl: flag(yesOrNo(), 'show where the data of an image is looked for first (default: false)'),
  copyConcurrency: flag(whole(1), 'maximum concurrent copies and imports (default: 4)'),
  delayedDelete: flag(yesOrNo(), 'keep the data of deleted images for --scrub-time (default: false)'),
  scrubTime: flag(whole(0), 'seconds between a delayed deletion and the removal of the data (default: 0)'),
  keepDeletedDays: flag(
    whole(0),
    'days after which only the id of a deleted image is kept; 0: keep the record forever (default: 30)',
  ),
  sweepInterval: flag(whole(0), 'seconds between sweeps of the janitor; 0: never (default: 60)'),
} satisfies { readonly [Name in keyof ImageRegistryOptions]?: Flag<ImageRegistryOptions[Name]> };

const SOURCES = {
  allowSources: flag(
    list(),
    'networks that may be fetched from, on any port, in addition to public addresses on ports 80 and 443',
    [],
  ),
};

/** Every flag by the name of its setting, in the groups of `--help`: `imageSizeCap` is `--image-size-cap`. */
export const GROUPS = {
  Server: SERVER,
  Storage: STORAGE,
  Callers: CALLERS,
  'Images and limits': REGISTRY,
  Sources: SOURCES,
};

type Flags = typeof SERVER & typeof STORAGE & typeof CALLERS & typeof REGISTRY & typeof SOURCES;

/** The value of every flag. */
export type Settings = { readonly [Name in keyof Flags]: Flags[Name]['default'] };

/** How the environment variables of this server begin. */
export const VARIABLES = 'IMAGE_REGISTRY_';

/** The flag of a setting: `--image-size-cap`. */
export function flagOf(name: string): string {
  return `--${kebab(name)}`;
}

/** The environment variable of a setting: `IMAGE_REGISTRY_IMAGE_SIZE_CAP`. */
export function variableOf(name: string): string {
  return VARIABLES + kebab(name).toUpperCase().replaceAll('-', '_');
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
