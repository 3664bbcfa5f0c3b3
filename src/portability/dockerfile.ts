/** One instruction of a Dockerfile. `line` from 1, of its first line; `column` of its keyword. */
export type DockerInstruction = {
  /** In capitals. */
  readonly keyword: string;
  /** The rest, continued lines joined by a blank, comments between them left out. */
  readonly text: string;
  /** The bodies of its here-documents, joined. */
  readonly heredoc: string;
  readonly line: number;
  readonly column: number;
};

/** What follows one FROM, up to the next. */
export type DockerStage = {
  readonly from: DockerInstruction;
  /** The image or stage it starts from, build arguments filled in where they have a default. */
  readonly base: string;
  readonly name?: string;
  readonly instructions: readonly DockerInstruction[];
};

/** A Dockerfile taken apart. `args`: what stands before the first FROM. */
export type Dockerfile = {
  readonly args: readonly DockerInstruction[];
  readonly stages: readonly DockerStage[];
};

const HEREDOC = /<<(-?)\s*(?:"([^"\s]+)"|'([^'\s]+)'|([A-Za-z_]\w*))/g;
const TAKES_HEREDOC = new Set(["RUN", "COPY", "ADD"]);
const STAGES_MAX = 1_000;

/** Reads a Dockerfile as far as it can be read: unknown instructions stay, what is no instruction is passed over. Never throws. */
export function readDockerfile(raw: string): Dockerfile {
  const instructions = readInstructions(raw.replace(/^\uFEFF/, "").split(/\r?\n/));
  const firstFrom = instructions.findIndex(({ keyword }) => keyword === "FROM");
  const args = (firstFrom === -1 ? instructions : instructions.slice(0, firstFrom)).filter(
    ({ keyword }) => keyword === "ARG",
  );
  const defaults = new Map(args.flatMap(argDefaults));
  const stages: (DockerStage & { readonly instructions: DockerInstruction[] })[] = [];
  for (const instruction of firstFrom === -1 ? [] : instructions.slice(firstFrom)) {
    if (instruction.keyword !== "FROM") stages.at(-1)?.instructions.push(instruction);
    else if (stages.length < STAGES_MAX)
      stages.push({ from: instruction, ...readFrom(instruction.text, defaults), instructions: [] });
  }
  return { args, stages };
}

function readInstructions(lines: readonly string[]): DockerInstruction[] {
  const escape = /^#\s*escape\s*=\s*`\s*$/i.test(lines[0] ?? "") ? "`" : "\\";
  const instructions: DockerInstruction[] = [];
  for (let index = 0; index < lines.length;) {
    const first = lines[index] ?? "";
    const match = /^(\s*)([A-Za-z]+)(?=\s|$)/.exec(first);
    if (match === null) {
      index += 1;
      continue;
    }
    const [whole, indent = "", keyword = ""] = match;
    const joined = joinContinued({ lines, index, escape, from: whole.length });
    const isHeredoc = TAKES_HEREDOC.has(keyword.toUpperCase()) && joined.text.includes("<<");
    const body = isHeredoc ? readHeredocs(lines, joined.next, joined.text) : { heredoc: "", next: joined.next };
    const at = { line: index + 1, column: indent.length + 1 };
    instructions.push({ keyword: keyword.toUpperCase(), text: joined.text, heredoc: body.heredoc, ...at });
    index = body.next;
  }
  return instructions;
}

type Continued = { lines: readonly string[]; index: number; escape: string; from: number };

function joinContinued({ lines, index, escape, from }: Continued): { text: string; next: number } {
  const parts: string[] = [];
  let next = index;
  for (; next < lines.length; next += 1) {
    const line = (next === index ? (lines[next] ?? "").slice(from) : (lines[next] ?? "")).trim();
    // Docker drops comments and blank lines inside a continued instruction.
    if (next > index && (line === "" || line.startsWith("#"))) continue;
    if (!line.endsWith(escape)) {
      parts.push(line);
      return { text: parts.join(" ").trim(), next: next + 1 };
    }
    parts.push(line.slice(0, -1).trim());
  }
  return { text: parts.join(" ").trim(), next };
}

function readHeredocs(lines: readonly string[], from: number, text: string): { heredoc: string; next: number } {
  const body: string[] = [];
  let next = from;
  for (const [, dash, double, single, bare] of text.matchAll(HEREDOC)) {
    const end = double ?? single ?? bare ?? "";
    for (; next < lines.length; next += 1) {
      const line = lines[next] ?? "";
      if ((dash === "-" ? line.replace(/^\t+/, "") : line) === end) break;
      body.push(line);
    }
    next += 1;
  }
  return { heredoc: body.join("\n"), next };
}

function argDefaults({ text }: DockerInstruction): (readonly [string, string])[] {
  return words(text).flatMap((word) => {
    const equals = word.indexOf("=");
    return equals === -1 ? [] : [[word.slice(0, equals), unquote(word.slice(equals + 1))] as const];
  });
}

function readFrom(text: string, defaults: ReadonlyMap<string, string>): { base: string; name?: string } {
  const [image = "", as = "", name = ""] = words(text).filter((word) => !word.startsWith("--"));
  const base = unquote(image).replace(
    /\$(?:\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|([A-Za-z_]\w*))/g,
    (_, ...[braced, other, bare]: (string | undefined)[]) => defaults.get(braced ?? bare ?? "") ?? other ?? "",
  );
  return as.toLowerCase() === "as" && name !== "" ? { base, name: name.toLowerCase() } : { base };
}

/** The words of an instruction's text; quotes stay. */
export function words(text: string): string[] {
  return text.match(/(?:"[^"]*"|'[^']*'|[^\s"']|["'])+/g) ?? [];
}

function unquote(word: string): string {
  return word.replaceAll(/["']/g, "");
}

/** The last stage with the stages it starts from, the last one first; empty without a FROM. */
export function finalStages(dockerfile: Dockerfile): readonly DockerStage[] {
  const chain: DockerStage[] = [];
  for (let index = dockerfile.stages.length - 1; index >= 0;) {
    const stage = dockerfile.stages[index];
    if (stage === undefined) break;
    chain.push(stage);
    const base = stage.base.toLowerCase();
    // A stage can only start from an earlier one, so this ends.
    index = dockerfile.stages.slice(0, index).findLastIndex(({ name }) => name !== undefined && name === base);
  }
  return chain;
}

/** All instructions that shape the final image, in the order they take effect. */
export function finalInstructions(dockerfile: Dockerfile): readonly DockerInstruction[] {
  return finalStages(dockerfile)
    .toReversed()
    .flatMap(({ instructions }) => instructions);
}

/** The instruction that gives the final image its entrypoint; nothing when it has none, or an empty one. */
export function finalEntrypoint(dockerfile: Dockerfile): DockerInstruction | undefined {
  const last = finalInstructions(dockerfile).findLast(({ keyword }) => keyword === "ENTRYPOINT");
  return last === undefined || /^(?:\[\s*\])?$/.test(last.text) ? undefined : last;
}

/** Whether the final image sets the variable. */
export function setsVariable(dockerfile: Dockerfile, name: string): boolean {
  return finalInstructions(dockerfile).some(
    ({ keyword, text }) =>
      keyword === "ENV" && (words(text)[0] === name || words(text).some((word) => word.startsWith(`${name}=`))),
  );
}

/** The names of an ARG instruction. */
export function argNames({ text }: DockerInstruction): readonly string[] {
  return words(text).map((word) => word.split("=", 1)[0] ?? "");
}

/** The ports of EXPOSE instructions without their protocol, each once, in file order; a range counts as its text. */
export function exposedPorts(instructions: readonly DockerInstruction[]): readonly string[] {
  const ports = instructions
    .filter(({ keyword }) => keyword === "EXPOSE")
    .flatMap(({ text }) => words(text).map((word) => unquote(word).replace(/\/[a-z]+$/i, "")));
  return [...new Set(ports)];
}

/** Whether any stage exposes a port. */
export function exposesPorts(dockerfile: Dockerfile): boolean {
  return dockerfile.stages.some(({ instructions }) => exposedPorts(instructions).length > 0);
}
