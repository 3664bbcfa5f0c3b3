import type { ShellPiece, ShellText, ShellWord } from "./shell-text.ts";

/** What a command says about where it listens. Pieces are the words that say so. */
export type Binding = {
  readonly loopback?: ShellPiece;
  readonly fixedPort?: ShellPiece & { readonly port: string };
  /** `$PORT` in the command, or `PORT` read by code in it. */
  readonly portVariable?: ShellPiece;
  /** The command gives `PORT` a value itself when it has none. */
  readonly hasDefault: boolean;
};

type Reading = { readonly host?: string; readonly port?: string };

const PORT_VARIABLE = /\$(?:\{PORT(?:\}|[^A-Za-z0-9_}][^}]*\}?)|PORT(?![A-Za-z0-9_]))/;
const PORT_WITH_DEFAULT = /\$\{PORT:?[-=]/;
const PORT_IN_CODE = /\benv\.PORT\b|\b(?:ENV|environ|getenv|env|fetch|get)\W{1,3}PORT\b/;

const PORT_OPTION = /^-{1,2}D?(?:(?:quarkus|micronaut)\.)?(?:(?:http|web|server|listen|app|bind)[.-]?)?port$/i;
const BIND_OPTION =
  /^(?:-b|-l|-S|--?(?:bind|listen|http|http-socket|urls|bind-address|listen-address|http-address|addr|address))$/;
const HOST_OPTION = /^(?:-h|-H|-o|-{1,2}D?(?:host|hostname|binding|ip|interface|server\.address|http\.address))$/;
/** Options that a bare number may follow; behind the others it is something else than a port. */
const BARE_PORT_OPTION = /^(?:-l|--?(?:bind|listen|http|http-socket))$/;
const HOST_VARIABLE =
  /^(?:HOST|HOSTNAME|BIND|BIND_ADDR|BIND_ADDRESS|LISTEN|LISTEN_ADDRESS|ADDR|ADDRESS|IP|SERVER_HOST|SERVER_ADDRESS|HTTP_HOST|ASPNETCORE_URLS)$/;
const PORT_VARIABLE_NAME = /^(?:PORT|HTTP_PORT|SERVER_PORT|WEB_PORT|APP_PORT|LISTEN_PORT)$/;
const SERVES_POSITIONAL = /^(?:runserver|http\.server|SimpleHTTPServer)$/;
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost|\[?::1\]?)$/i;
const WAITS_FOR_OTHERS = /(?:^|[/_.-])(?:wait|wait-for|dockerize)(?:$|[_.-])/;

/** Reads where a web process would listen, from the words of the command that is left running. */
export function readBinding(shell: ShellText): Binding {
  const active = shell.commentAt === undefined ? shell.text : shell.text.slice(0, shell.commentAt);
  const variable = PORT_VARIABLE.exec(active) ?? PORT_IN_CODE.exec(active);
  const words = listeningWords(shell.runningWords);
  const readings = words.map((word, index) => ({ word, ...readWord(word.value, words[index - 1]?.value ?? "") }));
  const loopback = readings.find(({ host }) => host !== undefined && LOOPBACK.test(host))?.word;
  const fixed = readings.find(({ port }) => port !== undefined && /^\d{1,5}$/.test(port));
  const setsPort = /(?:^|[\s;&])PORT=\S/.test(active);
  return {
    ...(loopback === undefined ? {} : { loopback }),
    ...(fixed?.port === undefined ? {} : { fixedPort: { ...fixed.word, port: fixed.port } }),
    ...(variable === null ? {} : { portVariable: { at: variable.index, text: variable[0] } }),
    hasDefault: PORT_WITH_DEFAULT.test(active) || setsPort,
  };
}

/** `wait-for-it db:5432 -- server` waits for others; only what follows `--` listens. */
function listeningWords(words: readonly ShellWord[]): readonly ShellWord[] {
  if (!words.some(({ value }) => WAITS_FOR_OTHERS.test(value))) return words;
  return words.slice(words.findIndex(({ value }) => value === "--") + 1 || words.length);
}

function readWord(word: string, before: string): Reading {
  const set = /^([A-Za-z_]\w*)=(.*)$/s.exec(word);
  if (set !== null) return readVariable(set[1] ?? "", set[2] ?? "");
  const option = /^(-[^=\s]*)=(.*)$/s.exec(word) ?? /^(-[pb])(\d\S*)$/.exec(word);
  if (option !== null) return readOption(option[1] ?? "", option[2] ?? "");
  if (word.startsWith("-")) return {};
  if (before.startsWith("-") && !before.includes("=")) return readOption(before, word);
  return readPositional(word, before);
}

function readVariable(name: string, value: string): Reading {
  if (PORT_VARIABLE_NAME.test(name)) return { port: value };
  return HOST_VARIABLE.test(name) ? readAddress(value) : {};
}

function readOption(option: string, value: string): Reading {
  const isNumber = /^\d+$/.test(value);
  if (option === "-p") return isNumber ? likelyPort(value) : readAddress(value);
  if (PORT_OPTION.test(option)) return isNumber ? { port: value } : readAddress(value);
  if (HOST_OPTION.test(option)) return readAddress(value);
  if (!BIND_OPTION.test(option)) return readWholeAddress(value, /^0\.0\.0\.0$/);
  if (!isNumber) return readAddress(value);
  return BARE_PORT_OPTION.test(option) ? likelyPort(value) : {};
}

/** Below these numbers a short option counts something else, as workers. */
function likelyPort(value: string): Reading {
  const port = Number(value);
  return port === 80 || port === 443 || port >= 1_000 ? { port: value } : {};
}

/** A bare address with its port is what a server is told first; `runserver` and its like also take a number alone. */
function readPositional(word: string, before: string): Reading {
  if (SERVES_POSITIONAL.test(before)) return /^\d+$/.test(word) ? { port: word } : readAddress(word);
  return readWholeAddress(word, /^(?:127(?:\.\d{1,3}){3}|localhost|0\.0\.0\.0|\*|\[::1?\]|)$/i);
}

/** An address that stands for itself: with a port, and with a host that only a listener would name. */
function readWholeAddress(value: string, hosts: RegExp): Reading {
  if (value.includes("/")) return {};
  const { host, port } = readAddress(value);
  return host !== undefined && port !== undefined && hosts.test(host) ? { host, port } : {};
}

/** `tcp://127.0.0.1:8000`, `:8000`, `[::1]:80`, `localhost`. A port that is a variable leaves the host. */
function readAddress(value: string): Reading {
  if (value === "::1") return { host: value };
  const match = /^(?:[a-z]+:\/\/)?(\[[^\]]*\]|[^:/[\]@]*)(?::(?:(\d{1,5})|\$[^/]*))?(?:[/?].*)?$/i.exec(value);
  if (match === null) return {};
  const [, host = "", port] = match;
  return port === undefined ? { host } : { host, port };
}
