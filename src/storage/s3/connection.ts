/** Why a request failed, and what its user can do: two sentences without their full stops. */
export type FaultReason = readonly [why: string, advice: string];

export const AGAIN = "Run the command again";
const ENDPOINT = "AWS_ENDPOINT_URL_S3";

/** The parts of an error of Node's network, or of what the SDK makes of one, that are looked at. */
interface ConnectionError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly hostname?: string;
  readonly address?: string;
  readonly port?: number;
  /** Of each address that a host name stands for. */
  readonly errors?: readonly ConnectionError[];
}

/** Of Node's TLS ("TLS (SSL)", "X509 certificate error codes"). */
const UNTRUSTED = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
];

/** What kept a request from a server of S3; null when the error is one that such a server has answered. */
export function connectionReason(error: ConnectionError): FaultReason | null {
  const { name, code = "", message = "" } = error;
  const named = code === "" ? "" : ` (${code})`;
  if (name === "EndpointError" || code === "ERR_INVALID_URL") {
    return ["the endpoint is no http:// or https:// URL", `Write ${ENDPOINT} as in http://127.0.0.1:9000`];
  }
  if (UNTRUSTED.includes(code)) {
    const advice = "Set AWS_CA_BUNDLE to the file of the authority's certificate (PEM)";
    return [`nobody whom this machine trusts has signed the server's certificate${named}`, advice];
  }
  switch (code) {
    case "ECONNREFUSED":
      return [`nothing listens at ${addressOf(error)}${named}`, `Start the server, or check ${ENDPOINT}`];
    case "ENOTFOUND":
      return [
        `there is no host ${error.hostname ?? "of this name"}${named}`,
        `Check the network, the region and ${ENDPOINT}`,
      ];
    case "EAI_AGAIN":
      return [`the name server does not answer${named}`, "Check the network"];
    case "ECONNRESET":
    case "EPIPE":
      return [`the connection broke${named}`, AGAIN];
    case "EPROTO":
      return [`the server cannot be spoken to over TLS${named}`, `Where it has none, write ${ENDPOINT} with http://`];
    case "CERT_HAS_EXPIRED":
      return [`the server's certificate has expired${named}`, "Renew it, or set this machine's clock"];
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return [`the server's certificate is for another host${named}`, `Use its name in ${ENDPOINT}`];
  }
  if (/XML parse error|Deserialization error/.test(message))
    return ["the answer is none of an S3 server", `Check ${ENDPOINT}, or run the command again`];
  return null;
}

function addressOf(error: ConnectionError): string {
  const { address, port } = error.address === undefined ? (error.errors?.[0] ?? {}) : error;
  if (address === undefined) return "its address";
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
