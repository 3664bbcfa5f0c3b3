import assert from "node:assert/strict";
import { test } from "node:test";
import { hostTarget, targetVariables } from "./target.ts";

test("this machine, in the names of the specification (cnb.md §3.1)", () => {
  const { os, arch, ...distro } = hostTarget('NAME="X"\nID=debian\nVERSION_ID="12"\nID_LIKE=other\n');
  assert.equal(os, process.platform);
  assert.notEqual(arch, "x64");
  assert.deepEqual(distro, { distroName: "debian", distroVersion: "12" });
  assert.deepEqual(Object.keys(hostTarget("")), ["os", "arch"]);
});

test("as variables; what is not known is left out", () => {
  assert.deepEqual(targetVariables({ os: "linux", arch: "arm64" }), {
    CNB_TARGET_OS: "linux",
    CNB_TARGET_ARCH: "arm64",
  });
  assert.deepEqual(targetVariables({ os: "linux", arch: "amd64", distroName: "d", distroVersion: "1" }), {
    CNB_TARGET_OS: "linux",
    CNB_TARGET_ARCH: "amd64",
    CNB_TARGET_DISTRO_NAME: "d",
    CNB_TARGET_DISTRO_VERSION: "1",
  });
});
