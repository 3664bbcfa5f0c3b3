import { createHash, timingSafeEqual } from "node:crypto";

/**
 * What stands before every file: the one host, https, a password. Gives undefined to go on, or `{ status, headers, text }`.
 * Throws when a password is wanted but none is set: a page that should be closed never opens by mistake.
 */
export function makeGuard(config, env) {
  const login = config.basicAuth ? expectedLogin(env) : undefined;
  return (request) => {
    const host = request.headers.host ?? "";
    const isHttp =
      config.httpsOnly && request.headers["x-forwarded-proto"]?.split(",")[0].trim().toLowerCase() === "http";
    const isOther = config.canonicalHost !== undefined && !isHost(host, config.canonicalHost);
    if ((isHttp || isOther) && /^[A-Za-z0-9.-]+(?::\d+)?$/.test(host)) {
      const scheme = config.httpsOnly || request.headers["x-forwarded-proto"] === "https" ? "https" : "http";
      const location = `${scheme}://${config.canonicalHost ?? host}${request.url.replace(/^\/*/, "/")}`;
      return { status: 301, headers: { location }, text: "Moved" };
    }
    if (login !== undefined && !isSame(request.headers.authorization ?? "", login)) {
      return {
        status: 401,
        headers: { "www-authenticate": 'Basic realm="app", charset="UTF-8"' },
        text: "Unauthorized",
      };
    }
    return undefined;
  };
}

/** A port behind the host is none of ours: the router's. */
function isHost(host, wanted) {
  return [host, host.replace(/:\d+$/, "")].some((one) => one.toLowerCase() === wanted.toLowerCase());
}

function expectedLogin(env) {
  const { BASIC_AUTH_USERNAME: user, BASIC_AUTH_PASSWORD: password } = env;
  if (!user || !password)
    throw new Error(
      "static.json asks for basic_auth: set BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD in the app's config",
    );
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** Takes the same time for every wrong answer. */
function isSame(given, expected) {
  const digest = (text) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
