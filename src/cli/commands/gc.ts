import type { CollectionRequest, CollectionView } from "../../wire/storage.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { formatTable } from "../output/table.ts";

const COLUMNS = [{ title: "WHAT" }, { title: "DIGEST" }, { title: "MB", align: "right" }] as const;
const DIGEST_CHARS = 19;
const MEGABYTE = 1_000_000;

/** `portside gc`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const body: CollectionRequest = { dryRun: input.switches.has("dry-run") };
  const found = await client.send<CollectionView>("POST", "/v1/collections", { body, signal });
  screen.result(found, () => lines(context, found, body.dryRun));
  return 0;
}

function lines({ screen }: CommandContext, found: CollectionView, dryRun: boolean): string[] {
  const kinds = [
    ["artifact", found.artifacts],
    ["source", found.sources],
  ] as const;
  const all = kinds.flatMap(([what, items]) => items.map((item) => ({ what, ...item })));
  const bytes = all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const rows = all.map(({ what, digest, sizeBytes }) => [what, digest.slice(0, DIGEST_CHARS), megabytes(sizeBytes)]);
  const held = found.isHeldBack ? ["A build is under way: artifacts are left alone until it has ended"] : [];
  if (rows.length === 0) return [...held, "Nothing to collect"];
  const verb = dryRun ? "Would free" : "Freed";
  return [...formatTable(screen.style, COLUMNS, rows), ...held, `${verb} ${megabytes(bytes)} MB`];
}

function megabytes(bytes: number): string {
  return (bytes / MEGABYTE).toFixed(1);
}
