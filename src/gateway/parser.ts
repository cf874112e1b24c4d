/** Socket.IO's parser (https://socket.io/docs/v4/custom-parser), for which a snapshot that many ask for is made JSON once. */
import { Decoder, Encoder, PacketType } from 'socket.io-parser';
import type { Packet } from 'socket.io-parser';
import type { Reply } from '../contracts/index.ts';
import { jsonOf } from './encoded.ts';

interface WithSnapshot {
  readonly snapshot?: object;
}

class SharingEncoder extends Encoder {
  override encode(packet: Packet): ReturnType<Encoder['encode']> {
    return packet.type === PacketType.ACK
      ? (answerWith(packet) ?? super.encode(packet))
      : super.encode(packet);
  }
}

/** The answer to a request, with a snapshot in it; null for any other. */
function answerWith({ id, data }: Packet): [string] | null {
  const [reply] = data as readonly [Reply<WithSnapshot | null>]; // safety: acknowledgements are replies
  if (!reply.ok || reply.value?.snapshot === undefined) return null;
  const { snapshot, ...rest } = reply.value;
  const others = JSON.stringify(rest).slice(1, -1);
  const value = `{${others}${others === '' ? '' : ','}"snapshot":${jsonOf(snapshot)}}`;
  return [`${PacketType.ACK}${id}[{"ok":true,"value":${value}}]`];
}

export const parser = { Encoder: SharingEncoder, Decoder };
