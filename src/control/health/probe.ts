/** Where a probe goes. */
export type ProbeTarget = { readonly host: string; readonly port: number };

/** `accepted`, or in words why not: `connection refused`, `no answer within 5 s`. */
export type ConnectResult =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly refused: boolean; readonly reason: string };

/** An HTTP answer, its body cut at 1 MiB, with where a redirect leads, or in words why there was none. */
export type HttpResult =
  | { readonly answered: true; readonly status: number; readonly body: string; readonly location?: string }
  | { readonly answered: false; readonly refused: boolean; readonly reason: string };

/** One GET request. */
export type HttpProbe = ProbeTarget & {
  readonly scheme: "http" | "https";
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
};

/** How health checks reach an instance; the simulator gives its own. */
export type Probe = {
  connect(target: ProbeTarget, limitMs: number, signal: AbortSignal): Promise<ConnectResult>;
  /** Redirects are not followed, certificates not verified (D62). */
  request(probe: HttpProbe, limitMs: number, signal: AbortSignal): Promise<HttpResult>;
};
