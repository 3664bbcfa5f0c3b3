import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { closeFrame, FrameFollower } from "./websocket-frames.ts";

function frame(length: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const head =
    length < 126
      ? Buffer.from([0x82, mask | length])
      : length < 65_536
        ? Buffer.from([0x82, mask | 126, length >> 8, length & 0xff])
        : Buffer.alloc(10);
  if (length >= 65_536) {
    head.set([0x82, mask | 127]);
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, Buffer.alloc(isMasked ? 4 : 0, 0xff), Buffer.alloc(length, 0x88)]);
}

test("RFC 6455 §5.2 however frames are cut into pieces, the boundaries are where the frames end", () => {
  const frames = fc.array(fc.tuple(fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 70_000), fc.boolean()), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1 }), (list, cuts) => {
      const parts = list.map(([length, isMasked]) => frame(length, isMasked));
      const ends = new Set(
        parts.map((_part, index) => parts.slice(0, index + 1).reduce((sum, part) => sum + part.length, 0)),
      );
      const all = Buffer.concat(parts);
      const follower = new FrameFollower();
      for (let at = 0, turn = 0; at < all.length; turn += 1) {
        const end = Math.min(all.length, at + (cuts[turn % cuts.length] ?? 1));
        follower.follow(all.subarray(at, end));
        assert.equal(follower.isBetweenFrames, ends.has(end));
        at = end;
      }
    }),
    { numRuns: 60 },
  );
});

test("followToBoundary takes what belongs to the frame under way and nothing of the next", () => {
  const follower = new FrameFollower();
  const one = frame(300, false);
  assert.equal(follower.followToBoundary(one), 0, "between frames nothing is under way");
  follower.follow(one.subarray(0, 100));
  assert.equal(follower.followToBoundary(Buffer.concat([one.subarray(100), frame(5, false)])), one.length - 100);
  assert.equal(follower.isBetweenFrames, true);
});

test("a length beyond counting is never between frames again", () => {
  const follower = new FrameFollower();
  follower.follow(Buffer.from([0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
  assert.equal(follower.isBetweenFrames, false);
  assert.equal(follower.followToBoundary(Buffer.alloc(10)), 10);
});

test("router §7 the close frame says 1012, masked towards an instance", () => {
  assert.deepEqual([...closeFrame()], [0x88, 2, 0x03, 0xf4]);
  const masked = closeFrame({ bytes: () => Buffer.from([1, 2, 3, 4]) });
  assert.deepEqual([...masked], [0x88, 0x82, 1, 2, 3, 4, 0x03 ^ 1, 0xf4 ^ 2]);
});
