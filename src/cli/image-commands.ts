import type { CommandSpec } from "./command.ts";

/** The commands that turn releases into container images. */
export const IMAGE_COMMANDS: readonly CommandSpec[] = [
  {
    name: "image:export",
    summary: "Turn a release into a container image",
    description: [
      "Writes an OCI image layout into a folder, or a file that `docker load` reads. Nothing is pushed anywhere.",
      "`portside image:export --docker-archive - | docker load` needs no file in between.",
      "The image stands on --run-image: an OCI image layout or what `docker save` writes, a folder or a file. Without it the image holds nothing but the app, which is enough for static programs alone.",
      "Programs that the build took from this machine, such as `node` for an app without its own, must be in the run image.",
      "Other Cloud Native Buildpacks tools read the image: process types are `/cnb/process/TYPE`, labels are the usual ones. The same release gives the same digests. SOURCE_DATE_EPOCH sets its date.",
    ],
    arguments: [{ name: "RELEASE", required: false, summary: "`v3` or `3`; default: the current one" }],
    flags: {
      oci: { kind: "text", value: "DIR", summary: "Write an OCI image layout; one that is there gets another image" },
      "docker-archive": {
        kind: "text",
        value: "FILE",
        summary: "Write a file for `docker load`; `-` is standard output",
      },
      "run-image": { kind: "text", value: "PATH", summary: "What the image stands on" },
      "without-base": {
        kind: "switch",
        summary: "Leave the run image's layers out of the file, for a Docker that has them",
      },
      tag: { kind: "text", value: "NAME", summary: "What the image is called in the layout; default: `v3`" },
      "default-process": { kind: "text", value: "TYPE", summary: "What the image starts; default: the build's choice" },
      compression: {
        kind: "text",
        value: "KIND",
        summary: "How a layout's layers are stored: zstd (default), gzip for older tools, or none",
      },
    },
    examples: [
      "image:export --oci ./shop-image --run-image ./debian",
      "image:export v3 --docker-archive shop.tar --run-image base.tar",
    ],
    load: () => import("./commands/image/export.ts"),
  },
];
