import assert from "node:assert/strict";
import { test } from "node:test";
import { planView, type View, type ViewMachine } from "./view-plan.ts";

const DIRECTORIES = new Set(["/", "/tmp", "/var/tmp", "/dev/shm", "/vault", "/vault/.portside", "/mnt", "/srv"]);
const CLOSED = new Set(["/vault", "/vault/.portside"]);
const machine = (more: Partial<ViewMachine> = {}): ViewMachine => ({
  mountInfo: "25 1 8:1 / / rw,relatime - ext4 /dev/a rw\n26 25 0:5 / /proc rw - proc proc rw\n",
  exists: () => true,
  isDirectory: (path) => !path.endsWith(".pem"),
  isOpen: (directory) => !CLOSED.has(directory),
  ...more,
});
const view = (more: Partial<View> = {}): View => ({
  writable: ["/vault/.portside/artifacts/1"],
  readable: [],
  hidden: ["/vault/.portside"],
  temporaryBytesMax: 1_000,
  ...more,
});
const lines = (given: View, on = machine()): string[] => planView(given, on).map((operation) => operation.join(" "));

test("a closed directory above is covered, and only the build's own directory comes back", () => {
  assert.deepEqual(lines(view()), [
    "tmpfs mode=0755,nosuid,nodev,size=1m /dev/shm",
    "directory /dev/shm/0",
    "bind /vault/.portside/artifacts/1 /dev/shm/0",
    "tmpfs mode=1777,nosuid,nodev,size=1000 /tmp",
    "tmpfs mode=1777,nosuid,nodev,size=1000 /var/tmp",
    "tmpfs mode=0755,nosuid,nodev,size=1m /vault",
    "directory /vault/.portside/artifacts/1",
    "bind /dev/shm/0 /vault/.portside/artifacts/1",
    "remount rw,nosuid,nodev /vault/.portside/artifacts/1",
    "protect ro,nosuid,relatime /",
    "tmpfs mode=1777,nosuid,nodev,size=1000 /dev/shm",
  ]);
});

test("what must be read and lies below a cover comes back read-only; what lies in the open needs nothing", () => {
  const plan = lines(view({ readable: ["/opt/buildpacks", "/vault/ca.pem"] }));
  assert.ok(plan.includes("file /vault/ca.pem"));
  assert.ok(plan.includes("remount ro,nosuid,nodev /vault/ca.pem"));
  assert.ok(!plan.some((line) => line.includes("/opt/buildpacks")));
});

test("a directory in the open is writable although everything around it is not", () => {
  const plan = lines(view({ writable: ["/srv/home/artifacts/1"], hidden: ["/srv/home"] }));
  assert.ok(
    plan.indexOf("remount rw,nosuid,nodev /srv/home/artifacts/1") < plan.indexOf("protect ro,nosuid,relatime /"),
  );
  assert.ok(plan.includes("tmpfs mode=0755,nosuid,nodev,size=1m /srv/home"));
});

test("other mounts keep their options, the kernel's own are left alone, blanks in their names are read", () => {
  const mountInfo = [
    "25 1 8:1 / / rw,relatime - ext4 /dev/a rw",
    "27 25 8:2 / /data\\040dir rw,noexec,noatime - ext4 /dev/b rw",
    "28 25 0:9 / /sys/fs/cgroup rw - tmpfs t rw",
    "29 25 0:8 / /dev rw - devtmpfs d rw",
  ].join("\n");
  const plan = lines(view(), machine({ mountInfo })).filter((line) => line.startsWith("protect"));
  assert.deepEqual(plan, ["protect ro,nosuid,relatime /", "protect ro,nosuid,noexec,noatime /data dir"]);
});

test("a machine without a place for the stash", () => {
  assert.throws(
    () => planView(view(), machine({ exists: (path) => DIRECTORIES.has(path) && path === "/tmp" })),
    /none of/,
  );
});
