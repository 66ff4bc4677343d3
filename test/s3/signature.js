import { createHash, createHmac, timingSafeEqual } from "node:crypto";
/** The error code of a request that is not signed as it should be (AWS Signature Version 4, in the header), or null. */
export function signatureProblem(request, url, { accessKeyId, secretAccessKey }) {
    const given = /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(request.headers.authorization ?? "");
    if (given === null)
        return "AccessDenied";
    const [, credential, signed, signature] = given;
    const [id, ...scope] = credential.split("/");
    if (id !== accessKeyId)
        return "InvalidAccessKeyId";
    const canonical = [
        request.method,
        (request.url ?? "").split("?")[0],
        canonicalQuery(url),
        ...signed.split(";").map((name) => `${name}:${String(request.headers[name] ?? "")
            .trim()
            .replace(/ +/g, " ")}`),
        "",
        signed,
        request.headers["x-amz-content-sha256"],
    ].join("\n");
    const digest = createHash("sha256").update(canonical).digest("hex");
    const toSign = ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope.join("/"), digest].join("\n");
    const key = scope.reduce((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
    return timingSafeEqual(hmac(key, toSign), Buffer.from(signature, "hex")) ? null : "SignatureDoesNotMatch";
}
function hmac(key, text) {
    return createHmac("sha256", key).update(text).digest();
}
function canonicalQuery(url) {
    return [...url.searchParams]
        .map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
        .sort()
        .join("&");
}
export function encodeRfc3986(text) {
    return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
