// Exports a build's directory to a layout under umask 077 and prints the manifest's digest: `node export-once.ts DIR LAYOUT`.
import { OciLayout } from "../../src/build/image/oci-layout.ts";
import { exportSlugImage } from "../../src/build/image/slug-image.ts";
import { emptyImage } from "../../src/build/image/stored-image.ts";

process.umask(0o077);
const [directory = "", layout = ""] = process.argv.slice(2);
const { signal } = new AbortController();
const base = emptyImage({ os: "linux", architecture: "amd64" });
const image = await exportSlugImage(
  {
    directory,
    base,
    runImage: { reference: base.reference },
    previous: undefined,
    compression: "zstd",
    tag: "v1",
    processType: undefined,
    officialLauncher: Buffer.from("launcher"),
    version: "1.2.3",
    createdS: undefined,
    project: {},
    tell: () => undefined,
    signal,
  },
  new OciLayout(layout, signal),
);
console.log(image.manifest.digest);
