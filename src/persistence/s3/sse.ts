import type { SseConfig } from '../../config/config.js';

/** The members that a read request needs: the customer's key for SSE-C, otherwise none. The SDK adds the key's MD5. */
export function customerKeyOf(sse: SseConfig | undefined): { SSECustomerAlgorithm?: 'AES256'; SSECustomerKey?: string } {
  return sse?.type === 'SSE-C' ? { SSECustomerAlgorithm: 'AES256', SSECustomerKey: sse.customerKey } : {};
}
