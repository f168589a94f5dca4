export type Part =
  | { readonly field: string; readonly value: string | Buffer }
  | { readonly file: string; readonly data: Buffer | string };

const BOUNDARY = 'frontier 4711';

/** The Content-Type of `formOf`. */
export const FORM = { 'content-type': `multipart/form-data; boundary="${BOUNDARY}"` } as const;

/** A field of a form. */
export const field = (name: string, value: string | Buffer): Part => ({ field: name, value });

/** A file of a form, as the field that browsers call it. */
export const file = (data: Buffer | string, name = 'file'): Part => ({ file: name, data });

/** A `multipart/form-data` body, RFC 7578. */
export function formOf(...parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap((part) => {
    const [name, value, more] =
      'field' in part
        ? [part.field, part.value, '']
        : [part.file, part.data, '; filename="disk.img"\r\nContent-Type: application/x-raw'];
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')];
  });
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}
