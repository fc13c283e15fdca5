import type { EgressInfo } from '@livekit/protocol';
import type { Message } from '@bufbuild/protobuf';

type AnyMessage = Message<AnyMessage>;

/** Placeholders for storage secrets in EgressInfo. See livekit/protocol, `egress/redact.go`. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  accessKey: '{access_key}',
  secret: '{secret}',
  sessionToken: '{session_token}',
  assumeRoleArn: '{assume_role_arn}',
  assumeRoleExternalId: '{assume_role_external_id}',
  credentials: '{credentials}',
  accountName: '{account_name}',
  accountKey: '{account_key}',
  username: '{username}',
  password: '{password}',
};

/** A copy of a request with its storage secrets replaced. */
export function withoutSecrets(request: EgressInfo['request']): EgressInfo['request'] {
  const value = request.value?.clone();
  if (value) redact(value);
  return { case: request.case, value } as EgressInfo['request'];
}

function redact(message: AnyMessage): void {
  const values = message as unknown as Record<string, unknown>;
  for (const [name, value] of Object.entries(values)) {
    const placeholder = PLACEHOLDERS[name];
    if (placeholder !== undefined && typeof value === 'string' && value !== '') values[name] = placeholder;
    else for (const inner of messagesIn(value)) redact(inner);
  }
}

function messagesIn(value: unknown): AnyMessage[] {
  if (Array.isArray(value)) return value.flatMap(messagesIn);
  if (typeof value !== 'object' || value === null) return [];
  if ('getType' in value) return [value as AnyMessage];
  return 'case' in value && 'value' in value ? messagesIn(value.value) : [];
}
