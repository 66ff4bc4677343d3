import { EVENT_PARAMETERS, type Parameter, schemaOf } from "./parameters.ts";
import { type ApiRoute, ROUTES } from "./routes.ts";
import { ref } from "./schema.ts";
import { schemas } from "./schemas.ts";

const ERRORS = {
  400: "A parameter is not what it may be",
  401: "No session and no token",
  403: "Another site asks",
  404: "There is no such thing",
  405: "Not GET or HEAD",
  421: "A Host that is not this machine",
  503: "The lake cannot be read, or too many readers follow it",
} as const;

/** The description of the API: OpenAPI 3.1, made from what the server routes by. */
export function openApi(version: string) {
  return {
    openapi: "3.1.0",
    info: {
      title: "vantageflow data API",
      version,
      summary: "What vantageflow dashboard shows of a lake. It only reads.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/api/v1" }],
    security: [{ token: [] }, { session: [] }],
    paths: {
      ...Object.fromEntries(ROUTES.map((route) => [route.path, { get: operation(route) }])),
      "/events": { get: EVENTS },
      "/openapi.json": {
        get: {
          operationId: "openapi",
          summary: "This document",
          responses: { 200: answer("The description", { type: "object" }), ...errors(401, 403, 405, 421) },
        },
      },
    },
    components: {
      schemas,
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "The value of VANTAGEFLOW_TOKEN." },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "vantageflow-PORT",
          description: "What the printed link gives.",
        },
      },
    },
  };
}

function operation({ path, summary, segment, parameters, schema }: ApiRoute) {
  const inPath = segment && { ...segment, in: "path", required: true, schema: { type: "string" } };
  return {
    operationId: path.slice(1).replace(/\/\{(\w+)\}/, "_by_$1"),
    summary,
    parameters: [...(inPath === undefined ? [] : [inPath]), ...inQuery(parameters)],
    responses: {
      200: answer(summary, schema),
      ...errors(400, 401, 403, ...(segment === undefined ? [] : [404 as const]), 405, 421, 503),
    },
  };
}

const EVENTS = {
  operationId: "events",
  summary: "The lake as it changes: server-sent events",
  parameters: inQuery(EVENT_PARAMETERS),
  responses: {
    200: {
      description:
        "First `retry:`. Then events `overview`, at once and after each look at the lake, whose data is an Overview; " +
        'before each one `pace`, whose data is {"seconds","interval"}: the next look comes no sooner, and what the server ' +
        "takes where no interval is asked for; " +
        'and `trouble`, whose data is {"message"}, when a look failed. The next overview says that it is over.',
      content: { "text/event-stream": { schema: { type: "string" } } },
    },
    ...errors(400, 401, 403, 405, 421, 503),
  },
};

function inQuery(parameters: Readonly<Record<string, Parameter>>) {
  return Object.entries(parameters).map(([name, parameter]) => {
    return { name, in: "query", description: parameter.description, schema: schemaOf(parameter) };
  });
}

function answer(description: string, schema: unknown) {
  return { description, content: { "application/json": { schema } } };
}

function errors(...statuses: readonly (keyof typeof ERRORS)[]) {
  return Object.fromEntries(statuses.map((status) => [status, answer(ERRORS[status], ref("Error"))]));
}
