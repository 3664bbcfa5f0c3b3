import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseAppJson } from "./app-json.ts";

const KEYS = [
  "name",
  "env",
  "formation",
  "web",
  "quantity",
  "autoscaling",
  "triggers",
  "scripts",
  "dokku",
  "cron",
  "command",
  "schedule",
  "healthchecks",
  "type",
  "path",
  "environments",
  "test",
  "addons",
  "buildpacks",
  "url",
  "options",
  "__proto__",
  "constructor",
  "value",
];
const TEXTS = ["", " ", "startup", "@daily", "* * * * *", "\0", "secret", "a/b~c", "\u001b[31m"];
const jsonish = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium" },
    fc.constantFrom(null, true, false, 0, -1, 1.5, 1e300, ...TEXTS),
    fc.array(tie("value"), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie("value")), { maxLength: 5 })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value;
const textish = fc
  .array(
    fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      '"env"',
      '"a"',
      "1",
      "-",
      "true",
      "nul",
      "//",
      "/*",
      "*/",
      "\n",
      "\\",
      "\0",
      "\uFEFF",
      " ",
      "é",
      "\ud800",
    ),
  )
  .map((parts) => parts.join(""));

test("§3 any text gives findings with places inside it (fuzz)", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        jsonish.map((value) => JSON.stringify(value)),
        textish,
        fc.string({ unit: "binary" }),
      ),
      (raw) => {
        const { value, diagnostics } = parseAppJson(raw, { procfile: ["web"] });
        assert.equal(typeof value, "object");
        for (const d of diagnostics) {
          assert.ok(
            d.line >= 1 && d.line <= raw.split("\n").length && d.column >= 1 && d.column <= raw.length + 1,
            JSON.stringify(d),
          );
          assert.ok(
            d.message.endsWith(".") && /[.?]$/.test(d.hint) && !/\p{Cc}/u.test(d.message + d.hint),
            JSON.stringify(d),
          );
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test("§3 a text is a syntax error exactly when it is no JSON, lenience aside (fuzz)", () => {
  fc.assert(
    fc.property(textish, (raw) => {
      const text = raw.startsWith("\uFEFF") ? raw.slice(1) : raw;
      const { diagnostics } = parseAppJson(raw);
      const isLenient =
        text.trim() === "" || diagnostics.some((d) => d.code === "APP_COMMENT" || d.code === "APP_TRAILING_COMMA");
      if (!isLenient)
        assert.equal(
          diagnostics.some((d) => d.code === "APP_SYNTAX"),
          !isJson(text),
        );
    }),
    { numRuns: 5_000 },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
