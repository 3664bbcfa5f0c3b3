import type { IncomingMessage } from "node:http";
import type { Clock } from "../lib/clock.ts";
import type { Secret } from "../lib/secret.ts";
import type { ControlPlane } from "../control/control-plane.ts";
import type { Principal } from "./access.ts";
import type { ApiLog } from "./api-log.ts";
import type { EventStreams } from "./event-stream.ts";
import type { ApiLimits } from "./limits.ts";

/** What the API is made from. Written by server. */
export type ApiOptions = {
  readonly control: ControlPlane;
  /** Bearer token for callers that did not come through the Unix socket. */
  readonly token: Secret;
  readonly clock: Clock;
  /** The published JSON Schema of app.json. */
  readonly appSchema: () => Record<string, unknown>;
  /** Portside's own, for the OpenAPI document. */
  readonly version: string;
  readonly log: ApiLog;
  /** Ends all event streams when it aborts. */
  readonly closing?: AbortSignal;
  readonly limits?: Partial<ApiLimits>;
};

/** What handlers work with. */
export type ApiContext = {
  readonly control: ControlPlane;
  readonly streams: EventStreams;
  readonly limits: ApiLimits;
  readonly log: ApiLog;
};

/** What the listener tells about a request, and what the middleware found out. */
export type ApiEnv = {
  Bindings: {
    /** The listener vouches for the peer: it came through the Unix socket. */
    readonly trusted?: boolean;
    readonly incoming?: IncomingMessage;
  };
  Variables: {
    principal: Principal | undefined;
    /** Counts from 1 at each start; the log and E_INTERNAL name it. */
    requestNumber: number;
  };
};
