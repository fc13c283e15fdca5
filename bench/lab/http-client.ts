import { Agent, request } from 'node:http';

export interface Answer {
  status: number;
  body: string;
  ms: number;
}

/** A client that keeps its connections and takes little time itself. */
export function createHttpClient(connections = 256) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    call(method: string, url: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
      return new Promise((resolve, reject) => {
        const begunAt = performance.now();
        const outgoing = request(
          url,
          {
            method,
            agent,
            headers: { ...headers, ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }) },
          },
          (incoming) => {
            const chunks: Buffer[] = [];
            incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
            incoming.on('error', reject);
            incoming.on('end', () => {
              const text = Buffer.concat(chunks).toString('utf8');
              resolve({ status: incoming.statusCode ?? 0, body: text, ms: performance.now() - begunAt });
            });
          },
        );
        outgoing.on('error', reject);
        outgoing.end(body);
      });
    },
    close() {
      agent.destroy();
    },
  };
}

export type HttpClient = ReturnType<typeof createHttpClient>;

/** Do the same work for every item, `width` of them at once. The first failure ends it. */
export async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(width, items.length) }, async () => {
      while (next < items.length) await work(items[next++] as Item);
    }),
  );
}
