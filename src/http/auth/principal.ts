export type CredentialKind = 'apiKey';

/** Who is asking. */
export interface Principal {
  kind: CredentialKind;
}
