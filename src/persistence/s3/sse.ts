import type { SseConfig } from '../../config/config.js';

/** What a request which reads an object needs: nothing, but for the customer's key. The SDK adds the key's MD5. */
export function customerKeyOf(sse: SseConfig | undefined): { SSECustomerAlgorithm?: 'AES256'; SSECustomerKey?: string } {
  return sse?.type === 'SSE-C' ? { SSECustomerAlgorithm: 'AES256', SSECustomerKey: sse.customerKey } : {};
}
