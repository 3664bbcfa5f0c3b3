import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressGuard, isNetwork } from "./address-guard.ts";

const PUBLIC = [
  "8.8.8.8",
  "1.1.1.1",
  "151.101.1.162",
  "2606:4700:4700::1111",
  "2a00:1450:4001:80e::200e",
  "::ffff:8.8.8.8",
];
const SPECIAL = [
  ...[
    "0.0.0.0",
    "127.0.0.1",
    "127.9.9.9",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
  ],
  ...["100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "192.0.0.192"],
  ...["::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:7f00:1", "::127.0.0.1", "fe80::1", "fc00::1"],
  ...["fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "example.org", ""],
];

test("security rule 11: only public addresses are permitted", () => {
  const guard = new AddressGuard();
  assert.deepEqual(
    PUBLIC.filter((address) => !guard.permits(address)),
    [],
  );
  assert.deepEqual(
    SPECIAL.filter((address) => guard.permits(address)),
    [],
  );
});

test("security rule 11: an operator's network is permitted, and only that", () => {
  const guard = new AddressGuard(["127.0.0.0/8", "fd00::/8", "10.1.2.3"]);
  for (const address of ["127.0.0.1", "::ffff:127.0.0.1", "fd00::1", "10.1.2.3"])
    assert.ok(guard.permits(address), address);
  for (const address of ["10.1.2.4", "::1", "169.254.169.254"]) assert.ok(!guard.permits(address), address);
});

test("security rule 11: a host is judged by what it resolves to, whatever its spelling", async () => {
  const guard = new AddressGuard([], () => Promise.resolve([{ address: "8.8.8.8", family: 4 }]));
  assert.deepEqual(await guard.resolve("example.org"), { address: "8.8.8.8", family: 4 });
  for (const url of ["http://127.0.0.1/", "http://0/", "http://[::1]/", "http://2130706433/", "http://0x7f.1/"]) {
    await assert.rejects(guard.resolve(new URL(url).hostname), { name: "AddressRefused" }, url);
  }
  await assert.rejects(guard.resolve(new URL("http://[::ffff:169.254.169.254]/").hostname), { name: "AddressRefused" });
});

test("security rule 11: one bad address among several is enough", async () => {
  const guard = new AddressGuard([], () =>
    Promise.resolve([
      { address: "8.8.8.8", family: 4 },
      { address: "::1", family: 6 },
    ]),
  );
  await assert.rejects(guard.resolve("two.example"), { name: "AddressRefused" });
  await assert.rejects(new AddressGuard([], () => Promise.resolve([])).resolve("none.example"), /no address/);
});

test("networks as an operator writes them", () => {
  for (const text of ["10.0.0.0/8", "127.0.0.1", "::1", "fd00::/8"]) assert.ok(isNetwork(text), text);
  for (const text of ["", "10.0.0.0/33", "10.0.0/8", "example.org", "::/129", "10.0.0.0/8/8", "10.0.0.0/-1"])
    assert.ok(!isNetwork(text), text);
});
