import http from 'node:http';

export interface SlowUpload {
  /** Sends some of the data. */
  send(data: string): void;
  /** Ends the data. */
  end(): void;
  /** The answer's status; rejects when the connection breaks before there is one. */
  readonly status: Promise<number>;
}

/** Starts to create an image whose data comes bit by bit. */
export function startSlowUpload(baseUrl: string, headers: Readonly<Record<string, string>> = {}): SlowUpload {
  const request = http.request(`${baseUrl}/v1/images`, {
    method: 'POST',
    agent: false,
    headers: {
      'content-type': 'application/octet-stream',
      'x-image-meta-name': 'slow',
      'x-image-meta-disk_format': 'raw',
      'x-image-meta-container_format': 'bare',
      ...headers,
    },
  });
  const status = new Promise<number>((resolve, reject) => {
    request.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once('error', reject);
  });
  return { send: (data) => void request.write(data), end: () => void request.end(), status };
}
