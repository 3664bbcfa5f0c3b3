import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { parse } from "smol-toml";
import { ForeignLifecycle } from "../foreign-lifecycle.ts";
import { inPython, PATH, withoutPython } from "./python-fixture.ts";

let lifecycle: ForeignLifecycle;
/** In each `describe`: hooks outside would run for the tests of other files too. */
function useLifecycle(): void {
  beforeEach(() => (lifecycle = new ForeignLifecycle(import.meta.dirname)));
  afterEach(() => lifecycle.dispose());
}

describe("detect (cnb.md §15)", () => {
  useLifecycle();
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
  useLifecycle();
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
    [{ "pyproject.toml": "[project]\nrequires-python = 5\n" }, /asks for the Python version `5`, which is not understood/],
    [{ "pyproject.toml": '[project]\ndependencies = "six"\n' }, /`dependencies` of `\[project\]` in pyproject\.toml is no list/],
    [{ "pyproject.toml": '[project]\ndependencies = ["--index-url http://x"]\n' }, /is no list of requirements/],
    [{ "pyproject.toml": '[project]\ndependencies = ["six\\n--pre"]\n' }, /is no list of requirements/],
    [{ "Pipfile.lock": '{"default": {"six": {"version": "==1\\n--pre"}}}' }, /`==1\n--pre` is not understood/],
    [{ "Pipfile.lock": '{"default": {"six": {"version": "==1", "hashes": 5}}}' }, /Pipfile\.lock is not valid/],
    [{ "Pipfile.lock": '{"default": {"six": {"git": "https://x"}}}' }, /`six` has git, which is not installed here[^]*pipenv requirements/],
    [{ "pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.8"\nsix = "*"\n' }, /there is no poetry\.lock\.\n +Make it with `poetry lock`/],
    [{ "requirements.txt": "-r requirements.txt\n" }, /requirements\.txt includes itself\./],
    [{ "requirements.txt": "-r a.txt\n", "a.txt": "-c requirements.txt" }, /requirements\.txt includes itself by a\.txt/],
    [{ "runtime.txt": "x".repeat(100_000) }, /asks for `x{100}`, which/],
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

describe("without any Python on the PATH", () => {
  useLifecycle();
  test("what to install is said", () => {
    const { code, output } = lifecycle.build("", { PATH: "/nowhere" });
    assert.equal(code, 1);
    assert.match(output, /there is no Python 3\.8 or newer on the PATH \(\/nowhere\)\.\n +Install `python3`/);
  });
});

describe("the default web process", { skip: withoutPython }, () => {
  useLifecycle();
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
def one(directory, modules):
    os.chdir(directory)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        command = default_web(lambda name: name in modules)
    return [command, "name the command in a Procfile" in said.getvalue()]
print(json.dumps([one(*case) for case in input]))`;
  test("by what is there and what is installed", () => {
    const cases = CASES.map(([files, modules], index) => {
      lifecycle.write(Object.fromEntries(Object.entries(files).map(([name, text]) => [`${index}/${name}`, text])));
      return [join(lifecycle.root, String(index)), modules];
    });
    const found = inPython<[string[] | null, boolean][]>(program, cases);
    CASES.forEach(([files, modules, expected], index) => {
      const isSaid = expected === null && !("Procfile" in files);
      assert.deepEqual(found[index], [expected, isSaid], `${Object.keys(files).join(", ")} with ${modules.join(", ")}`);
    });
  });
  test("is written for the launcher", () => {
    lifecycle.write({ "app/app.py": "if __name__ == '__main__': pass" });
    const { processes } = parse(lifecycle.build().launch) as { processes: unknown };
    assert.deepEqual(JSON.parse(JSON.stringify(processes)), [
      { type: "web", command: ["python", "app.py"], default: true },
    ]);
  });
});

describe("programs at launch", () => {
  useLifecycle();
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
  });
});
