import assert from "node:assert/strict";
import { describe, test } from "node:test";

type Version = readonly [number, number, number];
type Semver = {
  parseRange(text: string): (version: Version) => boolean;
  parseVersion(text: string): Version | undefined;
  newestFitting(versions: readonly string[], fits: (version: Version) => boolean): string | undefined;
  nearest(versions: readonly string[], range: string, count: number): string[];
};
const { parseRange, parseVersion, newestFitting, nearest } = (await import(
  new URL("lib/semver.mjs", import.meta.url).href
)) as Semver;

describe("ranges", () => {
  const FITS: readonly (readonly [range: string, fitting: string, other: string])[] = [
    ["", "1.2.3 20.0.0", ""],
    ["*", "1.2.3", ""],
    ["20", "20.0.0 20.9.1", "19.9.9 21.0.0"],
    ["v20.1", "20.1.0 20.1.9", "20.0.9 20.2.0"],
    ["20.x", "20.0.0", "21.0.0"],
    ["20.1.X", "20.1.5", "20.2.0"],
    ["=20.1.2", "20.1.2", "20.1.3"],
    ["^20.1.2", "20.1.2 20.9.0", "20.1.1 21.0.0"],
    ["^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"],
    ["^0.0.3", "0.0.3", "0.0.4"],
    ["^0", "0.9.9", "1.0.0"],
    ["~20.1.2", "20.1.2 20.1.9", "20.2.0"],
    ["~20", "20.9.0", "21.0.0"],
    ["~> 20.1", "20.1.9", "20.2.0"],
    [">=18", "18.0.0 99.0.0", "17.9.9"],
    [">= 18 <21", "18.0.0 20.9.9", "21.0.0 17.0.0"],
    [">18", "19.0.0", "18.9.9"],
    [">18.1.2", "18.1.3", "18.1.2"],
    ["<=18", "18.9.9", "19.0.0"],
    ["<18", "17.9.9", "18.0.0"],
    ["18 - 20", "18.0.0 20.9.9", "21.0.0 17.9.9"],
    ["1.2.3 - 2.3.4", "1.2.3 2.3.4", "2.3.5"],
    ["18 || 20 || >=22", "18.1.1 20.1.1 23.0.0", "19.0.0 21.0.0"],
    ["lts/*", "20.0.0 22.0.0", "21.0.0"],
    ["lts/iron", "20.0.0", "22.0.0"],
    ["lts/argon", "4.0.0", "6.0.0"],
    ["node", "21.0.0", ""],
  ];
  for (const [range, fitting, other] of FITS) {
    test(JSON.stringify(range), () => {
      const judge = (text: string): boolean[] =>
        text
          .split(" ")
          .filter(Boolean)
          .map((version) => parseRange(range)(parseVersion(version) ?? [0, 0, 0]));
      assert.deepEqual([judge(fitting).every(Boolean), judge(other).some(Boolean)], [true, false]);
    });
  }
  for (const text of ["latest-ish", "20.1.2.3", "lts/nobody", ">=", "a || b", "20-rc"]) {
    test(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseRange(text), Error));
  }
  test("newest by number, never a pre-release", () => {
    assert.equal(newestFitting(["20.9.0", "20.10.0", "20.11.0-rc.1", "21.0.0", "x"], parseRange("20")), "20.10.0");
    assert.equal(newestFitting(["21.0.0"], parseRange("20")), undefined);
  });

  const PRE_RELEASES: readonly (readonly [range: string, fitting: string, other: string])[] = [
    ["1.2.3-rc.1", "1.2.3-rc.1", "1.2.3-rc.2 1.2.3"],
    [">=1.2.3-rc.1", "1.2.3-rc.1 1.2.3-rc.10 1.2.3 1.3.0", "1.2.3-beta.9 1.3.0-rc.1"],
    ["^1.2.3-rc.2", "1.2.3-rc.2 1.9.0", "1.2.3-rc.1 2.0.0-rc.1"],
    ["<1.2.3", "1.2.2", "1.2.3-rc.1"],
    ["<1.2.3-rc.2", "1.2.3-rc.1 1.2.3-beta", "1.2.3-rc.2"],
    ["*", "1.2.3", "1.2.3-rc.1"],
    ["1.2.3-alpha - 2", "1.2.3-alpha.1 2.9.9", "1.2.3-a"],
  ];
  for (const [range, fitting, other] of PRE_RELEASES) {
    test(`${range}, with pre-releases`, () => {
      const fits = (text: string): boolean => parseRange(range)(parseVersion(text) ?? [0, 0, 0]);
      assert.deepEqual([fitting.split(" ").filter((text) => !fits(text)), other.split(" ").filter(fits)], [[], []]);
    });
  }
  test("what exists near a range", () => {
    const published = ["18.1.0", "20.1.0", "20.2.0", "20.10.0", "22.0.0", "24.0.0-rc.1", "24.0.0"];
    assert.deepEqual(nearest(published, "20.5.x", 2), ["20.1.0", "20.2.0", "20.10.0", "22.0.0"]);
    assert.deepEqual(nearest(published, "^99", 2), ["22.0.0", "24.0.0"]);
    assert.deepEqual(nearest(published, "<1", 1), ["18.1.0"]);
  });
});
