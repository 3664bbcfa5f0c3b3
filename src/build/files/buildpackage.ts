import * as z from "zod";

/**
 * The JSON documents of a `.cnb` file, an OCI image layout that holds buildpacks. Written by `pack buildpack package`.
 * Read by build (`buildpack-sources/package-file.ts`). cnb.md §2, OCI image specification 1.1.
 */
const DIGEST = z.string().regex(/^sha256:[0-9a-f]{64}$/, "is no sha256 digest");
const DESCRIPTOR = z.object({
  mediaType: z.string().default(""),
  digest: DIGEST,
  size: z.number().int().nonnegative(),
  platform: z.object({ os: z.string().default(""), architecture: z.string().default("") }).optional(),
});

/** A pointer to a blob, with the size and digest it must have. */
export type Descriptor = z.infer<typeof DESCRIPTOR>;

/** `index.json`, and an index behind it. */
export const INDEX = z.object({ manifests: z.array(DESCRIPTOR).min(1) });

/** An image's manifest: its config and its layers, the lowest first. */
export const MANIFEST = z.object({ config: DESCRIPTOR, layers: z.array(DESCRIPTOR) });

/** An image's config: the layers' uncompressed digests in the manifest's order, and labels. */
export const CONFIG = z.object({
  rootfs: z.object({ diff_ids: z.array(DIGEST) }),
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

/** Label `io.buildpacks.buildpackage.metadata`: the buildpack the package is about. */
export const PACKAGE_METADATA = z.object({ id: z.string(), version: z.string() });

/** Label `io.buildpacks.buildpack.layers`: every buildpack in it by id and version, with the layer that holds it. */
export const PACKAGE_LAYERS = z.record(z.string(), z.record(z.string(), z.object({ layerDiffID: DIGEST })));

export const METADATA_LABEL = "io.buildpacks.buildpackage.metadata";
export const LAYERS_LABEL = "io.buildpacks.buildpack.layers";
