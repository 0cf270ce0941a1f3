// Files on their way to the hub, with how far they are.
import { callerHeaders, callerLost, newKey, Refused, Unreachable, type Problem, type Schema } from '../api/client';

export type Upload = Schema['Upload'];

/** Hands a file over. `progress` is told how much has left, 0 to 1. */
export function upload(file: File, progress: (part: number) => void, signal: AbortSignal): Promise<Upload> {
  return new Promise((resolve, reject) => {
    // fetch does not tell how far it is.
    const request = new XMLHttpRequest();
    request.open('POST', `/v1/uploads?name=${encodeURIComponent(file.name.slice(0, 255) || 'file')}`);
    for (const [name, value] of Object.entries(callerHeaders(true))) request.setRequestHeader(name, value);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader('Idempotency-Key', newKey());
    request.responseType = 'text';
    request.upload.onprogress = (e) => {
      if (e.lengthComputable) progress(e.loaded / e.total);
    };
    request.onerror = () => reject(new Unreachable(new Error('upload')));
    request.onabort = () => reject(new DOMException('aborted', 'AbortError'));
    request.onload = () => {
      try {
        const body: unknown = JSON.parse(request.responseText);
        if (request.status === 201) return resolve(body as Upload);
        if (request.status === 401) callerLost();
        reject(new Refused(request.status, body as Problem, null));
      } catch (cause) {
        reject(new Unreachable(cause));
      }
    };
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
