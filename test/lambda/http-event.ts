/** An event as API Gateway sends it (developer guide, "Lambda proxy integrations for HTTP APIs", format 2.0). */
export function httpEvent(rawPath: string, rawQueryString = "", method = "GET") {
  return {
    version: "2.0",
    routeKey: `${method} /api/v1/{proxy+}`,
    rawPath,
    rawQueryString,
    headers: {
      accept: "*/*",
      host: "abcdefghij.execute-api.us-east-1.amazonaws.com",
      "user-agent": "curl/8.5.0",
      "x-amzn-trace-id": "Root=1-00000000-000000000000000000000000",
      "x-forwarded-for": "203.0.113.7",
      "x-forwarded-port": "443",
      "x-forwarded-proto": "https",
    },
    requestContext: {
      accountId: "123456789012",
      apiId: "abcdefghij",
      domainName: "abcdefghij.execute-api.us-east-1.amazonaws.com",
      domainPrefix: "abcdefghij",
      http: { method, path: rawPath, protocol: "HTTP/1.1", sourceIp: "203.0.113.7", userAgent: "curl/8.5.0" },
      requestId: "AbCdEfGhIAMEPFQ=",
      routeKey: `${method} /api/v1/{proxy+}`,
      stage: "$default",
      time: "27/Dec/2025:12:31:50 +0000",
      timeEpoch: 1766838710000,
    },
    pathParameters: { proxy: rawPath.replace("/api/v1/", "") },
    isBase64Encoded: false,
  };
}
