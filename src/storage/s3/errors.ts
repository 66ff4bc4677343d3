import { GetObjectCommand } from "@aws-sdk/client-s3";
import { VantageflowError } from "../../errors.ts";
import { AGAIN, connectionReason, type FaultReason } from "./connection.ts";
import type { Place } from "./place.ts";

/** What an S3 request was for, and the permission it needs (Service authorization reference, "Actions for Amazon S3"). */
export interface Purpose {
  readonly verb: "read" | "write" | "remove" | "list" | "restore";
  readonly permission: string;
}

export const READ: Purpose = { verb: "read", permission: "s3:GetObject" };
export const WRITE: Purpose = { verb: "write", permission: "s3:PutObject" };
export const REMOVE: Purpose = { verb: "remove", permission: "s3:DeleteObject" };
export const LIST: Purpose = { verb: "list", permission: "s3:ListBucket" };

const CREDENTIALS = "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE";

const KNOWN_FAULTS: Readonly<Record<string, FaultReason>> = {
  SignatureDoesNotMatch: ["the secret key is not that of the access key (SignatureDoesNotMatch)", CREDENTIALS],
  InvalidAccessKeyId: ["the server does not know this access key (InvalidAccessKeyId)", CREDENTIALS],
  ExpiredToken: ["the session has expired (ExpiredToken)", "Sign in again: aws sso login"],
  ExpiredTokenException: ["the session has expired (ExpiredTokenException)", "Sign in again: aws sso login"],
  TokenRefreshRequired: ["the session has expired (TokenRefreshRequired)", "Sign in again: aws sso login"],
  InvalidToken: ["the session token is not valid (InvalidToken)", "Sign in again, or unset AWS_SESSION_TOKEN"],
  CredentialsProviderError: ["no AWS credentials were found", `Sign in (aws sso login). ${CREDENTIALS}`],
  RequestTimeTooSkewed: ["this machine's clock is wrong (RequestTimeTooSkewed)", "Set the clock"],
  SlowDown: ["the bucket is asked too fast (SlowDown)", "Lower --concurrency, or run the command again"],
  ServiceUnavailable: ["the service is unavailable (ServiceUnavailable)", AGAIN],
  InternalError: ["the server failed (InternalError)", AGAIN],
  TimeoutError: ["the server did not answer in time", AGAIN],
  BadDigest: ["the bytes that arrived are not those that were sent (BadDigest)", AGAIN],
  XAmzContentSHA256Mismatch: ["the bytes that arrived are not those that were sent", AGAIN],
  XAmzContentChecksumMismatch: ["the bytes that arrived are not those that were sent", AGAIN],
  QuotaExceeded: ["the bucket's quota is used up (QuotaExceeded)", "Free some space and run the command again"],
  EntityTooLarge: ["the object is too large for S3 (EntityTooLarge)", "Split the batch"],
  InvalidObjectState: [
    "it is archived (InvalidObjectState)",
    "Bring it back first: aws s3api restore-object --restore-request Days=7",
  ],
  "KMS.DisabledException": ["the bucket's KMS key is disabled", "Enable the key"],
};

/** The parts of an SDK error that are looked at. */
interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly Region?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** The error of an S3 request, as its user can act on it. Errors of our own pass unchanged. */
export function s3Error(error: unknown, { verb, permission }: Purpose, key: string, place: Place): VantageflowError {
  if (error instanceof VantageflowError) return error;
  const [why, advice] = reasonOf(error as SdkError, permission, place.bucket);
  const [full, bucket] = [place.prefix + key, `bucket "${place.bucket}"`];
  const message = `Cannot ${verb} ${full === "" ? bucket : `"${full}" in ${bucket}`}: ${why}. ${advice}.`;
  return new VantageflowError("storage_failed", message, { key, cause: error });
}

function reasonOf(error: SdkError, permission: string, bucket: string): FaultReason {
  const status = statusOf(error);
  const region = error.Region ?? error.$response?.headers?.["x-amz-bucket-region"];
  if (error.name === "NoSuchBucket") {
    return ["there is no such bucket", `Check the name, or make it: aws s3 mb s3://${bucket}`];
  }
  if (status === 301 || ["PermanentRedirect", "AuthorizationHeaderMalformed"].includes(error.name ?? "")) {
    return region === undefined
      ? ["the bucket is in another region", "Set AWS_REGION to the bucket's region"]
      : [`the bucket is in another region, ${region}`, `Set AWS_REGION=${region}`];
  }
  const known = KNOWN_FAULTS[error.name ?? ""] ?? connectionReason(error);
  if (known !== null) return known;
  // S3 says what it is that it does not find.
  if (error.name === "NotFound" && status === 404) {
    return ["the answer is none of an S3 server (404)", "Check AWS_ENDPOINT_URL_S3"];
  }
  if (status === 403) {
    const list = permission === "s3:GetObject" ? ", and s3:ListBucket on the bucket" : "";
    return [`access is denied: ${permission} is missing`, `Allow ${permission}${list} for these credentials`];
  }
  if (/checksum mismatch/i.test(error.message ?? "")) {
    return ["the bytes that arrived do not match their checksum", AGAIN];
  }
  if (status !== undefined && status >= 500) return [`the server failed (${error.name}, ${status})`, AGAIN];
  const text = [error.name, error.message].filter(Boolean).join(": ");
  return [status === undefined ? text : `${text} (${status})`, AGAIN];
}

/** The HTTP status of the answer; undefined when there was none. */
export function statusOf(error: unknown): number | undefined {
  return (error as SdkError | null)?.$metadata?.httpStatusCode;
}

export function isNamed(error: unknown, ...names: string[]): boolean {
  return names.includes((error as SdkError | null)?.name ?? "");
}

/** True when the object is not there; a missing bucket is another matter. */
export function isMissing(error: unknown): boolean {
  return isNamed(error, "NoSuchKey", "NotFound") && statusOf(error) === 404;
}

/** The answer to a HEAD has no body and so no reason: the same as a GET has one. The error itself where that works. */
export async function explainS3Error(error: unknown, place: Place, key: string): Promise<unknown> {
  const status = statusOf(error);
  if (status === undefined || ![301, 400, 403].includes(status)) return error;
  try {
    const request = { Bucket: place.bucket, Key: place.prefix + key, Range: "bytes=0-0" };
    const { Body } = await place.client.send(new GetObjectCommand(request));
    await Body?.transformToByteArray();
    return error;
  } catch (reason) {
    return reason;
  }
}
