import type { IncomingMessage } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import { isRegistryError, RegistryError } from '../errors.js';
import type { Body } from './body.js';
import type { HeldBody } from './read-budget.js';

/** Most bytes of a field's value and of its name, and of all fields with their names. */
const FIELD_SIZE = 64 * 1024;
const NAME_SIZE = 300;
const FIELDS_SIZE = 256 * 1024;
/** Bytes of a form besides its file, at most: the fields, and what stands around all parts. */
export const FORM_OVERHEAD = 1024 * 1024;

/** A `multipart/form-data` body, read up to its file. */
export interface Form {
  /** Fields in order; names may occur twice. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The file's bytes, which end only when the whole form was well-formed; null when the form had no file. */
  readonly file: Readable | null;
}

/**
 * Reads a form, RFC 7578: fields first, then at most one file. Resolves when the file begins, or at the end when there is none.
 *
 * @param maxFields most fields
 * @param held counts the fields that are kept in memory, and is ended
 * @throws RegistryError `bad_request` for a malformed form, a truncated field or a second file; `too_large` for too many fields, or too
 *   many bytes in them; `unavailable` when too much is read already.
 *   What comes to light only behind the beginning of the file is an error of its stream.
 */
export async function readForm(
  request: IncomingMessage,
  body: Body,
  maxFields: number,
  held: HeldBody,
): Promise<Form> {
  const parser = newParser(request, maxFields);
  const fields: [string, string][] = [];
  let size = 0;
  let file: PassThrough | null = null;
  let failed = false;
  const { promise, resolve, reject } = deferred<Form>();
  const fail = (error: RegistryError): void => {
    failed = true;
    reject(error);
    parser.destroy(error);
    file?.destroy(error);
  };
  const keep = (name: string, value: string): void => {
    const bytes = Buffer.byteLength(name) + Buffer.byteLength(value);
    size += bytes;
    try {
      if (size > FIELDS_SIZE)
        throw new RegistryError(
          'too_large',
          `The fields of a form have at most ${FIELDS_SIZE} bytes together.`,
        );
      held.add(bytes);
      fields.push([name, value]);
    } catch (error) {
      fail(asRefusal(error));
    }
  };
  // What else is in the chunk that failed is still parsed.
  parser.on('field', (name: string | undefined, value, info) => {
    if (failed) return;
    if (name === undefined) fail(new RegistryError('bad_request', 'A field of the form has no name.'));
    else if (file !== null) fail(new RegistryError('bad_request', `The field ${name} comes after the file.`));
    else if (info.nameTruncated || info.valueTruncated)
      fail(new RegistryError('bad_request', 'A field of the form is too long.'));
    else keep(name, value);
  });
  parser.on('file', (_name, part) => {
    // Its errors are the parser's, too.
    part.on('error', () => part.resume());
    if (failed) {
      part.resume();
      return;
    }
    file = new PassThrough();
    // It may fail before anybody reads it; whoever begins to then is told at once.
    file.on('error', () => undefined);
    // The form may still turn out to be malformed: the file ends when the form does.
    part.pipe(file, { end: false });
    file.once('close', () => part.resume());
    resolve({ fields, file });
  });
  parser.on('filesLimit', () => fail(new RegistryError('bad_request', 'A form has at most one file.')));
  for (const limit of ['fieldsLimit', 'partsLimit'] as const)
    parser.on(limit, () => fail(new RegistryError('too_large', `A form has at most ${maxFields} fields.`)));
  pipeline(body.open(), parser).then(
    () => {
      file?.end();
      resolve({ fields, file: null });
    },
    (error: unknown) => fail(asRefusal(error)),
  );
  return promise.finally(() => held.end());
}

function asRefusal(error: unknown): RegistryError {
  if (isRegistryError(error)) return error;
  return new RegistryError('bad_request', 'The form is malformed.', { cause: error });
}

function newParser(request: IncomingMessage, maxFields: number): busboy.Busboy {
  const limits = {
    fieldNameSize: NAME_SIZE,
    fieldSize: FIELD_SIZE,
    fields: maxFields,
    files: 1,
    parts: maxFields + 2,
    headerPairs: 32,
  };
  try {
    return busboy({ headers: request.headers, limits, defParamCharset: 'utf8' });
  } catch (error) {
    throw new RegistryError('bad_request', 'The form has no boundary.', { cause: error });
  }
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((done, fail) => {
    resolve = done;
    reject = fail;
  });
  return { promise, resolve, reject };
}
