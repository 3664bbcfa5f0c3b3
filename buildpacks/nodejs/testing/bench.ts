import { chmodSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { ForeignLifecycle, type Run } from "../../foreign-lifecycle.ts";

/**
 * Stands in for a package manager: notes how it is called and makes what it would. A lock of `broken` fails like npm's.
 * `pack` makes the archive of a package that holds this same program under its own name, so that other managers are it too.
 */
const TOOL = `#!/bin/sh
tool=\${0##*/}; tool=\${tool%.js}
echo "$tool $* NODE_ENV=$NODE_ENV" >>"$HOME/calls"
[ "$NOTE_ENV" = 1 ] && env | sort >"$HOME/env-$1"
case "$1" in
  view)
    case $2 in
      npm) echo '["6.14.18", "10.9.0", "11.2.0", "12.1.0"]' ;;
      yarn) echo '["1.22.19", "1.22.22", "2.4.3"]' ;;
      @yarnpkg/cli-dist) echo '["2.4.2", "3.8.6", "4.1.0", "4.18.1"]' ;;
      pnpm) echo '["7.33.0", "8.15.9", "9.15.0", "10.34.8", "11.2.0", "12.20.0"]' ;;
      *) echo '["18.1.0", "20.5.0", "20.6.0-rc.1", "99.1.0", "99.2.0"]' ;;
    esac ;;
  pack)
    parcel=$HOME/parcel; rm -rf "$parcel"; mkdir -p "$parcel/package/bin" "$parcel/package/include/node" "$parcel/package/share"
    name=\${2%@*}; name=\${name##*/}; [ "$name" = cli-dist ] && name=yarn
    case $name in
      node-*) printf '#!/bin/sh\\necho other\\n' >"$parcel/package/bin/node" ;;
      exe.*) cp "$HOME/../tools/bin/npm" "$parcel/package/pnpm" ;;
      *) cp "$HOME/../tools/bin/npm" "$parcel/package/bin/$name.js"
        echo "{\\"bin\\": {\\"$name\\": \\"bin/$name.js\\"}}" >"$parcel/package/package.json" ;;
    esac
    : >"$parcel/package/include/node/node_version.h"
    tar -czf "$5/parcel.tgz" -C "$parcel" package ;;
  ci | install | workspaces)
    if grep -q broken package-lock.json 2>/dev/null; then printf 'npm error %s\\n' 'code EUSAGE' '' 'Missing: dep@1.0.0 from lock file' '' 'Clean install' '' 'Usage:' 'npm ci' >&2; exit 5; fi
    rm -rf node_modules && mkdir -p node_modules/dep node_modules/dev node_modules/.bin && echo "$2" >node_modules/dep/kind
    : >node_modules/.bin/dep; case " $* " in *" --omit=dev "* | *" --prod "* | *production* | " workspaces "*) rm -r node_modules/dev ;; esac
    case " $* " in *" --production=false "*) mkdir node_modules/dev ;; esac; exit 0 ;;
  prune) rm -rf node_modules/dev ;;
  run) echo "$2" >>scripts-run; [ -n "$SCRIPT" ] && . "$SCRIPT"; exit 0 ;;
esac
`;

/** A lock file of npm's with one dependency, and a manifest for it. */
export const LOCK = '{"packages": {"node_modules/dep": {}}}';
export const DEPENDING = { dependencies: { dep: "1" }, devDependencies: { dev: "1" } };

/** An app and this buildpack under a foreign lifecycle, with a package manager that only pretends. */
export class NodejsBench extends ForeignLifecycle {
  constructor() {
    super(dirname(import.meta.dirname));
    this.write({ "tools/bin/npm": TOOL, "tools/package.json": '{"version": "11.0.0"}' });
    chmodSync(join(this.root, "tools/bin/npm"), 0o755);
  }

  /** The app's files: package.json and others. */
  files(manifest: Readonly<Record<string, unknown>>, more: Readonly<Record<string, string>> = {}): void {
    const files = Object.entries(more).map(([path, content]): [string, string] => [`app/${path}`, content]);
    this.write({ "app/package.json": JSON.stringify(manifest), ...Object.fromEntries(files) });
  }

  run(env: Readonly<Record<string, string>> = {}): Run {
    return this.build("", { PATH: `${this.root}/tools/bin:${dirname(process.execPath)}:/usr/bin:/bin`, ...env });
  }

  /** How the package managers were called, with NODE_ENV. */
  calls(): string[] {
    return (this.read("home/calls") ?? "").trimEnd().split("\n").filter(Boolean);
  }

  commands(): string[] {
    return this.calls().map((line) => line.replace(/ NODE_ENV=.*/, ""));
  }

  /** `launch,build,cache` of a layer. */
  types(layer: string): string | undefined {
    const text = this.read(`layers/${layer}.toml`);
    if (text === undefined) return undefined;
    const flags = /\[types\]\n((?:\w+ = \w+\n)*)/.exec(text)?.[1] ?? "";
    return [...flags.matchAll(/^(\w+) = true$/gm)].map(([, type]) => type).join(",");
  }

  /** The next build of the app: its files anew, its layers restored as a lifecycle would. */
  nextBuild(manifest: Readonly<Record<string, unknown>>, more: Readonly<Record<string, string>> = {}): void {
    for (const file of readdirSync(this.layers).filter((name) => name.endsWith(".toml"))) {
      const layer = file.slice(0, -".toml".length);
      if (layer !== "launch" && this.types(layer)?.includes("cache") === true) this.restore(layer);
      else for (const path of [file, layer]) remove(join(this.layers, path));
    }
    for (const name of readdirSync(this.app)) remove(join(this.app, name));
    this.write({ "home/calls": "" });
    this.files(manifest, more);
  }
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
