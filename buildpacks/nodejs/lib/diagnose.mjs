import { Failure } from "./failure.mjs";
import { findDifferingCase } from "./letter-case.mjs";

/**
 * The failure behind a program that ended badly: what failed, why if its output says so, and what to do. `context` is
 * `{ step, shown, script, project, manager, lockHint, env }`, step being `install`, `prune` or `script`.
 */
export function diagnose(result, context) {
  const exitCode = result.status === null || result.status === 0 ? 1 : result.status;
  if (result.missing) {
    return new Failure(`${context.manager} could not be started: there is no such program on the PATH.`, { exitCode });
  }
  const text = result.lines.join("\n");
  const causes = context.step === "script" ? [...SCRIPT_CAUSES, ...ANY_CAUSES] : [...INSTALL_CAUSES, ...ANY_CAUSES];
  for (const { pattern, explain } of causes) {
    const match = pattern.exec(text);
    const found = match === null ? undefined : explain(match, { ...context, text });
    if (found !== undefined) return new Failure(`${context.shown} failed: ${found[0]}`, { hint: found[1], exitCode });
  }
  const how = result.signal === null ? `it ended with exit code ${result.status}` : `it was killed by ${result.signal}`;
  const hint =
    context.step === "script"
      ? `Does \`${context.manager} run ${context.script}\` work on your machine, after a fresh installation?`
      : undefined;
  return new Failure(`${context.shown} failed: ${how}.`, { hint, exitCode });
}

const commit = (context) => context.lockHint;

/** In order: the first whose pattern is in the output, and whose `explain` gives `[why, hint]`, is told. */
const INSTALL_CAUSES = [
  {
    pattern:
      /can only install (?:packages )?when your package\.json and|Missing: \S+ from lock file|npm (?:error|ERR!) code EUSAGE/,
    explain: (match, context) => [
      `the lock file does not agree with package.json${/((?:Missing|Invalid): .*)/.exec(context.text)?.[1].replace(/^(.*)$/, " ($1)") ?? ""}.`,
      commit(context),
    ],
  },
  {
    pattern:
      /Your lockfile needs to be updated|lockfile would have been (?:modified|created) by this install|ERR_PNPM_(?:OUTDATED_LOCKFILE|LOCKFILE_CONFIG_MISMATCH|NO_LOCKFILE)|ERR_PNPM_\w*FROZEN_LOCKFILE\w*/,
    explain: (match, context) => ["the lock file does not agree with package.json.", commit(context)],
  },
  {
    pattern: /npm (?:error|ERR!) code ERESOLVE/,
    explain: () => [
      "packages want versions of each other that do not go together.",
      "The lines above name them. Change a version in package.json, or put `legacy-peer-deps=true` into .npmrc.",
    ],
  },
  {
    pattern: /EBADENGINE|engine "node" is incompatible|ERR_PNPM_UNSUPPORTED_ENGINE|Unsupported engine/,
    explain: (match, { text }) =>
      /npm warn EBADENGINE/i.test(text) && !/npm error code EBADENGINE/i.test(text)
        ? undefined
        : [
            "a package does not run on this Node.",
            "Ask for a Node that it accepts in engines.node of package.json, for example 24.x.",
          ],
  },
  ...[
    [
      /gyp ERR! (?:find Python|stack Error: Could not find any Python)/,
      "a native module is compiled from source, and there is no Python.",
      "Install python3, make and a C++ compiler (Debian: `apt install python3 build-essential`) on this machine.",
    ],
    [
      /gyp ERR! (?:stack )?(?:Error: )?not found: make|(?:make|g\+\+|c\+\+|cc|gcc|clang): (?:not found|command not found|No such file)|make: \S+: No such file or directory/,
      "a native module is compiled from source, and there is no compiler.",
      "Install make and a C++ compiler (Debian: `apt install build-essential`) on this machine.",
    ],
    [
      /nodejs\.org\S*.*(?:ECONN|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|failed)|gyp http (?:GET|\d+) https:\/\/nodejs\.org/,
      "a native module is compiled from source, and Node's headers could not be fetched from nodejs.org.",
      "Ask for another Node in engines.node of package.json: those from the registry bring their headers.",
    ],
    [
      /gyp ERR! (?:build error|stack Error: `make` failed)/,
      "a native module could not be compiled; the compiler's words are above.",
      "Often the module is too old for this Node: take a newer one, or ask for another Node in engines.node.",
    ],
  ].map(([pattern, why, hint]) => ({ pattern, explain: () => [why, hint] })),
  {
    pattern:
      /npm (?:error|ERR!) code E40[13]|ERR_PNPM_FETCH_40[13]|YN0041|(?:401|403) (?:Unauthorized|Forbidden)|status code 40[13]|Request failed "40[13]/,
    explain: (match, context) => [`the registry ${hostIn(context.text)} refused access.`, credentialsHint(context)],
  },
  {
    pattern:
      /npm (?:error|ERR!) code (?:E404|ETARGET)|ERR_PNPM_FETCH_404|ERR_PNPM_NO_MATCHING_VERSION|YN0035|Couldn't find (?:package|any versions)|404 Not Found/,
    explain: (match, context) => [
      `the registry does not have ${packageIn(context.text) ?? "a package"}.`,
      `Check its name and version. ${credentialsHint(context, "If it is private: ")}`,
    ],
  },
];

const SCRIPT_CAUSES = [
  {
    pattern:
      /(?:^|\n)(?:\S*sh: )?(?:line )?(?:\d+: )?([\w@./-]+): (?:command )?not found|command not found: ([\w@./-]+)/,
    explain: (match, context) => missingProgram(match[1] ?? match[2], context),
  },
  {
    pattern:
      /(?:Cannot find module|Could not resolve|Can't resolve|Failed to resolve import|Module not found:[^\n]*?|ERR_MODULE_NOT_FOUND\]:[^\n]*?) ?["'`]([^"'`\n]+)["'`](?:[^\n]*?(?:from|in|imported from) ["'`]?([^"'`\n)]+))?/,
    explain: (match, context) => missingModule(match[1], match[2], context),
  },
  {
    pattern: /ERR_OSSL_EVP_UNSUPPORTED|digital envelope routines::unsupported/,
    explain: () => [
      "the bundler uses a hash that OpenSSL of this Node no longer has (webpack 4 does).",
      "Update webpack or react-scripts to 5, or set the config variable NODE_OPTIONS=--openssl-legacy-provider.",
    ],
  },
];

const ANY_CAUSES = [
  {
    pattern:
      /self[- ]signed certificate|unable to (?:get local issuer|verify the first) certificate|SELF_SIGNED_CERT|UNABLE_TO_(?:GET|VERIFY)/,
    explain: () => [
      "the certificate of a server is not trusted here.",
      "Name the file with your own authority's certificate in NODE_EXTRA_CA_CERTS (or npm_config_cafile) for the build.",
    ],
  },
  {
    pattern: /(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ERR_SOCKET_TIMEOUT)/,
    explain: (match, context) => [
      `a server could not be reached: ${[match[1], hostIn(context.text)].filter(Boolean).join(", ")}.`,
      "Is it up, and reachable from this machine? NPM_CONFIG_REGISTRY names another npm registry, HTTPS_PROXY a proxy.",
    ],
  },
];

function hostIn(text) {
  const host = /https?:\/\/(?:[^\s/@"']*@)?([^\s/"',)]+)/.exec(text)?.[1];
  return host ?? "";
}

function packageIn(text) {
  const quoted = /(?:No matching version found for |'|package ")((?:@[\w.-]+\/)?[\w.-]+@[^'"\s]+)/.exec(text)?.[1];
  const fetched = /(?:GET|404:?) https?:\/\/[^/\s]+\/((?:@[\w.-]+(?:\/|%2f))?[\w.-]+)/i.exec(text)?.[1];
  return (quoted ?? fetched?.replace(/%2f/i, "/"))?.replace(/\.$/, "");
}

/** Names the variables that the app's settings use as tokens, and says which of them have no value. Never a value. */
function credentialsHint({ project, env }, before = "") {
  const texts = Object.values(project.configs).join("\n");
  const names = [...new Set([...texts.matchAll(/\$\{([A-Za-z_]\w*)/g)].map(([, name]) => name))];
  const unset = names.filter((name) => env[name] === undefined || env[name] === "");
  if (unset.length > 0)
    return `${before}set the config variable ${unset.join(", ")}, which .npmrc or .yarnrc.yml uses.`;
  if (names.length > 0) return `${before}is the token in ${names.join(", ")} still good?`;
  return `${before}name its registry and a token in .npmrc, as in \`//HOST/:_authToken=\${NPM_TOKEN}\`, and set NPM_TOKEN.`;
}

const MANAGERS = new Set(["npm", "yarn", "pnpm", "bun"]);

function missingProgram(program, { project, manager, env }) {
  if (MANAGERS.has(program)) {
    return [
      `it calls ${program}, and this app is built with ${manager}.`,
      `Name ${program} in packageManager of package.json, or call ${manager}.`,
    ];
  }
  const owner = dependencyLike(program, project.manifest);
  if (owner === undefined) {
    return [
      `it calls \`${program}\`, which is not installed here.`,
      `Add the package that has it: \`${manager === "npm" ? "npm install" : `${manager} add`} --save-dev ${program}\`. What is installed globally on your machine is not here.`,
    ];
  }
  const omitted = /dev/.test(
    `${env.NPM_CONFIG_OMIT ?? ""}${env.npm_config_omit ?? ""}${/^omit\s*=.*$/m.exec(project.configs[".npmrc"] ?? "")?.[0] ?? ""}`,
  );
  return [
    `it calls \`${program}\`, which was not installed although package.json names ${owner}.`,
    omitted
      ? "A setting (omit=dev) leaves out development dependencies: remove it, or move the package to dependencies."
      : `Move ${owner} to dependencies, and commit a lock file that has it.`,
  ];
}

function dependencyLike(program, manifest) {
  const names = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((field) =>
    Object.keys(manifest[field] ?? {}),
  );
  return names.find((name) => name === program || name.split("/").at(-1) === program || name === `${program}-cli`);
}

function missingModule(request, from, { project, manager }) {
  const near = findDifferingCase(request, from);
  if (near !== undefined) {
    return [
      `it imports ${request}, but the file is called ${near}.`,
      "Upper and lower case differ on this machine: write both alike, and commit the rename with `git mv`.",
    ];
  }
  if (/^[./]/.test(request)) return undefined;
  const name = request
    .split("/")
    .slice(0, request.startsWith("@") ? 2 : 1)
    .join("/");
  const manifest = project.manifest;
  if (manifest.dependencies?.[name] !== undefined || manifest.devDependencies?.[name] !== undefined) return undefined;
  return [
    `it imports ${name}, which package.json does not name.`,
    `Add it: \`${manager === "npm" ? "npm install" : `${manager} add`} ${name}\`.`,
  ];
}
