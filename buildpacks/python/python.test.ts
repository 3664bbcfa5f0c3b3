import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, test } from "node:test";
import { parse } from "smol-toml";
import { ForeignLifecycle } from "../foreign-lifecycle.ts";
import { makeWheel, wheelName, type Distribution } from "./wheel-fixture.ts";

const PATH = "/usr/local/bin:/usr/bin:/bin";
const LIB = join(import.meta.dirname, "lib");

/** Why tests that need Python are skipped; false where they run. */
const withoutPython = ((): string | false => {
  const check = "import sys, venv, pip; sys.exit(sys.version_info < (3, 8))";
  const { status } = spawnSync("python3", ["-I", "-c", check], { env: { PATH } });
  return status === 0 ? false : `needs a python3 (3.8 or newer) with venv and pip on ${PATH}`;
})();

/** Runs a Python program that can import the buildpack's modules; gives what it prints, as JSON. */
function inPython<T>(program: string, input: unknown, cwd = LIB): T {
  const script = `import json, os, sys\nsys.path.insert(0, ${JSON.stringify(LIB)})\ninput = json.load(sys.stdin)\n${program}`;
  const env = { PATH };
  const result = spawnSync("python3", ["-I", "-B", "-c", script], {
    env,
    cwd,
    input: JSON.stringify(input),
    encoding: "utf8",
  });
  assert.equal(result.status, 0, result.stderr);
  return JSON.parse(result.stdout) as T;
}

const GREET: Distribution = {
  name: "greet",
  version: "1.0",
  files: { "greet/__init__.py": 'def main():\n    print("greetings")\n' },
  scripts: { greet: "greet:main" },
};
const vendored = (...all: Distribution[]): Record<string, Uint8Array> =>
  Object.fromEntries(all.map((one) => [`app/vendor/${wheelName(one)}`, makeWheel(one)]));

let lifecycle: ForeignLifecycle;
beforeEach(() => (lifecycle = new ForeignLifecycle(import.meta.dirname)));
afterEach(() => lifecycle.dispose());

const command = (launch: string): readonly string[] | undefined =>
  (parse(launch) as { processes?: { command: string[] }[] }).processes?.[0]?.command;

/** Runs a program of the layers as a launched process would. */
function launched(...argv: [string, ...string[]]): string {
  const { layers, app } = lifecycle;
  const bins = ["venv", "project"].map((layer) => join(layers, layer, "bin"));
  const [program, ...args] = argv;
  const env = { PATH: [...bins, PATH].join(":"), VIRTUAL_ENV: join(layers, "venv") };
  const { stdout, stderr, error } = spawnSync(program, args, { cwd: app, encoding: "utf8", env });
  return `${error?.message ?? ""}${stdout}${stderr}`;
}

describe("detect (cnb.md §15)", () => {
  const FOR_IT = [
    ".python-version", "requirements.txt", "pyproject.toml", "Pipfile", "Pipfile.lock", "poetry.lock", "pdm.lock", "uv.lock",
    "setup.py", "setup.cfg", "runtime.txt", "manage.py", "app.py", "main.py", "server.py", "__init__.py",
  ]; // prettier-ignore
  for (const file of FOR_IT) {
    test(file, () => {
      lifecycle.write({ [`app/${file}`]: "" });
      const { code, plan } = lifecycle.detect();
      assert.equal(code, 0);
      assert.deepEqual(JSON.parse(JSON.stringify(parse(plan))), {
        provides: [{ name: "python" }],
        requires: [{ name: "python" }],
      });
    });
  }
  test("nothing of these: 100", () => {
    lifecycle.write({ "app/Procfile": "web: x", "app/other.py": "", "app/sub/app.py": "" });
    assert.deepEqual([lifecycle.detect().code, lifecycle.detect().plan], [100, ""]);
  });
});

describe("versions", { skip: withoutPython }, () => {
  const SPECS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["3", ["3.8.0", "3.13.1"], ["2.7.18"]],
    ["3.11", ["3.11.0", "3.11.9"], ["3.1.1", "3.12.0"]],
    ["3.11.2", ["3.11.2"], ["3.11.3"]],
    ["3.11.*", ["3.11.9"], ["3.10.9"]],
    ["==3.11", ["3.11.0"], ["3.11.1"]],
    ["==3.11.*", ["3.11.7"], ["3.12.0"]],
    ["!=3.11.*", ["3.12.0"], ["3.11.7"]],
    [">=3.9,<4", ["3.9.0", "3.13.0"], ["3.8.19", "4.0.0"]],
    [">= 3.9, != 3.11.2", ["3.11.1"], ["3.11.2"]],
    [">=3.9 <3.12", ["3.11.9"], ["3.12.0"]],
    [">3.10", ["3.10.1"], ["3.10.0"]],
    ["<=3.11", ["3.11.0"], ["3.11.1"]],
    ["~=3.10", ["3.10.0", "3.12.0"], ["3.9.9", "4.0.0"]],
    ["~=3.10.2", ["3.10.9"], ["3.11.0", "3.10.1"]],
    ["^3.10", ["3.10.0", "3.12.0"], ["3.9.0", "4.0.0"]],
    ["~3.10", ["3.10.5"], ["3.11.0"]],
    ["3.9.* || ^3.12", ["3.9.1", "3.13.0"], ["3.11.0"]],
    ["*", ["3.8.0"], []],
  ];
  test("what a text allows", () => {
    const program = `from version_spec import parse_spec
print(json.dumps([[parse_spec(t)(tuple(map(int, v.split(".")))) for v in vs] for t, vs in input]))`;
    const found = inPython<boolean[][]>(program, SPECS.map(([text, yes, no]) => [text, [...yes, ...no]])); // prettier-ignore
    SPECS.forEach(([text, yes, no], index) =>
      assert.deepEqual(found[index], [...yes.map(() => true), ...no.map(() => false)], text),
    );
  });
  test("what is no version", () => {
    const texts = ["", "pypy3.9", "3.11b1", "3.x", ">=", "three", "3.11.2.1", ">=3.*", "3.11,"];
    const program = "from version_spec import parse_spec\nprint(json.dumps([parse_spec(t) is None for t in input]))";
    assert.deepEqual(
      inPython(program, texts),
      texts.map(() => true),
    );
  });
  test("the running one when it fits, else the newest that does; shims that do not run are passed over", () => {
    const fake = (version: string): string => `#!/bin/sh\necho "cpython ${version.replaceAll(".", " ")}"; echo "$0"\n`;
    lifecycle.write({
      "bin/python3.97": fake("3.97.1"),
      "bin/python3.98": fake("3.98.0"),
      "bin/python3.96": "#!/bin/sh\nexit 127\n",
      "bin/python3-config": fake("3.99.0"),
    });
    for (const name of ["python3.97", "python3.98", "python3.96", "python3-config"])
      chmodSync(join(lifecycle.root, "bin", name), 0o755);
    const program = `from interpreters import choose, format_version
from version_request import Request
from version_spec import parse_spec
def one(text):
    try:
        return format_version(choose(Request("x", text, parse_spec(text)), input["path"]).version)
    except Exception as error:
        return str(error)
print(json.dumps([one(text) for text in input["texts"]]))`;
    const own = inPython<string>('print(json.dumps(".".join(map(str, sys.version_info[:3]))))', null);
    const path = join(lifecycle.root, "bin");
    const found = inPython<string[]>(program, { path, texts: [">=3.8", ">=3.90", "3.97", "3.96"] });
    assert.deepEqual(found.slice(0, 3), [own, "3.98.0", "3.97.1"]);
    const last = found[3] ?? "";
    const start = `x asks for Python 3.96; here there is 3.98.0 (${path}/python3.98), 3.97.1`;
    assert.ok(last.startsWith(start), last);
    assert.ok(!last.includes("3.99"), "python3-config is no Python");
  });

  const REFUSED: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ ".python-version": "3.99\n" }, /ERROR: \.python-version asks for Python 3\.99; here there is 3\.\d+\.\d+ \(\//],
    [{ ".python-version": "# none\n\n" }, /\.python-version holds no version/],
    [{ ".python-version": "3.11\n3.12\n" }, /several versions: 3\.11, 3\.12/],
    [{ ".python-version": "pypy3.9" }, /asks for the Python version `pypy3\.9`, which is not understood/],
    [{ ".python-version": ">=3" }, /`>=3`, which is not understood/],
    [{ "runtime.txt": "3.11" }, /runtime\.txt asks for `3\.11`, which is not understood[^]*Write `python-3\.11`/],
    [{ "runtime.txt": "python-3.99.1" }, /runtime\.txt asks for Python 3\.99\.1/],
    [{ "pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.99"\n' }, /requires-python in pyproject\.toml asks for Python >=3\.99/],
    [{ "pyproject.toml": '[tool.poetry.dependencies]\npython = "^4"\n' }, /tool\.poetry in pyproject\.toml asks for Python \^4/],
    [{ "pyproject.toml": "[" }, /pyproject\.toml is not valid TOML/],
    [{ "Pipfile.lock": '{"_meta": {"requires": {"python_version": "3.99"}}, "default": {}}' }, /Pipfile\.lock asks for Python 3\.99/],
    [{ "Pipfile.lock": "{" }, /Pipfile\.lock is not valid/],
    [{ Pipfile: "" }, /there is a Pipfile, but no Pipfile\.lock/],
    [{ "requirements.txt": "-r more.txt\n" }, /requirements\.txt includes more\.txt, which is not there/],
    [{ "uv.lock": "" }, /uv\.lock is there, but no pyproject\.toml/],
  ]; // prettier-ignore
  for (const [files, message] of REFUSED) {
    test(`refuses ${JSON.stringify(files)}`, () => {
      lifecycle.write(Object.fromEntries(Object.entries(files).map(([name, text]) => [`app/${name}`, text])));
      const { code, output, launch } = lifecycle.build();
      assert.deepEqual([code, launch], [1, ""]);
      assert.match(output, message);
    });
  }
  test("BP_CPYTHON_VERSION before .python-version before runtime.txt, which is said", () => {
    lifecycle.write({ "app/.python-version": "3", "app/runtime.txt": "python-3.99" });
    const { output, code } = lifecycle.build();
    assert.match(
      output,
      /Warning: runtime\.txt is not used[^]*Using Python 3\.\d+\.\d+ \(\/\S+\), as \.python-version asks for 3\n/,
    );
    assert.equal(code, 0);
    assert.match(
      lifecycle.build("", { BP_CPYTHON_VERSION: "3.98" }).output,
      /BP_CPYTHON_VERSION asks for Python 3\.98/,
    );
  });
});

test("without any Python on the PATH: what to install", () => {
  const { code, output } = lifecycle.build("", { PATH: "/nowhere" });
  assert.equal(code, 1);
  assert.match(output, /there is no Python 3\.8 or newer on the PATH \(\/nowhere\)\.\n +Install `python3`/);
});

describe("dependencies", { skip: withoutPython }, () => {
  test("none: a venv all the same, so that `python` is there; variables of Python cannot break the build", () => {
    lifecycle.write({ "app/server.py": "print('served')\n", "app/Procfile": "web: python server.py" });
    const { code, output, launch } = lifecycle.build("", { PYTHONHOME: "/nowhere", PYTHONPATH: "/nowhere" });
    assert.deepEqual([code, launch], [0, ""], output);
    assert.equal(launched("python", "server.py"), "served\n");
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
    assert.equal(launched("greet"), "greetings\n");
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
    assert.equal(launched("greet"), "greetings\n");
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
    assert.equal(launched("greet"), "again\n");
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
      assert.equal(launched("greet"), "greetings\n");
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
    assert.equal(launched("greet"), "greetings\n");
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
    assert.equal(launched("shop"), "greetings\none\n");
    lifecycle.write({ "app/src/shop.py": "def main():\n    print('two')\n" });
    lifecycle.restore("venv");
    assert.match(lifecycle.build().output, /Dependencies are unchanged[^]*Installing the app itself/);
    assert.equal(launched("shop"), "two\n");
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
    ["poetry", "poetry.lock", "install --only main --no-root --compile --no-ansi"],
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

describe("the default web process", { skip: withoutPython }, () => {
  const FLASK = 'app = Flask(__name__)\nif __name__ == "__main__":\n    app.run()\n';
  const CASES: readonly (readonly [Record<string, string>, readonly string[], readonly string[] | null])[] = [
    [{ "manage.py": "", "shop/wsgi.py": "" }, ["django", "gunicorn"], ["gunicorn", "shop.wsgi"]],
    [{ "src/manage.py": "", "src/shop/wsgi.py": "" }, ["django", "gunicorn"], ["gunicorn", "--chdir", "src", "shop.wsgi"]],
    [{ "manage.py": "", "shop/wsgi.py": "", "other/wsgi.py": "" }, ["django", "gunicorn"], null],
    [{ "manage.py": "", "shop/wsgi.py": "" }, ["django"], null],
    [{ "app.py": FLASK }, ["gunicorn"], ["gunicorn", "app:app"]],
    [{ "app.py": FLASK }, [], ["python", "app.py"]],
    [{ "main.py": "application: WSGI = x()\n" }, ["gunicorn"], ["gunicorn", "main:application"]],
    [{ "main.py": "from fastapi import FastAPI\napp = FastAPI()\n" }, ["gunicorn"], null],
    [{ "main.py": "from fastapi import FastAPI\napp = FastAPI()\n" }, ["uvicorn"], ["sh", "-c", 'exec uvicorn main:app --host 0.0.0.0 --port "${PORT:-8000}"']],
    [{ "server.py": "if __name__ == '__main__':\n    serve()\n" }, [], ["python", "server.py"]],
    [{ "server.py": "serve()\n" }, [], null],
    [{ "app.py": FLASK, "main.py": FLASK }, [], null],
    [{ "requirements.txt": "" }, ["gunicorn"], null],
    [{ "app.py": FLASK, Procfile: "web: x" }, ["gunicorn"], null],
  ]; // prettier-ignore
  const program = `from processes import default_web
import contextlib, io
said = io.StringIO()
with contextlib.redirect_stdout(said):
    command = default_web(lambda name: name in input)
print(json.dumps([command, said.getvalue()]))`;
  for (const [files, modules, expected] of CASES) {
    test(`${Object.keys(files).join(", ")} with ${modules.join(", ") || "nothing"}: ${expected?.join(" ") ?? "none"}`, () => {
      lifecycle.write(Object.fromEntries(Object.entries(files).map(([name, text]) => [`app/${name}`, text])));
      const [found, said] = inPython<[string[] | null, string]>(program, modules, lifecycle.app);
      assert.deepEqual(found, expected);
      assert.equal(said.includes("name the command in a Procfile"), expected === null && !("Procfile" in files));
    });
  }
  test("is written for the launcher", () => {
    lifecycle.write({ "app/app.py": "if __name__ == '__main__': pass" });
    assert.deepEqual(command(lifecycle.build().launch), ["python", "app.py"]);
  });
});

describe("programs at launch", () => {
  /** Runs one as a launcher does, its answers on file descriptor 3. */
  function execD(name: string, options: { env?: Record<string, string>; args?: string[] } = {}): unknown {
    const { stdout, status, stderr } = spawnSync(
      "sh",
      ["-c", 'exec "$@" 3>&1 >/dev/null', "sh", join(import.meta.dirname, "exec.d", name), ...(options.args ?? [])],
      {
        cwd: lifecycle.app,
        encoding: "utf8",
        env: { PATH, ...options.env },
      },
    );
    assert.deepEqual([status, stderr], [0, ""]);
    return JSON.parse(JSON.stringify(parse(stdout)));
  }
  test("PYTHONPATH is the app's directory unless it is set", () => {
    assert.deepEqual(execD("python_path"), { PYTHONPATH: lifecycle.app });
    assert.deepEqual(execD("python_path", { env: { PYTHONPATH: "lib" } }), {});
  });
  const MB = 1024 * 1024;
  const own = { "root/proc/self/cgroup": "0::/a/b\n" };
  const CASES: readonly (readonly [string, Record<string, string>, string, string | undefined])[] = [
    ["no limit", {}, "2", undefined],
    ["`max`", { ...own, "root/sys/fs/cgroup/a/b/memory.max": "max" }, "2", undefined],
    ["512 MB", { ...own, "root/sys/fs/cgroup/a/b/memory.max": `${512 * MB}` }, "8", "2"],
    ["100 MB", { ...own, "root/sys/fs/cgroup/a/b/memory.max": `${100 * MB}` }, "8", "1"],
    ["2.5 GB, two cores", { ...own, "root/sys/fs/cgroup/a/b/memory.max": `${2560 * MB}` }, "2", "5"],
    ["14 GB, eight cores", { ...own, "root/sys/fs/cgroup/a/b/memory.max": `${14336 * MB}` }, "8", "17"],
    ["the limit of a group above", { ...own, "root/sys/fs/cgroup/a/b/memory.max": "max", "root/sys/fs/cgroup/a/memory.max": `${1024 * MB}` }, "8", "4"],
    ["a container of its own", { "root/proc/self/cgroup": "0::/\n", "root/sys/fs/cgroup/memory.max": `${1024 * MB}` }, "8", "4"],
    ["version 1", { "root/sys/fs/cgroup/memory/memory.limit_in_bytes": `${512 * MB}` }, "8", "2"],
    ["version 1 without limit", { "root/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712" }, "8", undefined],
  ]; // prettier-ignore
  for (const [name, files, cores, expected] of CASES) {
    test(`WEB_CONCURRENCY: ${name}`, () => {
      lifecycle.write(files);
      const args = [join(lifecycle.root, "root"), cores];
      assert.deepEqual(
        execD("web/web_concurrency", { args }),
        expected === undefined ? {} : { WEB_CONCURRENCY: expected },
      );
      assert.deepEqual(execD("web/web_concurrency", { args, env: { WEB_CONCURRENCY: "7" } }), {});
    });
  }
  test("are part of the layers", { skip: withoutPython }, () => {
    lifecycle.write({ "app/main.py": "" });
    assert.equal(lifecycle.build().code, 0);
    for (const name of ["python_path", "web/web_concurrency"])
      assert.equal(statSync(join(lifecycle.layers, "start/exec.d", name)).mode & 0o111, 0o111);
    assert.match(lifecycle.read("layers/start.toml") ?? "", /launch = true\nbuild = false\ncache = false/);
    rmSync(join(lifecycle.layers, "start"), { recursive: true });
  });
});
