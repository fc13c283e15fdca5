import type { JsonReadOptions, JsonValue, Message } from '@bufbuild/protobuf';
import { TwirpError } from './twirp-error.js';

type AnyMessage = Message<AnyMessage>;

/** A class of messages that can be decoded. */
export interface MessageType<T = AnyMessage> {
  fromBinary(bytes: Uint8Array): T;
  fromJson(json: JsonValue, options: Partial<JsonReadOptions>): T;
  fromJsonString(json: string, options: Partial<JsonReadOptions>): T;
}

/** The encoding of a call. The simulator works with JSON inside, whatever encoding a client uses. */
export interface Encoding {
  contentType: string;
  /** @throws TwirpError malformed */
  read(body: Buffer, type: MessageType): JsonValue;
  write(json: string, type: MessageType): string | Uint8Array;
}

const JSON_ENCODING: Encoding = {
  // Without a charset: with one, LiveKit's SDK does not read the error's code.
  contentType: 'application/json',
  read: (body) => orMalformed('json', () => JSON.parse(body.toString()) as JsonValue),
  write: (json) => json,
};

const PROTOBUF_ENCODING: Encoding = {
  contentType: 'application/protobuf',
  read: (body, type) => orMalformed('protobuf', () => type.fromBinary(body).toJson()),
  write: (json, type) => type.fromJsonString(json, { ignoreUnknownFields: true }).toBinary(),
};

const ENCODINGS = [JSON_ENCODING, PROTOBUF_ENCODING];

/** @param contentType the header of the request; its parameters are ignored */
export function encodingOf(contentType: string): Encoding | undefined {
  const type = contentType.split(';')[0]?.trim().toLowerCase();
  return ENCODINGS.find((encoding) => encoding.contentType === type);
}

function orMalformed<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new TwirpError('malformed', `the ${what} request could not be decoded`);
  }
}
