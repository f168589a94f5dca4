import type { Response } from 'express';

/** An answer without a body has no Content-Type either: glanceclient would parse it. */
export function sendNothing(response: Response): void {
  response.statusCode = 204;
  response.end();
}
