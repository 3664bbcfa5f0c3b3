/** Objects and lists inside one another. */
export const JSON_DEPTH_MAX = 100;

/** What is wrong in a JSON text, and what to do. */
type Explanation = { readonly message: string; readonly hint: string };

/** By the parser's name of the error. The text itself is never shown: it may be a config value. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  InvalidSymbol: {
    message: "This is no JSON value.",
    hint: "Put text and keys in double quotes; `true`, `false` and numbers stand alone.",
  },
  InvalidNumberFormat: { message: "This is no JSON number.", hint: "Write digits, as in `12` or `0.5`." },
  UnexpectedEndOfNumber: { message: "This number is not complete.", hint: "Write digits after its point or exponent." },
  PropertyNameExpected: {
    message: "A key in double quotes is missing here.",
    hint: "Add the key, or remove what stands here.",
  },
  ValueExpected: { message: "A value is missing here.", hint: "Add the value, or remove the comma or key before it." },
  ColonExpected: { message: "A colon is missing between a key and its value.", hint: 'Write `"key": value`.' },
  CommaExpected: { message: "A comma is missing before this.", hint: "Put a comma between the two." },
  CloseBraceExpected: { message: "The file ends inside an object.", hint: "Add the missing `}`." },
  CloseBracketExpected: { message: "The file ends inside a list.", hint: "Add the missing `]`." },
  EndOfFileExpected: {
    message: "Something follows after the end of the JSON value.",
    hint: "Remove it, or remove the bracket that closes too early.",
  },
  UnexpectedEndOfComment: { message: "This comment is never closed.", hint: "Close it with `*/`, or remove it." },
  UnexpectedEndOfString: {
    message: "This text is not closed on its line.",
    hint: 'Close it with `"`; write a line break as `\\n`.',
  },
  InvalidUnicode: {
    message: "This text has a `\\u` without four hexadecimal digits.",
    hint: "Write the four digits, or `\\\\` for a backslash.",
  },
  InvalidEscapeCharacter: {
    message: "This text has a backslash that escapes nothing.",
    hint: "Write `\\\\` for a backslash.",
  },
  InvalidCharacter: { message: "This text holds a control character.", hint: "Write it as `\\t` or `\\u00…`." },
  TooDeep: {
    message: `Objects and lists are nested more than ${JSON_DEPTH_MAX} deep here.`,
    hint: "Nest less deeply.",
  },
};

/** The sentence and hint for a kind of syntax error, by the parser's name of it. */
export function explainSyntax(name: string): Explanation {
  return EXPLANATIONS[name] ?? { message: "This is not JSON.", hint: "Correct the JSON syntax here." };
}
