import { isoTime } from "../../lib/clock.ts";
import type { AppName } from "../../model/app.ts";
import { freezeAt, type Freeze, type SettingsChange } from "../../model/app-settings.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { Intent } from "../../model/intent.ts";
import type { OperationKind } from "../../model/operation.ts";
import type { World } from "../world.ts";

/** What a freeze holds back: everything that would put another release in force, and the end of the app. Decision 0034. */
const FROZEN: ReadonlySet<OperationKind> = new Set(["deploy", "config", "rollback", "destroy"]);

/** Throws E_APP_FROZEN when the app is frozen now, for this kind of operation, and nobody said why it goes on all the same. */
export function refuseFrozen(
  { store, clock }: Pick<World, "store" | "clock">,
  app: AppName,
  asked: { readonly kind: OperationKind; readonly intent: Intent },
): void {
  if (!FROZEN.has(asked.kind) || asked.intent.overrideReason !== undefined) return;
  const settings = store.apps.find(app)?.settings;
  const freeze = settings === undefined ? undefined : freezeAt(settings, clock.now());
  if (freeze === undefined) return;
  throw new PortsideError("E_APP_FROZEN", { app, until: untilText(freeze), reason: freeze.reason, by: freeze.by });
}

/** `freeze until 2026-12-24T18:00:00.000Z: holidays`, `tests on`. */
export function describeChange({ freeze, tests }: SettingsChange): string {
  const parts = [
    freeze === undefined ? "" : freeze === null ? "unfreeze" : `freeze ${untilText(freeze)}: ${freeze.reason}`,
    tests === undefined ? "" : `tests ${tests ? "on" : "off"}`,
  ];
  return parts.filter(Boolean).join(", ");
}

function untilText({ until }: Freeze): string {
  return until === undefined ? "until it is lifted" : `until ${isoTime(until)}`;
}
