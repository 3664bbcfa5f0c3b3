import * as z from "zod";

/** `POST /v1/apps/{app}/images`. */
export const imageRequestSchema = z
  .object({
    /** Absent: the current one. */
    release: z.number().int().min(1).optional(),
    compression: z.enum(["zstd", "gzip", "none"]).default("zstd"),
    /** Digest that `POST /v1/run-images` gave; absent: the image holds nothing but the app. */
    runImage: z.string().optional(),
    processType: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,100}$/)
      .optional(),
    /** Seconds since 1970, for the image's date; absent: 1980-01-01T00:00:01Z. */
    createdS: z.number().int().min(0).max(253_402_300_799).optional(),
  })
  .meta({ id: "ImageRequest" });
export type ImageRequest = z.input<typeof imageRequestSchema>;

export const imageSchema = z
  .object({
    /** Of the manifest. */
    digest: z.string(),
    /** Of the config: what container engines call the image id. */
    imageId: z.string(),
    /** `v3`. */
    tag: z.string(),
    entrypoint: z.array(z.string()),
    appDir: z.string(),
    layersDir: z.string(),
    /** What was added and what was taken from the image before, a line each. */
    log: z.array(z.string()),
    /** What the user should know. */
    notes: z.array(z.string()),
  })
  .meta({ id: "Image" });
export type ImageView = z.infer<typeof imageSchema>;

/** `POST /v1/run-images`. */
export const runImageSchema = z.object({ digest: z.string() }).meta({ id: "RunImage" });
export type RunImageView = z.infer<typeof runImageSchema>;
