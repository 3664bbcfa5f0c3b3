import { spotInAppJson } from "../app-json-findings.ts";
import { memberOf, membersOf } from "../app-json-text.ts";
import { appJsonMember, type AppSource } from "../app-source.ts";
import type { Spot } from "../finding.ts";
import { on, type Rule } from "../rule.ts";

/** RT: what happens while the app runs. */
export const RT_RULES: readonly Rule[] = [
  {
    code: "RT001",
    title: "The health check's path does not answer 200",
    severity: on("warning", "apppack"),
    why: "AppPack's load balancer accepts the status 200 alone. A path that redirects to a login page, or that asks for a password, keeps the app out of service.",
    fix: "Give the check a path of its own that answers 200 to everybody.",
    check: { from: "elsewhere", needs: "a running app that is asked for the path" },
  },
  {
    code: "RT002",
    title: "The app refuses the host name of the health check",
    severity: on("warning", "aptible"),
    why: "Aptible's health checks come with `Host: containers`. A framework with a list of allowed hosts answers them with an error.",
    fix: "Allow the host `containers`, at least for the path of the check.",
    check: { from: "elsewhere", needs: "a running app that is asked under that host name" },
  },
  {
    code: "RT003",
    title: "The stop timeout is longer than the platform waits",
    severity: on("warning", "heroku", "heroku-cnb", "dokku", "aptible"),
    why: "`stop_timeout` is Portside's key; other platforms have limits of their own. Aptible kills a program 10 s after its SIGTERM, Heroku and Dokku after 30 s.",
    fix: "Make the shutdown shorter, or set the platform's own stop timeout where it has one.",
    check: {
      from: "files",
      find: findLongStops,
      example: {
        platform: "aptible",
        files: {
          Procfile: "web: bin/web\n",
          "app.json": '{\n  "formation": {\n    "web": {"stop_timeout": 20}\n  }\n}\n',
        },
        fixed: {
          Procfile: "web: bin/web\n",
          "app.json": '{\n  "formation": {\n    "web": {"stop_timeout": 10}\n  }\n}\n',
        },
      },
    },
  },
];

function findLongStops(app: AppSource): readonly Spot[] {
  const max = app.facts.stopTimeoutMaxS;
  if (max === undefined) return [];
  return membersOf(appJsonMember(app, "formation")?.node).flatMap(({ node }) => {
    const timeout = memberOf(node, "stop_timeout", false);
    if (timeout?.node.kind !== "number" || timeout.node.value <= max) return [];
    const message = `${app.facts.title} kills the program after ${max} s, not ${timeout.node.value} s.`;
    return [
      spotInAppJson(app, timeout.offset, {
        message,
        hint: "Shorten the shutdown, or set the platform's own stop timeout.",
      }),
    ];
  });
}
