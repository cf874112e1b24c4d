/** What is answered to what is no HTTP, or does not come in time: as Node does, but for uploads. */
import type { Socket } from 'node:net';
import type { Peers } from './peers.ts';

const ANSWERS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

interface InFlight {
  readonly _httpMessage?: { readonly headersSent: boolean } | null;
}

export function clientErrors(
  peers: Peers,
): (error: Error & { readonly code?: string }, socket: Socket) => void {
  return (error, socket) => {
    const { code = '' } = error;
    // Told once, and only when its body takes longer than others may.
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT' && peers.of(socket).isUploading) return;
    const { _httpMessage: answer } = socket as InFlight; // safety: Node's own field; absent: nothing is being answered
    if (socket.writable && answer?.headersSent !== true)
      socket.write(`HTTP/1.1 ${ANSWERS[code] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
    socket.destroy(error);
  };
}
