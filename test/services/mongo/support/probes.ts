/** The answers of a process to one round of probes. */
export interface Probe {
  livez: number;
  readyz: number;
  /** The field `status` of `/readyz`; absent when the process is ready. */
  status?: string;
}

export interface Probes {
  readonly seen: readonly Probe[];
  /** Resolves when `/readyz` has answered 200. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

/** Waits until the port answers, then probes repeatedly. `stop` throws if a probe got no answer. */
export async function startProbes(url: string, everyMs: number): Promise<Probes> {
  const seen: Probe[] = [];
  let isStopped = false;
  let tellReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => (tellReady = resolve));
  await untilAnswering(url);
  const probing = (async () => {
    while (!isStopped) {
      const next = new Promise((resolve) => setTimeout(resolve, everyMs));
      const probe = await probeOnce(url).catch((error: unknown) => {
        if (isStopped) return undefined;
        throw error;
      });
      if (probe !== undefined) seen.push(probe);
      if (probe?.readyz === 200) tellReady();
      await next;
    }
  })();
  probing.catch(() => tellReady());
  return {
    seen,
    ready,
    async stop() {
      isStopped = true;
      await probing;
    },
  };
}

async function probeOnce(url: string): Promise<Probe> {
  const [livez, readyz] = await Promise.all([fetch(`${url}/livez`), fetch(`${url}/readyz`)]);
  await livez.text();
  const { status } = (await readyz.json()) as { status?: string };
  return { livez: livez.status, readyz: readyz.status, ...(status !== undefined && { status }) };
}

async function untilAnswering(url: string): Promise<void> {
  for (;;) {
    const isUp = await fetch(`${url}/livez`).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
