import { randomUUID } from "node:crypto";
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
export function connect({ endpoint, accessKeyId, secretAccessKey }) {
    const credentials = { accessKeyId, secretAccessKey };
    return new S3Client({ endpoint, credentials, region: "us-east-1", forcePathStyle: true });
}
/** A new bucket and its name. */
export async function makeBucket(client, versioned = false) {
    const Bucket = `vantageflow-${randomUUID()}`;
    await client.send(new CreateBucketCommand({ Bucket }));
    if (versioned) {
        const VersioningConfiguration = { Status: "Enabled" };
        await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    }
    return Bucket;
}
/** What the AWS SDK in the command line needs to find a test server. */
export function environmentOf({ endpoint, accessKeyId, secretAccessKey }) {
    return {
        AWS_ENDPOINT_URL_S3: endpoint,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
}
