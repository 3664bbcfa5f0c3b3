import { inspect } from "node:util";

const SHOWN = "[secret]";

/** Text that prints as `[secret]` everywhere: templates, JSON, `inspect`, loggers. The only way out is `reveal`. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  static reveal(secret: Secret): string {
    return secret.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}

/** Wraps a text so that it cannot be printed by accident. */
export function secret(text: string): Secret {
  return new Secret(text);
}

/** The text itself. `reason` names the one place it goes to, for whoever reviews the callers. */
export function reveal(value: Secret, _reason: string): string {
  return Secret.reveal(value);
}

/** A whole environment in clear, for one named reason. */
export function revealAll(values: Readonly<Record<string, Secret>>, reason: string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, reveal(value, reason)]));
}
