import { firstMatch, type Diagnosis } from "./diagnosis.ts";

const TROUBLE =
  /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b|Could not resolve host: (\S+)|Temporary failure in name resolution|NewConnectionError|Failed to establish a new connection|self[- ]signed certificate|UNABLE_TO_(?:GET_ISSUER_CERT_LOCALLY|VERIFY_LEAF_SIGNATURE)|CERTIFICATE_VERIFY_FAILED/;
const PLACE = /(https?:\/\/[\w.:-]+)|Could not resolve host: ([\w.-]+)|host='([\w.-]+)'/;

/** Something on the network did not answer. */
export const network: Diagnosis = {
  name: "network",
  find({ lines }) {
    const found = firstMatch(lines, TROUBLE);
    if (found === undefined) return undefined;
    const near = lines.slice(lines.indexOf(found.line), lines.indexOf(found.line) + 6);
    const place = firstMatch(near, PLACE)?.groups.find((group) => group !== "");
    const isCertificate = /certificate|CERTIFICATE|UNABLE_TO/.test(found.line);
    return {
      cause: isCertificate
        ? `The certificate of ${place ?? "a server"} was not accepted.`
        : `${place ?? "A server"} could not be reached from the build.`,
      advice: isCertificate
        ? "Name your certificates with NODE_EXTRA_CA_CERTS or SSL_CERT_FILE before `portside up`."
        : "Check this machine's network and proxy (HTTPS_PROXY), and the registry that is configured (NPM_CONFIG_REGISTRY, PIP_INDEX_URL).",
      line: found.line,
    };
  },
};
