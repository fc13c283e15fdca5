import type { JsonReadOptions, JsonValue, Message } from '@bufbuild/protobuf';
import { TwirpError } from './twirp-error.js';

type AnyMessage = Message<AnyMessage>;

/** A class of messages, as far as the wire is concerned. */
export interface MessageType<T = AnyMessage> {
  fromBinary(bytes: Uint8Array): T;
  fromJson(json: JsonValue, options: Partial<JsonReadOptions>): T;
  fromJsonString(json: string, options: Partial<JsonReadOptions>): T;
}

/** How the messages of a call are written. The simulator itself speaks JSON, whichever a client has chosen. */
export interface Encoding {
  contentType: string;
  /** @throws TwirpError malformed */
  read(body: Buffer, type: MessageType): JsonValue;
  write(json: string, type: MessageType): string | Uint8Array;
}

const JSON_ENCODING: Encoding = {
  // Exactly this, without a charset: with one, the SDK does not read the error's code.
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

/** @param contentType of the request; its parameters do not matter */
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
