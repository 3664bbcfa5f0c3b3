import assert from "node:assert/strict";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { emptyImage } from "../../src/build/image/stored-image.ts";
import { element, ImageBench, listLayer, processOf, readFromLayer, simpleBuild, type Exported } from "./image-bench.ts";

/** cnb.md §8 and §16, export. */
const PLATFORM = { os: "linux", architecture: "amd64", tag: "v1" } as const;

const label = (image: Exported, name: string): unknown =>
  JSON.parse(image.stored.config.config.Labels?.[name] ?? "null");
const diffIds = (image: Exported): readonly string[] => image.stored.layers.map(({ diffId }) => diffId);

describe("what an image is (cnb.md §8.1, §8.4)", () => {
  test("layers bottom to top, with their history", async () => {
    using bench = new ImageBench();
    simpleBuild(bench);
    bench.write({ "launch/org_a/z/sbom.cdx.json": "{}" }, join(bench.layers, "sbom"));
    const image = await bench.export();
    const history = image.stored.config.history.map(({ created_by }) => created_by);
    assert.deepEqual(history, [
      undefined,
      "Layer: 'b', Created by buildpack: org/a@1.0.0",
      "Layer: 'z', Created by buildpack: org/a@1.0.0",
      "Layer: 'l', Created by buildpack: c@1.0.0",
      "Software Bill-of-Materials",
      "Application Layer",
      "Buildpacks Application Launcher",
      "Buildpacks Launcher Config",
      "Buildpacks Process Types",
    ]);
    assert.ok(image.stored.config.history.every(({ created }) => created === "1980-01-01T00:00:01Z"));
    assert.equal(image.stored.config.created, "1980-01-01T00:00:01Z");
    assert.deepEqual(await listLayer(image.stored.layers[2]), [
      "/layers/ 755 0:0",
      "/layers/org_a/ 755 0:0",
      "/layers/org_a/z/ 755 1000:1000",
      "/layers/org_a/z/bin/ 755 1000:1000",
      "/layers/org_a/z/bin/tool 755 1000:1000",
      "/layers/org_a/z/env/ 755 1000:1000",
      "/layers/org_a/z/env/A 644 1000:1000",
    ]);
    assert.deepEqual(await listLayer(image.stored.layers[4]), [
      "/layers/ 755 0:0",
      "/layers/sbom/ 755 0:0",
      "/layers/sbom/launch/ 755 1000:1000",
      "/layers/sbom/launch/org_a/ 755 1000:1000",
      "/layers/sbom/launch/org_a/z/ 755 1000:1000",
      "/layers/sbom/launch/org_a/z/sbom.cdx.json 644 1000:1000",
    ]);
    assert.deepEqual(await listLayer(image.stored.layers[6]), [
      "/cnb/ 755 0:0",
      "/cnb/lifecycle/ 755 0:0",
      "/cnb/lifecycle/launcher 755 0:0",
    ]);
    assert.deepEqual(await listLayer(image.stored.layers[8]), [
      "/cnb/ 755 0:0",
      "/cnb/process/ 755 0:0",
      "/cnb/process/web 777 0:0 -> /cnb/lifecycle/launcher",
      "/cnb/process/worker 777 0:0 -> /cnb/lifecycle/launcher",
    ]);
  });

  test("labels", async () => {
    using bench = new ImageBench();
    simpleBuild(bench);
    const image = await bench.export({
      project: { source: { type: "git", version: { commit: "abc" } } },
      runImage: { reference: "sha256:r", image: "run" },
    });
    const [, b, z, l, app, launcher, config, links] = diffIds(image);
    const text = image.stored.config.config.Labels?.["io.buildpacks.lifecycle.metadata"] ?? "";
    assert.match(text, /"data":\{"size":9007199254740993,"version":"24"\}/);
    assert.deepEqual(label(image, "io.buildpacks.lifecycle.metadata"), {
      app: [{ sha: app }],
      buildpacks: [
        {
          key: "org/a",
          version: "1.0.0",
          layers: {
            b: { sha: b, data: {}, build: false, launch: true, cache: false },
            z: {
              sha: z,
              data: { size: Number("9007199254740993"), version: "24" },
              build: false,
              launch: true,
              cache: true,
            },
          },
        },
        {
          key: "c",
          version: "1.0.0",
          layers: { l: { sha: l, data: {}, build: false, launch: true, cache: false } },
          store: { metadata: { key: "value" } },
        },
      ],
      config: { sha: config },
      launcher: { sha: launcher },
      "process-types": { sha: links },
      runImage: { topLayer: diffIds(image)[0], reference: "sha256:r", image: "run" },
      stack: { runImage: { image: "run" } },
    });
    assert.deepEqual(label(image, "io.buildpacks.build.metadata"), {
      buildpacks: [
        { id: "org/a", version: "1.0.0", homepage: "https://a" },
        { id: "c", version: "1.0.0" },
      ],
      launcher: { version: "1.2.3", source: { git: { repository: "", commit: "" } } },
      processes: [
        { type: "web", command: ["server"], args: ["a"], direct: true, buildpackID: "bp" },
        {
          type: "worker",
          command: ["work && more"],
          args: [],
          direct: false,
          buildpackID: "bp",
          "working-dir": "/workspace/sub",
        },
      ],
      "buildpack-default-process-type": "web",
    });
    assert.deepEqual(label(image, "io.buildpacks.project.metadata"), {
      source: { type: "git", version: { commit: "abc" } },
    });
    assert.equal(image.stored.config.config.Labels?.["org.team"], "red");
  });

  test("config: variables, directory, user and the rest of the run image", async () => {
    using bench = new ImageBench();
    simpleBuild(bench);
    const config = {
      User: "7:8",
      Env: ["PATH=/own/bin", "LANG=C", "CNB_APP_DIR=/old"],
      Cmd: ["old"],
      Entrypoint: ["old"],
      ExposedPorts: { "80/tcp": {} },
      Labels: { base: "yes" },
      WorkingDir: "/old",
    };
    const { stored } = await bench.export({ base: bench.base(["bin/sh"], config) });
    const { Labels, ...rest } = stored.config.config;
    assert.deepEqual(rest, {
      User: "7:8",
      Env: [
        "PATH=/cnb/process:/cnb/lifecycle:/own/bin",
        "LANG=C",
        "CNB_APP_DIR=/workspace",
        "CNB_LAYERS_DIR=/layers",
        "CNB_PLATFORM_API=0.14",
        "CNB_DEPRECATION_MODE=quiet",
      ],
      Entrypoint: ["/cnb/process/web"],
      ExposedPorts: { "80/tcp": {} },
      WorkingDir: "/workspace",
    });
    assert.equal(Labels?.["base"], "yes");
    assert.match((await listLayer(stored.layers[4]))[1] ?? "", /^\/workspace\/public\/ 755 7:8$/);
  });

  for (const [what, processType, hasDefault, expected] of [
    ["asked for", "worker", true, "/cnb/process/worker"],
    ["the buildpacks' default", undefined, true, "/cnb/process/web"],
    ["none: the launcher", undefined, false, "/cnb/lifecycle/launcher"],
  ] as const) {
    test(`entrypoint: ${what}`, async () => {
      using bench = new ImageBench();
      const processes = [processOf({ type: "web", default: hasDefault }), processOf({ type: "worker" })];
      bench.metadata({ group: [], processes });
      const { stored } = await bench.export({ processType });
      assert.deepEqual([stored.config.config.Entrypoint, stored.config.config.Cmd], [[expected], undefined]);
    });
  }

  test("entrypoint: a type that is not there is refused; without processes there are no links", async () => {
    using bench = new ImageBench();
    bench.metadata({});
    await assert.rejects(bench.export({ processType: "nope" }), /tried to set nope to default but it doesn't exist/);
    const image = await bench.export({ into: join(bench.root, "other") });
    assert.equal(image.stored.config.history.at(-1)?.created_by, "Buildpacks Launcher Config");
  });

  test("the date: SOURCE_DATE_EPOCH", async () => {
    using bench = new ImageBench();
    bench.metadata({});
    const { stored } = await bench.export({ createdS: 1_700_000_000 });
    assert.equal(stored.config.created, "2023-11-14T22:13:20Z");
  });
});

describe("slices (cnb.md §8.3)", () => {
  const sliced = async (
    slices: readonly (readonly string[])[],
    make: (bench: ImageBench) => void,
  ): Promise<readonly (readonly string[])[]> => {
    using bench = new ImageBench();
    bench.write({ "a.txt": "", "b.md": "", "dir/c.txt": "", "dir/d.md": "", "other/e.md": "" }, bench.app);
    make(bench);
    bench.metadata({ slices: slices.map((paths) => ({ paths })) });
    const image = await bench.export();
    const layers = image.stored.layers.slice(1, -2);
    const names = await Promise.all(layers.map(listLayer));
    return names.map((lines) => lines.map((line) => line.replace(/ .*/, "").replace("/workspace/", "")));
  };
  const nothing = (): void => undefined;
  const ALL = ["", "a.txt", "b.md", "dir/", "dir/c.txt", "dir/d.md", "other/", "other/e.md"];

  for (const [what, slices, expected] of [
    ["none: one layer", [], [ALL]],
    [
      "*.txt matches in one directory only",
      [["*.txt"]],
      [
        ["", "a.txt"],
        ["", "b.md", "dir/", "dir/c.txt", "dir/d.md", "other/", "other/e.md"],
      ],
    ],
    [
      "** is * *",
      [["**/*.txt"]],
      [
        ["", "dir/", "dir/c.txt"],
        ["", "a.txt", "b.md", "dir/", "dir/d.md", "other/", "other/e.md"],
      ],
    ],
    [
      "a directory takes what it holds",
      [["dir"]],
      [
        ["", "dir/", "dir/c.txt", "dir/d.md"],
        ["", "a.txt", "b.md", "other/", "other/e.md"],
      ],
    ],
    [
      "an earlier slice wins",
      [["dir/*.md"], ["dir"]],
      [
        ["", "dir/", "dir/d.md"],
        ["", "dir/", "dir/c.txt"],
        ["", "a.txt", "b.md", "other/", "other/e.md"],
      ],
    ],
    [
      "a directory whose content went is not left over",
      [["other/*"]],
      [
        ["", "other/", "other/e.md"],
        ["", "a.txt", "b.md", "dir/", "dir/c.txt", "dir/d.md"],
      ],
    ],
    ["nothing outside of the app", [["../**", "../layers/*", "/etc/*"]], [[], ALL]],
    [
      "back into the app is inside",
      [["../workspace/*.txt"]],
      [
        ["", "a.txt"],
        ["", "b.md", "dir/", "dir/c.txt", "dir/d.md", "other/", "other/e.md"],
      ],
    ],
    ["everything", [["."]], [ALL, []]],
  ] as const) {
    test(what, async () => assert.deepEqual(await sliced(slices, nothing), expected));
  }

  test("a link is taken, never followed", async () => {
    const layers = await sliced([["dir-link/*"], ["dir-link"]], (bench) =>
      symlinkSync("dir", join(bench.app, "dir-link")),
    );
    assert.deepEqual([layers[0], layers[1]], [[], ["", "dir-link"]]);
  });

  test("history names the slices; a malformed pattern is refused", async () => {
    using bench = new ImageBench();
    bench.write({ a: "" }, bench.app);
    bench.metadata({ slices: [{ paths: ["a"] }] });
    const { stored } = await bench.export();
    assert.deepEqual(
      stored.config.history.slice(1, 3).map(({ created_by }) => created_by),
      ["Application Slice: 1", "Application Slice: 2"],
    );
    bench.metadata({ slices: [{ paths: ["[a"] }] });
    await assert.rejects(bench.export({ into: join(bench.root, "other") }), /the slice path `\[a` is not a pattern/);
  });
});

describe("launchers (cnb.md §7.2)", () => {
  test("bash where the run image has it, else sh; awk only for exec.d", async () => {
    using bench = new ImageBench();
    bench.layer("bp:l", { "exec.d/x": "#!/bin/sh\n" });
    bench.metadata({ group: [element("bp")], processes: [processOf({})] });
    const firstLine = async (programs: readonly string[]): Promise<string> => {
      const { stored } = await bench.export({ base: bench.base(programs) });
      const launcher = await readFromLayer(stored.layers[3], "/cnb/lifecycle/launcher");
      return launcher.split("\n")[0] ?? "";
    };
    assert.equal(await firstLine(["bin/sh", "usr/bin/awk"]), "#!/bin/sh");
    assert.equal(await firstLine(["bin/sh", "usr/bin/bash", "bin/awk"]), "#!/usr/bin/bash");
    await assert.rejects(
      firstLine(["bin/sh"]),
      /no awk in the run image, and it is needed for \/layers\/bp\/l\/exec\.d\/x/,
    );
  });

  test("the operator's own program is put there as it is, and needs no shell", async () => {
    using bench = new ImageBench();
    bench.layer("bp:l", { "exec.d/x": "#!/bin/sh\n" });
    bench.metadata({ group: [element("bp")], processes: [processOf({ default: true })] });
    const { stored } = await bench.export({
      base: emptyImage(PLATFORM),
      officialLauncher: Buffer.from("\x7fELF official"),
    });
    assert.equal(await readFromLayer(stored.layers[2], "/cnb/lifecycle/launcher"), "\x7fELF official");
    assert.deepEqual(stored.config.config.Entrypoint, ["/cnb/process/web"]);
  });

  test("no shell and nothing that needs one: the environment is the image's own, the words can be replaced", async () => {
    using bench = new ImageBench();
    bench.layer("bp:l", { "bin/x": "", "env/A.default": "a", "env/LANG.append": "+" });
    bench.metadata({
      group: [element("bp")],
      processes: [
        processOf({ default: true, command: ["/app/run", "x"], args: ["y"], workingDir: "/sub" }),
        processOf({ type: "other" }),
      ],
    });
    const config = { Env: ["LANG=C"] };
    const { stored, notes } = await bench.export({ base: bench.base(["etc/passwd"], config) });
    const { Labels: _, ...rest } = stored.config.config;
    assert.deepEqual(rest, {
      User: "1000:1000",
      Env: [
        "LANG=C+",
        "PATH=/layers/bp/l/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "A=a",
        "CNB_LAYERS_DIR=/layers",
        "CNB_APP_DIR=/workspace",
      ],
      Entrypoint: ["/app/run", "x"],
      Cmd: ["y"],
      WorkingDir: "/sub",
    });
    assert.match(notes.join(), /starts `web` without a launcher, and no other type/);
    assert.ok(!stored.config.history.some(({ created_by }) => /Launcher$|Process Types/.test(created_by ?? "")));
  });

  for (const [what, files, process, expected] of [
    ["exec.d", { "exec.d/x": "" }, {}, /\/layers\/bp\/l\/exec\.d\/x/],
    ["profile.d", { "profile.d/p.sh": "" }, {}, /\/layers\/bp\/l\/profile\.d\/p\.sh/],
    ["variables of one type", { "env.launch/web/A": "" }, {}, /env\.launch\/web\/A/],
    ["a shell command", {}, { direct: false }, /the shell command of `web`/],
  ] as const) {
    test(`no shell, but ${what}: refused by name`, async () => {
      using bench = new ImageBench();
      bench.layer("bp:l", files);
      bench.metadata({ group: [element("bp")], processes: [processOf({ default: true, ...process })] });
      await assert.rejects(
        bench.export({ base: emptyImage(PLATFORM) }),
        (error: Error) => /there is no shell in the run image/.test(error.message) && expected.test(error.message),
      );
    });
  }
});

describe("paths (cnb.md §7.3, decision 0014)", () => {
  function build(bench: ImageBench, files: Readonly<Record<string, string>>): void {
    bench.layer("bp:l", {
      "env/DIR": `${bench.app}/sub:${bench.layers}/bp/l`,
      "env/OTHER": `${bench.app}-not`,
      ...files,
    });
    symlinkSync(join(bench.layers, "bp/l"), join(bench.app, "link"));
    bench.metadata({
      group: [element("bp")],
      processes: [processOf({ default: true, command: [`${bench.app}/run`], args: [`--dir=${bench.layers}/bp`] })],
    });
  }

  test("env files, links and commands are told in the usual places", async () => {
    using bench = new ImageBench();
    build(bench, {});
    const { stored, appDir, layersDir, notes } = await bench.export();
    assert.deepEqual([appDir, layersDir, notes], ["/workspace", "/layers", []]);
    assert.equal(await readFromLayer(stored.layers[1], "/layers/bp/l/env/DIR"), "/workspace/sub:/layers/bp/l");
    assert.equal(await readFromLayer(stored.layers[1], "/layers/bp/l/env/OTHER"), `${bench.app}-not`);
    assert.ok((await listLayer(stored.layers[2])).includes("/workspace/link 777 1000:1000 -> /layers/bp/l"));
    const launcher = await readFromLayer(stored.layers[3], "/cnb/lifecycle/launcher");
    assert.match(launcher, /DIR='\/workspace\/sub:\/layers\/bp\/l'/);
    assert.match(launcher, /set -- '\/workspace\/run' "\$@"/);
    assert.match(await readFromLayer(stored.layers[4], "/layers/config/metadata.toml"), /\[ "\/workspace\/run" \]/);
  });

  test("a file that names the build's directory keeps the real paths, and is named", async () => {
    using bench = new ImageBench();
    build(bench, { "bin/tool": "#!/x\n" });
    writeFileSync(
      join(bench.layers, "bp/l/bin/tool"),
      Buffer.concat([Buffer.alloc(1_048_570), Buffer.from(`#!${bench.layers}/bp/l/python`)]),
    );
    const { stored, appDir, layersDir, notes } = await bench.export();
    assert.deepEqual([appDir, layersDir], [bench.app, bench.layers]);
    assert.deepEqual(notes, [
      `App and layers keep the paths of the build, ${bench.root}, because layers/bp/l/bin/tool names them.`,
    ]);
    assert.ok(stored.config.config.Env?.includes(`CNB_LAYERS_DIR=${bench.layers}`));
    assert.equal(
      await readFromLayer(stored.layers[1], `${bench.layers}/bp/l/env/DIR`),
      `${bench.app}/sub:${bench.layers}/bp/l`,
    );
    assert.ok((await listLayer(stored.layers[1])).slice(0, 2).every((line) => line.endsWith(" 755 0:0")));
  });

  test("an artifact with another one's layers: both directories are looked for, both apps become one", async () => {
    using base = new ImageBench();
    using derived = new ImageBench();
    build(base, {});
    derived.write({ own: "x" }, derived.app);
    rmSync(derived.layers, { recursive: true });
    symlinkSync(base.layers, derived.layers);
    const { stored, appDir } = await derived.export();
    assert.equal(appDir, "/workspace");
    assert.equal(await readFromLayer(stored.layers[1], "/layers/bp/l/env/DIR"), "/workspace/sub:/layers/bp/l");
    assert.ok((await listLayer(stored.layers[2])).includes("/workspace/own 644 1000:1000"));
    writeFileSync(join(derived.app, "own"), `${base.app}/x`);
    assert.deepEqual((await derived.export()).layersDir, base.layers);
  });

  test("the build's scratch directory, which is gone, may be named", async () => {
    using bench = new ImageBench();
    build(bench, { log: `${bench.root}/scratch/home/.npm` });
    assert.equal((await bench.export()).appDir, "/workspace");
  });
});
