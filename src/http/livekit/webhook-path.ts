/**
 * Whether a request is LiveKit's webhook. LiveKit's configuration takes any URL, also one that ends or is joined with a slash too many.
 *
 * @param url path of a request, with or without its query
 */
export function isWebhookPath(url: string): boolean {
  return /^\/+livekit\/+webhook\/*(\?|$)/i.test(url);
}
