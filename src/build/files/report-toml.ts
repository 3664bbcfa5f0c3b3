import { formatDocument } from "./toml-document.ts";

/**
 * `<layers>/report.toml`: what export made.
 * Written by export. Read by the platform that called it. Not in the image. cnb.md §8.4.
 */
export type ReportToml = {
  readonly tags: readonly string[];
  /** Digest of the manifest. */
  readonly digest: string;
  readonly manifestSizeBytes: number;
};

/** The document's text. */
export function formatReportToml({ tags, digest, manifestSizeBytes }: ReportToml): string {
  return formatDocument({ image: { tags, digest, "manifest-size": manifestSizeBytes } });
}
