import type { JsonObject, JsonValue, Message } from '@bufbuild/protobuf';

type AnyMessage = Message<AnyMessage>;

/**
 * A message in the JSON of livekit-server: snake_case, with all defaults, unset messages as null, int64 as strings.
 *
 * @see twitchtv/twirp: `protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}`
 */
export function toWireJson(message: object): string {
  return JSON.stringify(toWireObject(message as AnyMessage));
}

function toWireObject(message: AnyMessage): JsonObject {
  const json = message.toJson({ emitDefaultValues: true, useProtoFieldName: true }) as JsonObject;
  return withNulls(message, json);
}

/** Go writes null for unset messages, while protobuf-es omits them. */
function withNulls(message: AnyMessage, json: JsonObject): JsonObject {
  const values = message as unknown as Record<string, unknown>;
  for (const field of message.getType().fields.list()) {
    if (field.kind !== 'message') continue;
    const present = field.oneof ? selected(values[field.oneof.localName], field.localName) : values[field.localName];
    const current = json[field.name];
    if (Array.isArray(present) && Array.isArray(current)) {
      json[field.name] = current.map((item, index): JsonValue => withNulls(present[index] as AnyMessage, item as JsonObject));
    } else if (isMessage(present) && isJsonObject(current)) {
      json[field.name] = withNulls(present, current);
    } else if (present === undefined && !field.oneof) {
      json[field.name] = null;
    }
  }
  return json;
}

function selected(oneof: unknown, localName: string): unknown {
  const { case: chosen, value } = oneof as { case?: string; value?: unknown };
  return chosen === localName ? value : undefined;
}

function isMessage(value: unknown): value is AnyMessage {
  return typeof value === 'object' && value !== null && 'getType' in value;
}

function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
