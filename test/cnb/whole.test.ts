// Whole builds from detect to build with buildpacks as the reference's samples: hello-world provides and requires some-world,
// hello-moon only requires it. cnb.md §16 "Whole".
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { CnbBench, heredoc, type Ended } from "./cnb-bench.ts";

let bench: CnbBench;
beforeEach(() => {
  bench = new CnbBench();
  bench.pack("samples/hello-world", {
    version: "0.0.1",
    detect: heredoc(
      "$2",
      '[[provides]]\nname = "some-world"\n\n[[requires]]\nname = "some-world"\n[requires.metadata]\nworld = "Earth-616"',
    ),
    build: 'echo "---> Hello World buildpack"; echo "layers_dir: $1"; grep world "$3"',
  });
  bench.pack("samples/hello-moon", {
    version: "0.0.1",
    detect: heredoc("$2", '[[requires]]\nname = "some-world"\n[requires.metadata]\nworld = "The Moon"'),
    build: 'echo "---> Hello Moon buildpack"; [ ! -s "$3" ] && echo "nothing to provide"',
  });
  bench.pack("samples/hello-universe", {
    version: "0.0.1",
    order: "samples/hello-world@0.0.1 samples/hello-moon@0.0.1",
  });
  bench.pack("samples/hello-processes", {
    version: "0.0.1",
    detect: '[ -f sys-info.sh ] || exit 100; mkdir -p "$HOME"',
    build: `mkdir -p "$1/hello-processes"; echo bye >"$1/hello-processes/file"
${heredoc("$1/hello-processes.toml", "[types]\nlaunch = true")}
${heredoc("$1/launch.toml", '[[processes]]\ntype = "sys-info"\ncommand = ["bash"]\nargs = ["sys-info.sh"]\ndefault = true')}`,
  });
});
afterEach(() => bench.dispose());

async function whole(order: string): Promise<readonly Ended[]> {
  bench.order(order);
  const ended: Ended[] = [];
  for (const phase of ["detect", "restore", "build"]) {
    ended.push(await bench.run(phase));
    if (ended.at(-1)?.code !== 0) break;
  }
  return ended;
}

describe("sample buildpacks (cnb.md §16)", () => {
  test("hello-world alone", async () => {
    const ended = await whole("samples/hello-world@0.0.1");
    assert.deepEqual(
      ended.map(({ code }) => code),
      [0, 0, 0],
    );
    assert.equal(ended[0]?.out, "samples/hello-world 0.0.1\n");
    assert.match(
      ended[2]?.out ?? "",
      /---> Hello World buildpack\nlayers_dir: .*\/samples_hello-world\n.*some-world.*\n.*Earth-616/,
    );
  });
  test("hello-moon alone requires what nobody provides", async () => {
    const [detected] = await whole("samples/hello-moon@0.0.1");
    assert.equal(detected?.code, 20);
    assert.match(detected?.out ?? "", /fail: samples\/hello-moon@0\.0\.1 requires some-world/);
  });
  test("both, and both as a composite: hello-world meets the moon's need", async () => {
    for (const order of ["samples/hello-world@0.0.1 samples/hello-moon@0.0.1", "samples/hello-universe@0.0.1"]) {
      const ended = await whole(order);
      assert.deepEqual(
        ended.map(({ code }) => code),
        [0, 0, 0],
      );
      assert.equal(ended[0]?.out, "samples/hello-world 0.0.1\nsamples/hello-moon  0.0.1\n");
      assert.match(ended[2]?.out ?? "", /Earth-616[^]*The Moon[^]*---> Hello Moon buildpack\nnothing to provide\n$/);
    }
  });
  test("a launch layer with a process, after an optional one that does not fit", async () => {
    bench.write("app/sys-info.sh", "uname");
    const ended = await whole("samples/hello-moon@0.0.1? samples/hello-processes@0.0.1");
    assert.deepEqual(
      ended.map(({ code }) => code),
      [0, 0, 0],
    );
    assert.equal(ended[0]?.out, "1 of 2 buildpacks participating\nsamples/hello-processes 0.0.1\n");
    assert.deepEqual(bench.toml("layers/config/metadata.toml"), {
      "buildpack-default-process-type": "sys-info",
      buildpacks: [{ id: "samples/hello-processes", version: "0.0.1", api: "0.10" }],
      processes: [
        {
          type: "sys-info",
          command: ["bash"],
          args: ["sys-info.sh"],
          direct: true,
          "buildpack-id": "samples/hello-processes",
        },
      ],
    });
    assert.equal(bench.text("layers/samples_hello-processes/hello-processes/file"), "bye\n");
  });
});
