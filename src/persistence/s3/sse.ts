import type { SseConfig } from '../../config/config.js';

/** The members that carry the customer's key in a request about one object. */
export interface CustomerKey {
  SSECustomerAlgorithm?: 'AES256';
  SSECustomerKey?: string;
}

/** What a request which reads an object needs: nothing, but for the customer's key. The SDK adds the key's MD5. */
export function customerKeyOf(sse: SseConfig | undefined): CustomerKey {
  return sse?.type === 'SSE-C' ? { SSECustomerAlgorithm: 'AES256', SSECustomerKey: sse.customerKey } : {};
}
