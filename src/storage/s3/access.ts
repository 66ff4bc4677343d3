import type { S3Client } from "@aws-sdk/client-s3";
import { createS3Client } from "./client.ts";

/** How a bucket would be asked, without asking it. Nothing in it is secret. */
export interface BucketAccess {
  /** Null is Amazon's own, which the region says. */
  readonly endpoint: string | null;
  readonly region: string;
  /** Where the credentials come from; null where there are none. */
  readonly credentials: string | null;
}

type Identity = Awaited<ReturnType<S3Client["config"]["credentials"]>> & {
  readonly $source?: Readonly<Record<string, string>>;
};

/** What the SDK notes of credentials that it found, the more telling first (its user agent's features, `m/`). */
const SOURCES: readonly (readonly [feature: RegExp, words: string])[] = [
  [/^CREDENTIALS_PROFILE_SSO/, "SSO, by profile {profile}"],
  [/^CREDENTIALS_(PROFILE_)?LOGIN$/, "aws login, by profile {profile}"],
  [/^CREDENTIALS_PROFILE_PROCESS$/, "credential_process of profile {profile}"],
  [/^CREDENTIALS_PROFILE_STS_WEB_ID_TOKEN$/, "role by web identity token, by profile {profile}"],
  [/^CREDENTIALS_PROFILE_(SOURCE_PROFILE|NAMED_PROVIDER)$/, "role of profile {profile}"],
  [/^CREDENTIALS_PROFILE/, "profile {profile}"],
  [/^CREDENTIALS_SSO/, "SSO, by profile {profile}"],
  [/^CREDENTIALS_PROCESS$/, "credential_process of profile {profile}"],
  [/^CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN$/, "role by web identity token (AWS_WEB_IDENTITY_TOKEN_FILE)"],
  [/^CREDENTIALS_ENV_VARS$/, "environment (AWS_ACCESS_KEY_ID)"],
  [/^CREDENTIALS_HTTP$/, "container role"],
];

/** Asks the SDK's own chain of providers, as a command would. `profile` is the one of AWS_PROFILE. */
export async function describeAccess(profile: string): Promise<BucketAccess> {
  const client = await createS3Client();
  try {
    const { region, serviceConfiguredEndpoint, credentials } = client.config;
    const configured = client.config.endpoint === undefined ? await serviceConfiguredEndpoint?.() : undefined;
    const endpoint = await client.config.endpoint?.();
    return {
      endpoint: endpoint === undefined ? (configured ?? null) : urlOf(endpoint),
      region: await region(),
      credentials: await credentials().then(
        (identity: Identity) => sourceOf(identity).replace("{profile}", profile),
        () => null,
      ),
    };
  } finally {
    client.destroy();
  }
}

function sourceOf({ $source = {} }: Identity): string {
  const features = Object.keys($source);
  const known = SOURCES.find(([feature]) => features.some((name) => feature.test(name)));
  // The SDK notes nothing of its last provider, the instance's metadata.
  return known?.[1] ?? "instance role";
}

function urlOf({
  protocol,
  hostname,
  port,
  path,
}: {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
}) {
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path === "/" ? "" : path}`;
}
