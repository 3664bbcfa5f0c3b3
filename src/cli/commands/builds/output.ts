import type { OperationEvent } from "../../../model/operation.ts";
import type { BuildOutput } from "../../../wire/builds.ts";
import { chooseApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { followEvents } from "../../event-follow.ts";
import { outputLine, sectionLine } from "../../output/operation-lines.ts";
import { wantedBuild } from "./info.ts";

/** `portside builds:output`. Exit 0 whatever the build came to: this only shows it. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const app = await chooseApp(context, input);
  const path = `/v1/apps/${app}/builds/${wantedBuild(input)}`;
  const shown = await client.get<BuildOutput>(`${path}/output`, signal);
  const isOpen = shown.build.endedAt === null;
  if (input.switches.has("follow") && isOpen) {
    await follow(context, shown.build.operation);
    return 0;
  }
  for (const event of shown.events) print(context, event);
  if (shown.events.length === 0)
    screen.line(isOpen ? "There is no output yet." : `The output of build ${shown.build.number} is no longer kept.`);
  return 0;
}

/** Everything from the start, then new lines until the build step ends or Ctrl-C ends this. */
async function follow(context: CommandContext, operation: number): Promise<void> {
  const { client, clock, screen, interrupts } = context;
  const stopping = new AbortController();
  const signal = AbortSignal.any([context.signal, stopping.signal]);
  const path = `/v1/operations/${operation}/events`;
  const onLost = (): void => screen.error("The server does not answer; trying again for 30 s.");
  const isLast = (message: { readonly event?: string; readonly data: string }): boolean =>
    message.event === "ended" || isBuildEnd(JSON.parse(message.data) as OperationEvent);
  try {
    await interrupts.during(
      () => stopping.abort(),
      async () => {
        for await (const message of followEvents({ client, clock, signal, path, onLost, isLast })) {
          const event = JSON.parse(message.data) as OperationEvent;
          if ((event.type === "output" || event.type === "section") && event.step === "build") print(context, event);
        }
      },
    );
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
}

function isBuildEnd(event: OperationEvent): boolean {
  return event.type === "stepEnded" && event.step === "build";
}

type Shown = BuildOutput["events"][number] | Extract<OperationEvent, { type: "output" | "section" }>;

function print({ screen }: CommandContext, event: Shown): void {
  screen.event(event);
  const canvas = { style: screen.style, columns: screen.columns };
  if (event.type === "output") return screen.line(outputLine(canvas, event.text));
  const { name, state } = event;
  const durationMs = "durationMs" in event ? (event.durationMs ?? 0) : 0;
  screen.line(sectionLine(canvas, state === "started" ? { name, state } : { name, state, durationMs }));
}
