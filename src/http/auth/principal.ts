export type CredentialKind = 'apiKey';

/** The client that makes a request. */
export interface Principal {
  kind: CredentialKind;
  /** Opaque id of the credential: the same for each request with it, and different from that of every other credential. */
  credentialId: string;
}
