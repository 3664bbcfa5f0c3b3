import * as z from "zod";

const nameDiffSchema = z
  .object({ added: z.array(z.string()), removed: z.array(z.string()), changed: z.array(z.string()) })
  .meta({ id: "NameDiff" });

/** `GET /v1/apps/{app}/releases/{from}/diff/{to}`; null where what would have to be compared is not stored any more. */
export const releaseDiffSchema = z
  .object({
    files: nameDiffSchema.nullable(),
    /** Names only. */
    config: nameDiffSchema,
    processes: nameDiffSchema.nullable(),
    buildpacks: nameDiffSchema.nullable(),
    formation: nameDiffSchema,
  })
  .meta({ id: "ReleaseDiff" });
export type ReleaseDiffView = z.infer<typeof releaseDiffSchema>;

const storedSchema = z
  .object({ digest: z.string(), sizeBytes: z.number().int(), usedAt: z.iso.datetime() })
  .meta({ id: "Stored" });

/** `POST /v1/collections`. */
export const collectionRequestSchema = z.strictObject({ dryRun: z.boolean() }).meta({ id: "CollectionRequest" });
export type CollectionRequest = z.infer<typeof collectionRequestSchema>;

/** What was removed, or with `dryRun` would be. */
export const collectionSchema = z
  .object({
    artifacts: z.array(storedSchema),
    sources: z.array(storedSchema),
    /** A build was under way, so artifacts were left alone. */
    isHeldBack: z.boolean(),
  })
  .meta({ id: "Collection" });
export type CollectionView = z.infer<typeof collectionSchema>;
