import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, test } from "node:test";
import { ForeignLifecycle } from "../foreign-lifecycle.ts";
import { GREET, inPython, launched, PATH, vendored, withoutPython } from "./python-fixture.ts";
import { makeWheel, wheelName, type Distribution } from "./wheel-fixture.ts";

let lifecycle: ForeignLifecycle;
/** In each `describe`: hooks outside would run for the tests of other files too. */
function useLifecycle(): void {
  beforeEach(() => (lifecycle = new ForeignLifecycle(import.meta.dirname)));
  afterEach(() => lifecycle.dispose());
}

describe("dependencies", { skip: withoutPython }, () => {
  useLifecycle();
  test("none: a venv all the same, so that `python` is there; variables of Python cannot break the build", () => {
    lifecycle.write({ "app/server.py": "print('served')\n", "app/Procfile": "web: python server.py" });
    const { code, output, launch } = lifecycle.build("", { PYTHONHOME: "/nowhere", PYTHONPATH: "/nowhere" });
    assert.deepEqual([code, launch], [0, ""], output);
    assert.equal(launched(lifecycle, "python", "server.py"), "served\n");
    const venv = join(lifecycle.layers, "venv");
    assert.equal(readFileSync(join(venv, "env/VIRTUAL_ENV.override"), "utf8"), venv);
    assert.equal(readFileSync(join(venv, "env/PYTHONUNBUFFERED.default"), "utf8"), "1");
    assert.equal(readFileSync(join(venv, "env/LANG.default"), "utf8"), "C.UTF-8");
    assert.match(lifecycle.read("layers/venv.toml") ?? "", /launch = true\nbuild = true\ncache = true/);
  });

  test("vendored wheels alone are used; unchanged ones at once, at another path too; changed ones anew", () => {
    const files = { "app/requirements.txt": "greet==1.0\n", ...vendored(GREET) };
    lifecycle.write(files);
    const first = lifecycle.build();
    assert.equal(first.code, 0, first.output);
    assert.match(first.output, /Installing what requirements\.txt names with pip\nFrom the wheels in vendor\/ alone\n/);
    assert.equal(launched(lifecycle, "greet"), "greetings\n");
    const old = lifecycle;
    const script = join(old.layers, "venv/bin/greet");
    const before = readFileSync(script, "utf8");
    lifecycle = new ForeignLifecycle(import.meta.dirname);
    try {
      lifecycle.write(files);
      cpSync(old.layers, lifecycle.layers, { recursive: true, verbatimSymlinks: true });
      lifecycle.restore("venv");
      const second = lifecycle.build();
      assert.match(second.output, /Dependencies are unchanged: using those of the last build/);
      assert.equal(readFileSync(script, "utf8"), before, "the other build's file is as it was");
    } finally {
      old.dispose();
    }
    assert.equal(launched(lifecycle, "greet"), "greetings\n");
    const moved = ["bin/greet", "bin/activate", "pyvenv.cfg"].map(
      (name) => lifecycle.read(`layers/venv/${name}`) ?? "",
    );
    for (const text of moved) assert.ok(!text.includes(old.root), text);
    lifecycle.write({
      "app/requirements.txt": "greet==2.0\n",
      ...vendored({ ...GREET, version: "2.0", files: { "greet/__init__.py": 'def main():\n    print("again")\n' } }),
    });
    lifecycle.restore("venv");
    assert.doesNotMatch(lifecycle.build().output, /unchanged/);
    assert.equal(launched(lifecycle, "greet"), "again\n");
  });

  test("a wheel that is not there: pip's words, its exit code, where it was looked for", () => {
    lifecycle.write({ "app/requirements.txt": "nothing-like-it==1\n", ...vendored(GREET) });
    const { code, output } = lifecycle.build();
    assert.equal(code, 1);
    assert.match(output, /ERROR: pip ended with exit code 1\.\n +nothing-like-it==1 is not to be had from vendor\/\./);
  });

  test("an index with a login: used, and never printed", async () => {
    mkdirSync(join(lifecycle.root, "index/greet"), { recursive: true });
    writeFileSync(join(lifecycle.root, "index/greet", wheelName(GREET)), makeWheel(GREET));
    const index = spawn("python3", ["-u", "-m", "http.server", "--bind", "127.0.0.1", "0"], {
      cwd: join(lifecycle.root, "index"),
      env: { PATH },
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const [line] = (await once(createInterface(index.stdout), "line")) as [string];
      const port = /port (\d+)/.exec(line)?.[1] ?? "";
      lifecycle.write({ "app/requirements.txt": "greet\n", "app/main.py": "" });
      const url = `http://ada:hunter2@127.0.0.1:${port}/`;
      const found = lifecycle.build("", { PIP_INDEX_URL: url });
      assert.equal(found.code, 0, found.output);
      assert.equal(launched(lifecycle, "greet"), "greetings\n");
      lifecycle.write({ "app/requirements.txt": `--index-url ${url}\nabsent\n` });
      const lost = lifecycle.build("", { PIP_RETRIES: "0" });
      assert.equal(lost.code, 1);
      assert.match(lost.output, /absent is not to be had from the package index/);
      assert.ok(!`${found.output}${lost.output}`.includes("hunter2"));
    } finally {
      index.kill("SIGKILL");
      await once(index, "exit");
    }
  });

  test("an index that does not answer is told, without the login", () => {
    lifecycle.write({ "app/requirements.txt": "greet\n" });
    const { code, output } = lifecycle.build("", {
      PIP_INDEX_URL: "http://ada:hunter2@127.0.0.1:9/",
      PIP_RETRIES: "1",
    });
    assert.equal(code, 1);
    assert.match(output, /The package index could not be reached: set PIP_INDEX_URL/);
    assert.ok(!output.includes("hunter2"), output);
  });

  test("Pipfile.lock: the locked files by their hashes, without pipenv", () => {
    const hash = createHash("sha256").update(makeWheel(GREET)).digest("hex");
    const lock = (sha: string): string =>
      JSON.stringify({
        _meta: { sources: [{ url: "https://pypi.invalid/simple" }], requires: {} },
        default: { greet: { version: "==1.0", hashes: [`sha256:${sha}`], markers: "python_version >= '3'" } },
      });
    lifecycle.write({ "app/Pipfile.lock": lock(hash), "app/Pipfile": "", ...vendored(GREET) });
    const right = lifecycle.build();
    assert.equal(right.code, 0, right.output);
    assert.equal(launched(lifecycle, "greet"), "greetings\n");
    lifecycle.write({ "app/Pipfile.lock": lock("0".repeat(64)) });
    assert.match(lifecycle.build().output, /A file differs from the hash that is locked/);
  });

  test("pyproject.toml: its dependencies stay, the app itself is installed at each build, both are importable", () => {
    const backend = `
import base64, hashlib, os, zipfile
def build_wheel(directory, config_settings=None, metadata_directory=None):
    info = "shop-1.0.dist-info/"
    files = {"shop.py": open("src/shop.py").read(), info + "METADATA": "Metadata-Version: 2.1\\nName: shop\\nVersion: 1.0\\n",
        info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        info + "entry_points.txt": "[console_scripts]\\nshop = shop:main\\n"}
    with zipfile.ZipFile(os.path.join(directory, "shop-1.0-py3-none-any.whl"), "w") as z:
        for name, text in files.items(): z.writestr(name, text)
        z.writestr(info + "RECORD", "".join(name + ",,\\n" for name in [*files, info + "RECORD"]))
    return "shop-1.0-py3-none-any.whl"
`;
    lifecycle.write({
      "app/pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "shop"\nversion = "1.0"\ndependencies = ["greet"]\n',
      "app/backend.py": backend,
      "app/src/shop.py": "import greet\ndef main():\n    greet.main()\n    print('one')\n",
      ...vendored(GREET),
    }); // prettier-ignore
    const first = lifecycle.build();
    assert.equal(first.code, 0, first.output);
    assert.equal(launched(lifecycle, "shop"), "greetings\none\n");
    lifecycle.write({ "app/src/shop.py": "def main():\n    print('two')\n" });
    lifecycle.restore("venv");
    assert.match(lifecycle.build().output, /Dependencies are unchanged[^]*Installing the app itself/);
    assert.equal(launched(lifecycle, "shop"), "two\n");
    assert.match(lifecycle.read("layers/project.toml") ?? "", /launch = true\nbuild = true\ncache = false/);
  });

  test("requirements that lie in the app are installed at every build", () => {
    lifecycle.write({
      "app/requirements.txt": "-r base.txt\n",
      "app/base.txt": `./vendor/${wheelName(GREET)}\n`,
      ...vendored(GREET),
    });
    assert.equal(lifecycle.build().code, 0);
    lifecycle.restore("venv");
    assert.doesNotMatch(lifecycle.build().output, /unchanged/);
  });

  test("several sources: the first of Heroku's order, the others are named", () => {
    lifecycle.write({ "app/requirements.txt": "", "app/uv.lock": "", "app/poetry.lock": "", "app/pyproject.toml": "" });
    assert.match(lifecycle.build().output, /Warning: requirements\.txt is used; poetry\.lock, uv\.lock is not\./);
  });

  const TOOLS = [
    ["uv", "uv.lock", "sync --locked --no-default-groups --no-install-project"],
    ["poetry", "poetry.lock", "install --only main --no-root --no-ansi"],
  ] as const;
  for (const [tool, lock, words] of TOOLS) {
    test(`${lock}: by the ${tool} of the PATH, into the venv; its failure is told`, () => {
      const program = `#!/bin/sh\necho "$(basename "$0") $*: $UV_PROJECT_ENVIRONMENT$VIRTUAL_ENV"; [ ! -f fail ] || { echo "lock file needs to be updated"; exit 3; }\n`;
      lifecycle.write({ "app/pyproject.toml": "", [`app/${lock}`]: "", [`tools/${tool}`]: program });
      chmodSync(join(lifecycle.root, "tools", tool), 0o755);
      const env = { PATH: `${lifecycle.root}/tools:${PATH}` };
      const { output, code } = lifecycle.build("", env);
      assert.equal(code, 0, output);
      assert.ok(output.includes(`  ${tool} ${words}: ${lifecycle.layers}/venv`), output);
      lifecycle.write({ "app/fail": "", [`app/${lock}`]: "# changed\n" });
      assert.match(
        lifecycle.build("", env).output,
        new RegExp(`ERROR: ${tool} ended with exit code 3\\.\\n +Lock again`),
      );
    });
    test(`${lock} without ${tool}: what to do`, () => {
      lifecycle.write({ "app/pyproject.toml": "", [`app/${lock}`]: "" });
      const env = { PATH, PIP_INDEX_URL: "http://127.0.0.1:9/", PIP_RETRIES: "0" };
      const { output, code } = lifecycle.build("", env);
      assert.equal(code, 1);
      assert.match(
        output,
        new RegExp(`ERROR: ${tool} is needed for this app's lock file, is not on the PATH, and pip could not`),
      );
      assert.match(output, /set PIP_INDEX_URL to an index that has it, or write `/);
    });
  }

  test("pip of another place: a wheel when Python has no module pip; nothing: what to install", () => {
    const program = `import pip_tool
from interpreters import Interpreter
pip_tool._module_of = lambda python: iter(())
pip_tool.glob.glob = lambda pattern: [input] if pattern.endswith("/vendor/pip-*.whl") and input else []
interpreter = Interpreter("/usr/bin/python3", (3, 11, 0))
try:
    print(json.dumps(pip_tool.Pip("py", interpreter, "/tmp", "/usr/bin", ["vendor"]).argv("x")))
except Exception as error:
    print(json.dumps([str(error), error.hint]))`;
    assert.deepEqual(inPython(program, "/w/pip-24.0-py3-none-any.whl"), [
      "py",
      "/w/pip-24.0-py3-none-any.whl/pip",
      "x",
    ]);
    const [message = "", hint = ""] = inPython<string[]>(program, "");
    assert.match(`${message} ${hint}`, /there is no pip for \/usr\/bin\/python3\. Install `python3-pip`/);
  });

  test("scripts of a moved venv: both forms of a first line, lengths that no kernel takes", () => {
    const long = `/${"l".repeat(140)}`;
    const exec = (path: string): string => `#!/bin/sh\n'''exec' "${path}/bin/python" "$0" "$@"\n' '''\nrest\n`;
    const cases = [
      ["#!/old/bin/python\nrest\n", "/old", "/new", "#!/new/bin/python\nrest\n"],
      ["#!/old/bin/python\nrest\n", "/old", long, exec(long)],
      [exec(long), long, "/new", "#!/new/bin/python\nrest\n"],
      ["#!/old/bin/python\n", "/old", "/a b", `#!/bin/sh\n'''exec' "/a b/bin/python" "$0" "$@"\n' '''\n`],
      ["#!/usr/bin/perl\n/old/x\n", "/old", "/new", "#!/usr/bin/perl\n/new/x\n"],
      ["#!/bin/sh\n", "/old", "/new", "#!/bin/sh\n"],
    ];
    const program = `from venv_layer import _rewrite
def one(text, old, new):
    open(input["file"], "w").write(text)
    _rewrite(input["file"], old.encode(), new.encode())
    return open(input["file"]).read()
print(json.dumps([one(*case) for case in input["cases"]]))`;
    const found = inPython<string[]>(program, {
      file: join(lifecycle.root, "s"),
      cases: cases.map((row) => row.slice(0, 3)),
    });
    assert.deepEqual(
      found,
      cases.map((row) => row[3]),
    );
  });
});

describe("hooks of the app", { skip: withoutPython }, () => {
  useLifecycle();
  test("bin/pre_compile before, bin/post_compile behind; a failing one ends the build", () => {
    lifecycle.write({
      "app/bin/pre_compile": "echo before; touch made",
      "app/bin/post_compile": "python -c 'import sys; print(sys.prefix)'",
      "app/main.py": "",
    });
    const { output } = lifecycle.build();
    assert.match(
      output,
      /Running bin\/pre_compile\n {2}before\n[^]*Running bin\/post_compile\n {2}\S+\/layers\/venv\n/,
    );
    assert.ok(existsSync(join(lifecycle.app, "made")));
    lifecycle.write({ "app/bin/pre_compile": "exit 5" });
    const failed = lifecycle.build();
    assert.deepEqual([failed.code, /ERROR: bin\/pre_compile ended with exit code 5/.test(failed.output)], [1, true]);
  });
});

describe("Django", { skip: withoutPython }, () => {
  useLifecycle();
  const DJANGO: Distribution = { name: "Django", version: "4.2", files: { "django/__init__.py": "" } };
  /** `manage.py` prints and ends as told; what it gets is seen. */
  const manage = (body: string): string =>
    `import os, sys\nprint(sys.argv[1:], os.path.basename(sys.prefix))\n${body}\n`;
  test("collectstatic runs once Django is there; noise is left out; what goes wrong has a hint", () => {
    lifecycle.write({ "app/requirements.txt": "Django\n", ...vendored(DJANGO) });
    assert.match(lifecycle.build().output, /Static files are not collected, since there is no manage\.py/);
    const outcome = (
      files: Record<string, string>,
      env: Record<string, string> = {},
    ): { code: number | null; output: string } => {
      lifecycle.write(files);
      lifecycle.restore("venv");
      return lifecycle.build("", env);
    };
    const fine = outcome({
      "app/src/manage.py": manage("print('Copying x'); print(); print('1 static file copied'); import site_of_app"),
      "app/site_of_app.py": "",
    });
    assert.equal(fine.code, 0, fine.output);
    assert.match(
      fine.output,
      /Running python src\/manage\.py collectstatic --noinput\n {2}\['collectstatic', '--noinput'\] venv\n {2}1 static file copied\n/,
    );
    const disabled = outcome({ "app/src/manage.py": manage("sys.exit(1)") }, { DISABLE_COLLECTSTATIC: "1" });
    assert.deepEqual([disabled.code, disabled.output.includes("since DISABLE_COLLECTSTATIC is set")], [0, true]);
    const HINTS: readonly (readonly [string, number, RegExp])[] = [
      ["print(\"Unknown command: 'collectstatic'\"); sys.exit(1)", 0, /staticfiles is not among INSTALLED_APPS/],
      ["os.environ['MY_KEY']", 1, /ERROR: collectstatic ended with exit code 1\.\n +The settings want MY_KEY: set it in the app's config\. DISABLE_COLLECTSTATIC=1/],
      ["sys.exit('using the staticfiles app without having set the STATIC_ROOT setting')", 1, /Set STATIC_ROOT in the settings/],
      ["import nothing_here", 1, /`nothing_here` is imported but not installed/],
      ["sys.exit(9)", 1, /exit code 9\.\n +DISABLE_COLLECTSTATIC=1 in the app's config leaves it out\./],
    ]; // prettier-ignore
    for (const [body, code, message] of HINTS) {
      const run = outcome({ "app/src/manage.py": manage(body) }, { DISABLE_COLLECTSTATIC: "0" });
      assert.equal(run.code, code, run.output);
      assert.match(run.output, message);
    }
  });
});
