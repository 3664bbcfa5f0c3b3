import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { PortsideError, type ErrorCode } from "../model/error-registry.ts";
import { readSourceManifest, sourceDigest, type ManifestOptions } from "./source-manifest.ts";

type Tree = Readonly<Record<string, string>>;

/** Makes the files; a name that ends in `@` is a link to its text. */
function makeTree(t: TestContext, tree: Tree): string {
  const root = mkdtempSync(join(tmpdir(), "portside-manifest-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(tree)) {
    const isLink = name.endsWith("@");
    const path = join(root, isLink ? name.slice(0, -1) : name);
    mkdirSync(dirname(path), { recursive: true });
    if (isLink) symlinkSync(text, path);
    else writeFileSync(path, text);
  }
  return root;
}

async function pathsOf(t: TestContext, tree: Tree, options: ManifestOptions = {}): Promise<string> {
  const { entries } = await readSourceManifest(makeTree(t, tree), undefined, options);
  return entries.map((entry) => entry.path).join(" ");
}

async function refusal(t: TestContext, directory: string, options: ManifestOptions = {}): Promise<string> {
  const result = readSourceManifest(directory, t.signal, options);
  const error = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof PortsideError, String(error));
  return `${error.code satisfies ErrorCode}: ${error.message.replaceAll(directory, "DIR")}`;
}

const SELECTIONS: readonly [title: string, tree: Tree, expected: string][] = [
  [
    "sorted by bytes",
    { b: "", "a/z": "", "a.txt": "", é: "", Z: "", "\u{1F600}": "", "\uFF5E": "" },
    "Z a.txt a/z b é \uFF5E \u{1F600}",
  ],
  ["folders without files are nothing", { "a/b": "", ".gitignore": "b" }, ".gitignore"],
  [
    ".git, .portside and node_modules beside package.json",
    {
      ".git/HEAD": "",
      "x/.git": "",
      ".portside/y": "",
      "package.json": "",
      "node_modules/a/i.js": "",
      "x/package.json": "",
      "x/node_modules/b": "",
      "y/node_modules/c": "",
    },
    "package.json x/package.json y/node_modules/c",
  ],
  [
    "no ignore file brings those back",
    {
      ".portsideignore": "!.git\n!node_modules\n!.portside",
      ".git/HEAD": "",
      "package.json": "",
      "node_modules/a": "",
    },
    ".portsideignore package.json",
  ],
  [".env stays unless it is ignored", { ".env": "", "x/.env": "", "x/.gitignore": ".env" }, ".env x/.gitignore"],
  [
    ".gitignore counts at every level",
    {
      ".gitignore": "*.log\n/top",
      top: "",
      "x/top": "",
      "x/a.log": "",
      "x/.gitignore": "!a.log\n/b",
      "x/b": "",
      "x/c/b": "",
    },
    ".gitignore x/.gitignore x/a.log x/c/b x/top",
  ],
  [
    ".slugignore and .portsideignore count at the root only",
    { a: "", ".slugignore": "a", "x/.slugignore": "b", "x/.portsideignore": "b", "x/b": "" },
    ".slugignore x/.portsideignore x/.slugignore x/b",
  ],
  [
    ".portsideignore has the last word",
    {
      ".gitignore": "dist/\n",
      ".slugignore": "docs",
      ".portsideignore": "!dist/\n!docs\nx/keep",
      "dist/m.js": "",
      docs: "",
      "x/.gitignore": "!keep",
      "x/keep": "",
      "x/y": "",
    },
    ".gitignore .portsideignore .slugignore dist/m.js docs x/.gitignore x/y",
  ],
  [
    "nothing inside a left-out folder comes back",
    { ".gitignore": "dist/", ".portsideignore": "!dist/keep", "dist/keep": "", a: "" },
    ".gitignore .portsideignore a",
  ],
  ["a link to a folder is a link, for patterns too", { ".gitignore": "d/", "x/f": "", "d@": "x" }, ".gitignore d x/f"],
  [
    "node_modules as a link is left out like the folder",
    { "package.json": "", "node_modules@": "/srv/modules" },
    "package.json",
  ],
];

for (const [title, tree, expected] of SELECTIONS) {
  test(`source: ${title}`, async (t) => assert.equal(await pathsOf(t, tree), expected));
}

test("source: without ignore rules everything counts", async (t) => {
  const tree = { ".gitignore": "*", a: "", "package.json": "", "node_modules/b": "", ".git/HEAD": "" };
  assert.equal(await pathsOf(t, tree, { ignore: false }), ".git/HEAD .gitignore a node_modules/b package.json");
});

test("source: an entry has mode, size and hash; links keep their target", async (t) => {
  const root = makeTree(t, { "bin/run": "#!/bin/sh\n", "a@": "bin/run", big: "x".repeat(3_000_000) });
  chmodSync(join(root, "bin/run"), 0o610);
  chmodSync(join(root, "big"), 0o600);
  const { entries } = await readSourceManifest(root);
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  assert.deepEqual(entries, [
    { kind: "link", path: "a", target: "bin/run" },
    { kind: "file", path: "big", mode: 0o644, sizeBytes: 3_000_000, sha256: sha256("x".repeat(3_000_000)) },
    { kind: "file", path: "bin/run", mode: 0o755, sizeBytes: 10, sha256: sha256("#!/bin/sh\n") },
  ]);
});

test("source: the digest is of names, modes, contents and links alone", async (t) => {
  const tree: Tree = { "a/b": "1", "c@": "a/b", "d.sh": "2" };
  const root = makeTree(t, tree);
  const { digest } = await readSourceManifest(root);
  const digestOf = async (other: Tree, change: (root: string) => void = () => {}): Promise<string> => {
    const directory = makeTree(t, other);
    change(directory);
    return (await readSourceManifest(directory)).digest;
  };
  assert.match(digest, /^sha256:[0-9a-f]{64}$/);
  assert.equal(await digestOf(tree, (directory) => utimesSync(join(directory, "a/b"), 1, 1)), digest);
  assert.equal(await digestOf(tree, (directory) => chmodSync(join(directory, "a/b"), 0o600)), digest);
  const others = [
    await digestOf(tree, (directory) => chmodSync(join(directory, "d.sh"), 0o755)),
    await digestOf({ ...tree, "a/b": "2" }),
    await digestOf({ ...tree, "c@": "a/./b" }),
    await digestOf({ ...tree, e: "" }),
    await digestOf({ "a/b": "1", c: "a/b", "d.sh": "2" }),
  ];
  assert.equal(new Set([digest, ...others]).size, 6);
});

test("source: the digest of given entries is the manifest's", async (t) => {
  const { digest, entries } = await readSourceManifest(makeTree(t, { a: "x", 'b"\\': "y" }));
  assert.equal(sourceDigest(entries), digest);
});

test("source: sockets are passed over, and a pipe is never opened", async (t) => {
  const root = makeTree(t, { a: "" });
  const server = createServer().listen(join(root, "s"));
  await once(server, "listening");
  t.after(() => server.close());
  const { entries } = await readSourceManifest(root);
  assert.deepEqual(
    entries.map((entry) => entry.path),
    ["a"],
  );
});

test("E_SOURCE_LINK names the link and its target", async (t) => {
  const root = makeTree(t, { a: "", "x/up@": "../..", "y@": "x/up/etc" });
  assert.equal(await refusal(t, root), "E_SOURCE_LINK: The link x/up points to ../.., outside the app's folder.");
  const absolute = makeTree(t, { a: "", "b@": "/etc/passwd" });
  assert.equal(
    await refusal(t, absolute),
    "E_SOURCE_LINK: The link b points to /etc/passwd, outside the app's folder.",
  );
});

test("E_SOURCE_UNREADABLE says what is wrong", async (t) => {
  const root = makeTree(t, { a: "" });
  assert.equal(
    await refusal(t, join(root, "missing")),
    `E_SOURCE_UNREADABLE: The folder ${root}/missing cannot be read: it does not exist.`.replaceAll(
      join(root, "missing"),
      "DIR",
    ),
  );
  assert.equal(
    await refusal(t, join(root, "a")),
    "E_SOURCE_UNREADABLE: The folder DIR cannot be read: it is not a folder.",
  );
  const broken = makeTree(t, { "x/a\nb": "" });
  assert.equal(
    await refusal(t, broken),
    "E_SOURCE_UNREADABLE: The folder DIR cannot be read: the name or target of `x/a\\u{a}b` holds a line break.",
  );
  const large = makeTree(t, { ".gitignore": "#".repeat(1_048_577) });
  assert.equal(
    await refusal(t, large),
    "E_SOURCE_UNREADABLE: The folder DIR cannot be read: `.gitignore` is larger than 1 MiB.",
  );
});

test("E_SOURCE_UNREADABLE: a name that is not UTF-8, unless it is ignored", async (t) => {
  const root = makeTree(t, { a: "" });
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x78, 0xff])]), "");
  assert.match(await refusal(t, root), /the name or target of `x\uFFFD` is not UTF-8\.$/);
  writeFileSync(join(root, ".gitignore"), "x?");
  const { entries } = await readSourceManifest(root);
  assert.deepEqual(
    entries.map((entry) => entry.path),
    [".gitignore", "a"],
  );
});

test(
  "E_SOURCE_UNREADABLE: no permission",
  { skip: process.getuid?.() === 0 ? "root may read everything" : false },
  async (t) => {
    const root = makeTree(t, { "x/a": "" });
    chmodSync(join(root, "x/a"), 0);
    assert.match(await refusal(t, root), /`x\/a` may not be read by this user\.$/);
  },
);

test("E_SOURCE_EMPTY: no file, or none left", async (t) => {
  assert.equal(await refusal(t, makeTree(t, {})), "E_SOURCE_EMPTY: The folder DIR has no file to deploy.");
  assert.match(await refusal(t, makeTree(t, { a: "", ".gitignore": "*" })), /^E_SOURCE_EMPTY/);
});

test("E_SOURCE_TOO_LARGE: too many files, too many bytes", async (t) => {
  const root = makeTree(t, { a: "12345", b: "12345", "c@": "a" });
  assert.equal(
    await refusal(t, root, { filesMax: 2 }),
    "E_SOURCE_TOO_LARGE: The source has at least 3 files, more than 2 files.",
  );
  assert.equal(
    await refusal(t, root, { bytesMax: 9 }),
    "E_SOURCE_TOO_LARGE: The source has at least 10 bytes, more than 9 bytes.",
  );
  assert.equal((await readSourceManifest(root, undefined, { filesMax: 3, bytesMax: 10 })).entries.length, 3);
});

test("source: an abort ends the reading with its own reason", async (t) => {
  const root = makeTree(t, { a: "" });
  const reason = new Error("enough");
  await assert.rejects(readSourceManifest(root, AbortSignal.abort(reason)), reason);
});
