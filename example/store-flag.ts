import { list, type Kind } from './flag.js';
import { S3_ADDRESS } from './s3-address.js';

const WHERE = 'disk|disk:/path|memory|redis://host:port/db|s3://bucket/prefix|http';

/** Stores by name, such as `fast=disk`; the address of a Redis may hold a password and so is never repeated in a message. */
export function namedStores(): Kind<readonly string[]> {
  const { read, ...kind } = list();
  return {
    ...kind,
    argument: `name=${WHERE}`,
    read: (value) => {
      const stores = read(value);
      const names = stores.map((store) => nameAndPlace(store)[0]);
      if (stores.some((store) => !isStore(store))) throw new Error(`name=${WHERE}`);
      if (new Set(names).size < names.length) throw new Error('one store for each name');
      return stores;
    },
  };
}

function isStore(text: string): boolean {
  const [name, place] = nameAndPlace(text);
  return name !== '' && (/^(disk(:.+)?|memory|http|rediss?:\/\/.+)$/.test(place) || S3_ADDRESS.test(place));
}

/** Both sides of the first `=`. */
export function nameAndPlace(text: string): [name: string, place: string] {
  const end = text.indexOf('=');
  return [text.slice(0, end), text.slice(end + 1)];
}
