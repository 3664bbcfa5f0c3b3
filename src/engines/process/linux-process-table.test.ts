import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { systemClock } from "../../lib/clock.ts";
import { LinuxProcessTable, parseListeningSockets } from "./linux-process-table.ts";
import { parseProcessList, PortableProcessTable } from "./portable-process-table.ts";

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const row = (address: string, state: string, inode: number): string =>
  `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0\n`;

/** Address as the kernel writes it, and as we do. Contract §8, D63. */
const ADDRESSES: readonly (readonly [raw: string, address: string, port: number])[] = [
  ["00000000:1F90", "0.0.0.0", 8080],
  ["0100007F:0BB8", "127.0.0.1", 3000],
  ["0A01A8C0:0050", "192.168.1.10", 80],
  ["00000000000000000000000000000000:1F90", "::", 8080],
  ["00000000000000000000000001000000:1F90", "::1", 8080],
  ["0000000000000000FFFF00000100007F:1F90", "127.0.0.1", 8080],
  ["000080FE00000000FF005450B6BD1DFE:0016", "fe80::5054:ff:fe1d:bdb6", 22],
];

for (const [raw, address, port] of ADDRESSES) {
  test(`§8 the kernel's ${raw} is ${address} port ${port}`, () => {
    const text = HEAD + row("0100007F:0001", "01", 7) + row(raw, "0A", 42);
    assert.deepEqual(parseListeningSockets(text), [["42", { address, port }]]);
  });
}

test("ps rows: zombies are left out", () => {
  const rows = "    1     1 Ss   Mon Nov 20 06:32:19 2026\n   20    10 Z+   Mon Nov 20 06:32:20 2026\n\n";
  assert.deepEqual(parseProcessList(rows), [{ pid: 1, group: 1, start: "Mon Nov 20 06:32:19 2026" }]);
});

const hasProcFileSystem = existsSync("/proc/self/stat");
const TABLES = { linux: new LinuxProcessTable(systemClock), portable: new PortableProcessTable() };
for (const [name, table] of Object.entries(TABLES)) {
  test(
    `${name}: a process is known by number and start`,
    { skip: name === "linux" && !hasProcFileSystem },
    async () => {
      const start = await table.startOf(process.pid);
      assert.ok(start !== undefined && start !== "");
      assert.equal(await table.startOf(process.pid), start);
      assert.equal(await table.startOf(2 ** 22 + 1), undefined);
      assert.deepEqual(
        await table.members({ pid: process.pid, start: `${start}0` }),
        [],
        "another process of that number",
      );
      const strangers = await table.members({ pid: process.pid, start: "1 another-boot" });
      assert.deepEqual(strangers, [], "a process of another boot");
    },
  );
}
