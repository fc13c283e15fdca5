export type CredentialKind = 'apiKey';

/** The client that makes a request. */
export interface Principal {
  kind: CredentialKind;
}
