import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, describe, test } from "node:test";
import { parse } from "smol-toml";
import { ForeignLifecycle, type Run } from "../foreign-lifecycle.ts";

const { parseRelease } = (await import(new URL("adapter/lib/release-yaml.mjs", import.meta.url).href)) as {
  parseRelease(text: string): {
    default_process_types: Map<string, string>;
    config_vars: Map<string, string>;
    addons: string[];
  };
};

const root = mkdtempSync(join(tmpdir(), "classic-test-"));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

/** A classic buildpack with these programs (a shebang is put in front), wrapped. */
function wrapped(programs: Readonly<Record<string, string>>): ForeignLifecycle {
  count += 1;
  const tree = join(root, `tree-${count}`);
  const all: Record<string, string> = { "bin/detect": "echo Test", "bin/compile": "true", ...programs };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 });
  }
  const target = join(root, `wrapped-${count}`);
  const { status, stdout, stderr } = wrap(tree, target, "a b");
  assert.deepEqual([status, stdout, stderr], [0, "classic/a-b\n", ""]);
  return new ForeignLifecycle(target);
}

function wrap(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
  return spawnSync(join(import.meta.dirname, "bin/wrap"), args, { encoding: "utf8", env });
}

/** Runs detect, then build with the plan detect asked for. */
function deploy(lifecycle: ForeignLifecycle, env: Readonly<Record<string, string>> = {}): Run {
  const { plan } = lifecycle.detect(env);
  const [required] = (parse(plan) as { requires: { name: string; metadata: { label: string } }[] }).requires;
  const { name = "", metadata } = required ?? {};
  const label = JSON.stringify(metadata?.label ?? "");
  return lifecycle.build(`[[entries]]\nname = "${name}"\n[entries.metadata]\nlabel = ${label}\n`, env);
}

let lifecycle: ForeignLifecycle | undefined;
/** In each `describe`: hooks outside would run for the tests of other files too. */
const disposeAfterEach = (): void => afterEach(() => lifecycle?.dispose());

describe("wrap", () => {
  disposeAfterEach();
  test("gives a buildpack of its own: id, API, clear-env, the tree without .git, everything executable", () => {
    lifecycle = wrapped({ ".git/config": "", "lib/x.sh": "" });
    const target = join(root, `wrapped-${count}`);
    const toml = parse(readFileSync(join(target, "buildpack.toml"), "utf8")) as Record<string, unknown>;
    assert.deepEqual(JSON.parse(JSON.stringify(toml["buildpack"])), {
      id: "classic/a-b",
      version: "0.0.0",
      name: "a-b (classic)",
      "clear-env": true,
    });
    assert.equal(toml["api"], "0.8");
    assert.deepEqual(readdirSync(target).sort(), ["bin", "buildpack.toml", "lib", "tree"]);
    assert.deepEqual(readdirSync(join(target, "tree")).sort(), ["bin", "lib"]);
  });
  const REFUSED: readonly (readonly [string, () => string[], RegExp])[] = [
    ["no arguments", () => [], /usage: wrap TREE TARGET/],
    ["no classic buildpack", () => [root, join(root, "new")], /has no bin\/detect/],
    ["a target that is there", () => [join(root, "tree-1"), root], /is there already/],
    ["no name", () => [join(root, "tree-1"), join(root, "new"), "//"], /no letter or digit/],
  ];
  for (const [name, args, message] of REFUSED) {
    test(`refuses ${name}`, () => {
      const { status, stderr } = wrap(...args());
      assert.equal(status, 1);
      assert.match(stderr, message);
      assert.equal(existsSync(join(root, "new")), false);
    });
  }
});

describe("detect", () => {
  disposeAfterEach();
  const CODES: readonly (readonly [string, number, RegExp])[] = [
    ["echo Ruby", 0, /Ruby/],
    ["echo no; exit 1", 100, /no/],
    ["exit 3", 2, /ERROR: classic\/a-b: bin\/detect ended with exit code 3/],
    ["kill -9 $$", 2, /was killed by SIGKILL/],
    ['[ "$1" = "$PWD" ] && [ -f Gemfile ] && echo Ruby', 0, /Ruby/],
  ];
  for (const [program, code, output] of CODES) {
    test(`${program}: ${code}`, () => {
      lifecycle = wrapped({ "bin/detect": program });
      lifecycle.write({ "app/Gemfile": "" });
      const run = lifecycle.detect();
      assert.equal(run.code, code, run.output);
      assert.match(run.output, output);
      assert.equal(run.plan !== "", code === 0);
    });
  }
  test("a program that is not executable, or whose interpreter is missing, is told", () => {
    lifecycle = wrapped({});
    chmodSync(join(root, `wrapped-${count}`, "tree/bin/detect"), 0o644);
    assert.match(lifecycle.detect().output, /is not executable: chmod \+x it/);
    writeFileSync(join(root, `wrapped-${count}`, "tree/bin/detect"), "#!/nowhere/ruby\n");
    chmodSync(join(root, `wrapped-${count}`, "tree/bin/detect"), 0o755);
    assert.match(lifecycle.detect().output, /the interpreter of its first line is not here/);
  });
});

describe("build", () => {
  disposeAfterEach();
  test("compile gets the app, a cache that comes back, the config as files and not as variables", () => {
    lifecycle = wrapped({
      "bin/compile": `echo "app $1, here $PWD, config $(cat "$3/KEY"), variable <$KEY>, stack $STACK $SOURCE_VERSION"
        echo "cached: $(cat "$2/file" 2>/dev/null)"; echo kept > "$2/file"; echo built > "$1/built"`,
    });
    lifecycle.write({ "platform/env/KEY": "value", "platform/env/SOURCE_VERSION": "abc" });
    const { output, code } = deploy(lifecycle);
    const { app } = lifecycle;
    assert.equal(code, 0, output);
    assert.equal(
      output,
      `-----> Test app detected\napp ${app}, here ${app}, config value, variable <>, stack heroku-24 abc\ncached: \n`,
    );
    assert.equal(lifecycle.read("app/built"), "built\n");
    assert.match(lifecycle.read("layers/cache.toml") ?? "", /\[types\]\ncache = true/);
    lifecycle.restore("cache");
    assert.match(deploy(lifecycle).output, /cached: kept/);
  });
  test("STACK: config, then environment; no env directory at all is an empty one", () => {
    lifecycle = wrapped({ "bin/compile": 'echo "stack $STACK, $(ls "$3" | wc -l | tr -d " ") files"' });
    assert.match(deploy(lifecycle, { STACK: "heroku-22" }).output, /stack heroku-22/);
    lifecycle.write({ "platform/env/STACK": "heroku-26\n" });
    assert.match(deploy(lifecycle, { STACK: "heroku-22" }).output, /stack heroku-26, 1 files/);
    rmSync(join(lifecycle.platform, "env"), { recursive: true });
    assert.match(deploy(lifecycle).output, /stack heroku-24, 0 files/);
  });
  test("a failing compile ends the build with its code named; its output is there", () => {
    lifecycle = wrapped({ "bin/compile": "echo going; echo wrong >&2; exit 7" });
    const { code, output, launch } = deploy(lifecycle);
    assert.deepEqual([code, launch], [1, ""]);
    assert.match(output, /going\n[^]*wrong\n[^]*ERROR: classic\/a-b: bin\/compile ended with exit code 7/);
  });
  test("release: processes for the shell, web the default, config as launch defaults, add-ons as a note", () => {
    lifecycle = wrapped({
      "bin/release": `[ "$1" = "$PWD" ] && cat <<EOF
---
addons:
  - heroku-postgresql
config_vars:
  LANG: en_US.UTF-8
default_process_types:
  web: bundle exec puma -p \\\${PORT:-5000} && echo "x: y"
  worker: "bundle exec sidekiq"
EOF`,
    });
    const { launch, output, code } = deploy(lifecycle);
    assert.equal(code, 0, output);
    assert.deepEqual(JSON.parse(JSON.stringify(parse(launch))), {
      processes: [
        { type: "web", command: 'bundle exec puma -p ${PORT:-5000} && echo "x: y"', direct: false, default: true },
        { type: "worker", command: "bundle exec sidekiq", direct: false, default: false },
      ],
    });
    assert.match(output, /Default process types: web, worker/);
    assert.match(output, /Note: it asks for the add-ons heroku-postgresql/);
    assert.equal(lifecycle.read("layers/profile/env.launch/LANG.default"), "en_US.UTF-8");
  });
  test("a failing release, or one that prints something else, ends the build", () => {
    lifecycle = wrapped({ "bin/release": "exit 4" });
    assert.match(deploy(lifecycle).output, /bin\/release ended with exit code 4/);
    lifecycle.dispose();
    lifecycle = wrapped({ "bin/release": "echo 'default_process_types: {web: x}'" });
    const { code, output } = deploy(lifecycle);
    assert.equal(code, 1);
    assert.match(
      output,
      /line 1 of what it prints: `default_process_types` is written in a form that is not read here/,
    );
  });
  test(".profile.d moves into a layer; at launch HOME is the app's directory", () => {
    lifecycle = wrapped({
      "bin/compile": "mkdir -p .profile.d && echo 'export PATH=\"$HOME/.heroku/bin:$PATH\"' > .profile.d/b.sh",
    });
    lifecycle.write({ "app/.profile.d/a.sh": "export A=1\n", "app/.profile.d/notes.txt": "" });
    assert.equal(deploy(lifecycle).code, 0);
    const scripts = join(lifecycle.layers, "profile/profile.d");
    assert.deepEqual(readdirSync(scripts).sort(), ["000-home.sh", "app-a.sh", "app-b.sh"]);
    assert.deepEqual(readdirSync(join(lifecycle.app, ".profile.d")), ["notes.txt"]);
    const sourced = readdirSync(scripts)
      .sort()
      .map((name) => `. "${join(scripts, name)}"`)
      .join("\n");
    const { stdout } = spawnSync("sh", ["-c", `${sourced}\necho "$HOME $A $PATH"`], {
      cwd: lifecycle.app,
      encoding: "utf8",
      env: { PATH: "/usr/bin:/bin", HOME: "/" },
    });
    assert.equal(stdout, `${lifecycle.app} 1 ${lifecycle.app}/.heroku/bin:/usr/bin:/bin\n`);
  });
  test("export: what it changes, for the buildpacks behind; never in the installed buildpack", () => {
    lifecycle = wrapped({
      "bin/compile": `cat > "$(dirname "$0")/../export" <<'EOF'
export PATH="/opt/ruby/bin:$PATH" GEM_HOME=$PWD/gems LINES_OF=$'a\\nb' SAME="$SAME"
NOT_EXPORTED=1
unset GONE
echo noise
EOF`,
    });
    const { code, output } = deploy(lifecycle, { SAME: "s", GONE: "g" });
    assert.equal(code, 0, output);
    const directory = join(lifecycle.layers, "export/env.build");
    const values = readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), "utf8")]);
    const { PATH: path = "", ...others } = Object.fromEntries(
      values.map(([name, value]) => [name?.replace(/\.override$/, ""), value]),
    ) as Record<string, string>;
    assert.deepEqual(others, { GEM_HOME: `${lifecycle.app}/gems`, LINES_OF: "a\nb", GONE: "" });
    assert.match(path, /^\/opt\/ruby\/bin:/);
    assert.match(lifecycle.read("layers/export.toml") ?? "", /\[types\]\nbuild = true/);
    assert.equal(existsSync(join(root, `wrapped-${count}`, "tree/export")), false);
  });
  test("without export, release or profiles: only the cache and HOME", () => {
    lifecycle = wrapped({});
    const { code, launch } = deploy(lifecycle);
    assert.deepEqual([code, launch], [0, ""]);
    assert.deepEqual(readdirSync(lifecycle.layers).sort(), ["cache", "cache.toml", "profile", "profile.toml"]);
  });
});

describe("what bin/release prints", () => {
  const READ: readonly (readonly [string, Record<string, string>])[] = [
    ["", {}],
    ["--- {}\n", {}],
    ["---\naddons: []\ndefault_process_types: {}\n", {}],
    ["default_process_types:\n  web: npm start # not this\n", { web: "npm start" }],
    ["default_process_types:\n    web: echo a#b\n", { web: "echo a#b" }],
    ['default_process_types:\n  web: \'it\'\'s: x\' # y\n  "w-1": "a \\"b\\""\n', { web: "it's: x", "w-1": 'a "b"' }],
    ["---\ndefault_process_types:\n  web: a long\n    text goes on\n  b: c\n", { web: "a long text goes on", b: "c" }],
    ["default_process_types:\n  web: |\n    a\n    b\n  x: >-\n    c\n    d\n", { web: "a\nb", x: "c d" }],
    ["config_vars:\n  A: b\nother:\n  - x\n  y: z\ndefault_process_types:\r\n  web: x\r\n", { web: "x" }],
  ];
  for (const [text, expected] of READ)
    test(JSON.stringify(text), () =>
      assert.deepEqual(Object.fromEntries(parseRelease(text).default_process_types), expected),
    );
  for (const text of [
    "nonsense",
    "default_process_types: web",
    "default_process_types:\n  web: [a]\n",
    "default_process_types:\n  web: 'a\n",
    "default_process_types:\n  web: &x a\n",
    "default_process_types:\n  web\n",
  ])
    // prettier-ignore
    test(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseRelease(text), /bin\/release: line \d/));
});
