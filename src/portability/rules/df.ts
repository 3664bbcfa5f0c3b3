import {
  findEntrypointArguments,
  findMissingPrograms,
  findSecretArguments,
  findSharedHealthcheck,
  findUnclearPorts,
} from "../dockerfile-findings.ts";
import { on, type Rule } from "../rule.ts";

const APPPACK = '[build]\nsystem = "dockerfile"\n\n[services.web]\ncommand = "bin/web"\n';

/** DF: Dockerfiles. */
export const DF_RULES: readonly Rule[] = [
  {
    code: "DF001",
    title: "The image exposes several ports, or none",
    severity: on("warning", "aptible"),
    why: "Aptible sends requests to a port of `EXPOSE`. With several it picks the lowest **as text**: 443 comes before 80. With none it has nowhere to send them.",
    fix: "Expose one port in the last stage: the one that `web` listens on.",
    check: {
      from: "files",
      find: findUnclearPorts,
      example: {
        platform: "aptible",
        files: { Procfile: "web: exec bin/web\n", Dockerfile: "FROM debian:12\nCOPY . /app\nEXPOSE 80 443\n" },
        fixed: { Procfile: "web: exec bin/web\n", Dockerfile: "FROM debian:12\nCOPY . /app\nEXPOSE 80\n" },
      },
    },
  },
  {
    code: "DF002",
    title: "An ENTRYPOINT gets a command's shell syntax as arguments",
    severity: on("warning", "dokku", "aptible"),
    why: "An image with an ENTRYPOINT gets the Procfile's command as arguments. Nobody reads `&&`, `|` or `NAME=value` then: they arrive as words. `PF008` stands at the command itself.",
    fix: "Move the command into a script, or remove the ENTRYPOINT so that a shell runs the command.",
    check: {
      from: "files",
      find: findEntrypointArguments,
      example: {
        platform: "aptible",
        files: {
          Procfile: "web: bin/migrate && bin/web\n",
          Dockerfile: 'FROM debian:12\nCOPY . /app\nEXPOSE 3000\nENTRYPOINT ["/entry.sh"]\n',
        },
        fixed: {
          Procfile: "web: bin/start-web\n",
          Dockerfile: 'FROM debian:12\nCOPY . /app\nEXPOSE 3000\nENTRYPOINT ["/entry.sh"]\n',
        },
      },
    },
  },
  {
    code: "DF003",
    title: "One HEALTHCHECK for every process type",
    severity: on("warning", "aptible"),
    why: "Docker's HEALTHCHECK belongs to the image, so Aptible runs it in every service. A check that asks the web server fails in a worker.",
    fix: "Let the check look at `APTIBLE_PROCESS_TYPE` and do something else for each type.",
    check: {
      from: "files",
      find: findSharedHealthcheck,
      example: {
        platform: "aptible",
        files: {
          Procfile: "web: exec bin/web\nworker: exec bin/worker\n",
          Dockerfile: "FROM debian:12\nEXPOSE 80\nHEALTHCHECK CMD curl -f http://localhost/\n",
        },
        fixed: {
          Procfile: "web: exec bin/web\nworker: exec bin/worker\n",
          Dockerfile:
            'FROM debian:12\nEXPOSE 80\nHEALTHCHECK CMD [ "$APTIBLE_PROCESS_TYPE" != web ] || curl -f http://localhost/\n',
        },
      },
    },
  },
  {
    code: "DF004",
    title: "The image lacks what the platform's shell needs",
    severity: on("warning", "apppack"),
    why: "`apppack shell` needs sh, bash, sleep, pgrep, test and date in the image. `scratch` and distroless images have none of them, Alpine lacks bash.",
    fix: "Start the last stage from an image that has them, or install them.",
    check: {
      from: "files",
      find: findMissingPrograms,
      example: {
        platform: "apppack",
        files: { Dockerfile: "FROM node:24-alpine\nCOPY . /app\n", "apppack.toml": APPPACK },
        fixed: {
          Dockerfile: "FROM node:24-alpine\nRUN apk add --no-cache bash\nCOPY . /app\n",
          "apppack.toml": APPPACK,
        },
      },
    },
  },
  {
    code: "DF005",
    title: "A build argument would carry a secret",
    severity: on("error", "apppack"),
    why: "AppPack passes every config variable to a Dockerfile build as a build argument. What an `ARG` takes stays in the history of the image, for everyone who can pull it.",
    fix: "Take secrets by `RUN --mount=type=secret`, or when the app runs.",
    check: {
      from: "files",
      find: findSecretArguments,
      example: {
        platform: "apppack",
        files: { Dockerfile: "FROM debian:12\nARG NPM_TOKEN\nRUN bin/install\n", "apppack.toml": APPPACK },
        fixed: {
          Dockerfile: "FROM debian:12\nRUN --mount=type=secret,id=npm bin/install\n",
          "apppack.toml": APPPACK,
        },
      },
    },
  },
];
