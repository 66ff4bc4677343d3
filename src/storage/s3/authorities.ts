import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";
import { messageOf, VantageflowError } from "../../errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Certificates in a PEM file (RFC 7468, section 5; OpenSSL writes `TRUSTED` ones too). */
const CERTIFICATE = /-----BEGIN ((?:TRUSTED )?CERTIFICATE)-----[^-]*-----END \1-----/g;

/**
 * Who may sign an endpoint's certificate: what AWS_CA_BUNDLE has, in place of what Node trusts, as on the AWS command line.
 * NODE_EXTRA_CA_CERTS stays added. Undefined where no bundle is named: then Node decides. The SDK for JavaScript reads all
 * of AWS's other variables itself, and leaves this one out. Throws `config_invalid`.
 */
export function trustedAuthorities(environment: Environment = process.env): SecureContext | undefined {
  const { AWS_CA_BUNDLE: bundle, NODE_EXTRA_CA_CERTS: extra } = environment;
  if (!bundle) return undefined;
  // Made once for all connections: a bundle has hundreds of certificates.
  return createSecureContext({ ca: [...certificatesOf(bundle), ...(extra ? readExtra(extra) : [])] });
}

function certificatesOf(file: string): string[] {
  const advice = "Set it to a file of the authorities' certificates (PEM), or unset it";
  const refused = (why: string, cause?: unknown) =>
    new VantageflowError("config_invalid", `Cannot use AWS_CA_BUNDLE ${JSON.stringify(file)}: ${why}. ${advice}.`, {
      cause,
    });
  let certificates: string[];
  try {
    certificates = readFileSync(file, "utf8").match(CERTIFICATE) ?? [];
  } catch (error) {
    throw refused(messageOf(error), error);
  }
  if (certificates.length === 0) throw refused("there is no certificate in it");
  // TLS would leave out what it cannot read, without a word.
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate.replaceAll("TRUSTED ", ""));
    } catch (error) {
      throw refused(`certificate ${index + 1} in it cannot be read`, error);
    }
  }
  return certificates;
}

/** Node itself warns of an extra file that it cannot read, and goes on. */
function readExtra(file: string): string[] {
  try {
    return [readFileSync(file, "utf8")];
  } catch {
    return [];
  }
}
