import { hasCeph, startCeph } from "./ceph.js";
import { startS3Server } from "./server.js";
function explain(error) {
    process.stdout.write(`Ceph RGW did not start: ${error}\n`);
    return null;
}
/**
 * Vitest's global set-up: the S3 servers of this run. Ceph RGW where it is installed, the repository's own always (so that
 * it is held to the same truth), and the one that VANTAGEFLOW_TEST_S3_ENDPOINT names, with the AWS_* keys.
 */
export default async function setup(project) {
    const credentials = { accessKeyId: "vantageflow", secretAccessKey: "vantageflow-secret" };
    const { VANTAGEFLOW_TEST_S3_ENDPOINT: given, AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = process.env;
    const ceph = hasCeph() ? await startCeph(credentials).catch(explain) : null;
    const own = await startS3Server(credentials);
    const servers = [];
    if (given) {
        const keys = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
        servers.push({ name: given, endpoint: given, ...keys });
    }
    if (ceph !== null)
        servers.push({ name: `Ceph RGW ${ceph.version}`, endpoint: ceph.endpoint, ...credentials });
    servers.push({ name: "S3 test server", endpoint: own.endpoint, ...credentials });
    const absent = ceph === null ? " (for a real one: apt-get install radosgw ceph-mon ceph-osd)" : "";
    process.stdout.write(`S3 tests run against: ${servers.map(({ name }) => name).join(", ")}${absent}\n`);
    project.provide("s3Servers", servers);
    return async () => {
        ceph?.stop();
        await own.close();
    };
}
