import assert from "node:assert/strict";
import { test } from "node:test";
import { cgroupPlaces } from "./cgroup-mounts.ts";

/** A line of mountinfo; `root` is the part of the hierarchy that is mounted. */
const line = (point: string, type: "cgroup" | "cgroup2", [options, root = "/"]: readonly string[]): string =>
  `30 25 0:26 ${root} ${point} rw,nosuid shared:4 - ${type} ${type} rw,${options}`;

const V1_MOUNTS = ["memory", "cpu", "cpuacct", "pids"].map((name) => line(`/sys/fs/cgroup/${name}`, "cgroup", [name]));

const CASES: readonly (readonly [string, Parameters<typeof cgroupPlaces>[0], ReturnType<typeof cgroupPlaces>])[] = [
  [
    "v2 with its controllers",
    {
      mountInfo: line("/sys/fs/cgroup", "cgroup2", ["nsdelegate"]),
      ownGroups: "0::/user.slice\n",
      controllersOf: () => "cpuset cpu io memory hugetlb pids rdma\n",
    },
    { version: 2, directories: { unified: "/sys/fs/cgroup" } },
  ],
  [
    "v1, below our own groups, with a v2 tree that has no controllers",
    {
      mountInfo: [...V1_MOUNTS, line("/sys/fs/cgroup/unified", "cgroup2", ["x"])].join("\n"),
      ownGroups: "8:pids:/\n4:memory:/jobs/7\n2:cpuacct:/\n1:cpu:/\n0::/\n",
      controllersOf: () => "hugetlb\n",
    },
    {
      version: 1,
      directories: {
        memory: "/sys/fs/cgroup/memory/jobs/7",
        cpu: "/sys/fs/cgroup/cpu",
        cpuacct: "/sys/fs/cgroup/cpuacct",
        pids: "/sys/fs/cgroup/pids",
        unified: "/sys/fs/cgroup/unified",
      },
    },
  ],
  [
    "v1 with two controllers on one mount, of which a container shows its own part",
    {
      mountInfo: line("/sys/fs/cgroup/cpu,cpuacct", "cgroup", ["cpu,cpuacct", "/docker/ab"]),
      ownGroups: "4:cpu,cpuacct:/docker/ab\n",
      controllersOf: () => "",
    },
    { version: 1, directories: { cpu: "/sys/fs/cgroup/cpu,cpuacct", cpuacct: "/sys/fs/cgroup/cpu,cpuacct" } },
  ],
  [
    "none",
    { mountInfo: "25 1 8:1 / / rw - ext4 /dev/a rw\n", ownGroups: "", controllersOf: () => "" },
    { version: 1, directories: {} },
  ],
];

for (const [title, texts, expected] of CASES) {
  test(`control groups: ${title}`, () => assert.deepEqual(cgroupPlaces(texts), expected));
}
