import { answer, type Front, type Responses } from "./front.ts";
import { EVENT_PARAMETERS, type Parameter, schemaOf } from "./parameters.ts";
import { type ApiRoute, ROUTES } from "./routes.ts";
import { ref } from "./schema.ts";
import { schemas } from "./schemas.ts";

/** What goes wrong whoever serves the API. */
const ERRORS = {
  400: "A parameter is not what it may be",
  404: "There is no such thing",
  503: "The lake cannot be read, or too many readers follow it",
} as const;

/** The description of the API: OpenAPI 3.1, made from what the server routes by. */
export function openApi(version: string, front: Front) {
  const { refusals, security, securitySchemes, streams } = front;
  return {
    openapi: "3.1.0",
    info: {
      title: "vantageflow data API",
      version,
      summary: "What there is in a lake, as vantageflow dashboard shows it. It only reads.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/api/v1" }],
    security,
    paths: {
      ...Object.fromEntries(ROUTES.map((route) => [route.path, { get: operation(route, refusals) }])),
      ...(streams ? { "/events": { get: events(refusals) } } : {}),
      "/openapi.json": {
        get: {
          operationId: "openapi",
          summary: "This document",
          responses: { 200: answer("The description", { type: "object" }), ...refusals },
        },
      },
    },
    components: {
      schemas,
      securitySchemes,
    },
  };
}

function operation({ path, summary, segment, missing, parameters, schema }: ApiRoute, refusals: Responses) {
  const inPath = segment && { ...segment, in: "path", required: true, schema: { type: "string" } };
  return {
    operationId: path
      .slice(1)
      .replace(/\/\{(\w+)\}/, "_by_$1")
      .replace("/", "_"),
    summary,
    parameters: [...(inPath === undefined ? [] : [inPath]), ...inQuery(parameters)],
    responses: {
      200: answer(summary, schema),
      ...errors(400, ...((segment ?? missing) === undefined ? [] : [404 as const]), 503),
      ...refusals,
    },
  };
}

function events(refusals: Responses) {
  return {
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
      ...errors(400, 503),
      ...refusals,
    },
  };
}

function inQuery(parameters: Readonly<Record<string, Parameter>>) {
  return Object.entries(parameters).map(([name, parameter]) => {
    return { name, in: "query", description: parameter.description, schema: schemaOf(parameter) };
  });
}

function errors(...statuses: readonly (keyof typeof ERRORS)[]): Responses {
  return Object.fromEntries(statuses.map((status) => [status, answer(ERRORS[status], ref("Error"))]));
}
