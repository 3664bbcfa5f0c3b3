const SECRET_NAME = /TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|_AUTH(?:_|$)|API_?KEY/i;
const SECRET_CHARS_MIN = 6;
const MASK = "[secret]";

/**
 * A function that takes secrets out of a line: values of variables whose name says so, tokens and passwords that the app's
 * `.npmrc` and `.yarnrc.yml` hold, and the user part of URLs.
 */
export function createRedactor(env, configTexts) {
  const named = Object.entries(env).filter(([name]) => SECRET_NAME.test(name));
  const written = configTexts.flatMap((text) =>
    [...text.matchAll(/(?:_authToken|_auth|_password|npmAuthToken|npmAuthIdent)\s*[=:]\s*["']?([^\s"'$]+)/g)].map(
      ([, value]) => value,
    ),
  );
  const secrets = [...named.map(([, value]) => value), ...written]
    .filter((value) => value.length >= SECRET_CHARS_MIN)
    .sort((a, b) => b.length - a.length);
  return (line) => {
    const shown = secrets.reduce((text, secret) => text.replaceAll(secret, MASK), line);
    return shown.replace(/(\bhttps?:\/\/)[^\s/@]+:[^\s/@]*@/g, `$1${MASK}@`);
  };
}
