import { object, ref, type Schema, text } from "./schema.ts";

/** Answers by their status, as OpenAPI describes them. */
export type Responses = Readonly<Record<string, ReturnType<typeof answer>>>;

/** Who serves the API, as far as its description tells of it: who may ask, and what is refused before a route is asked. */
export interface Front {
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly securitySchemes: Readonly<Record<string, Schema>>;
  readonly refusals: Responses;
  /** Whether there are events: a stream has no end, and a function has one. */
  readonly streams: boolean;
}

export function answer(description: string, schema: Schema) {
  return { description, content: { "application/json": { schema } } };
}

const error = (description: string) => answer(description, ref("Error"));

/** `vantageflow dashboard`: this machine's own browser and programs. */
export const DASHBOARD: Front = {
  security: [{ token: [] }, { session: [] }],
  securitySchemes: {
    token: { type: "http", scheme: "bearer", description: "The value of VANTAGEFLOW_TOKEN." },
    session: { type: "apiKey", in: "cookie", name: "vantageflow-PORT", description: "What the printed link gives." },
  },
  refusals: {
    401: error("No session and no token"),
    403: error("Another site asks"),
    405: error("Not GET or HEAD"),
    421: error("A Host that is not this machine"),
  },
  streams: true,
};

/** API Gateway says no in words of its own. */
const refusal = (description: string) => answer(description, object<{ message: string }>({ message: text }));

/** An HTTP API of API Gateway in front of `vantageflow-api`: whoever it lets through. */
export const GATEWAY: Front = {
  security: [{ sigv4: [] }, { jwt: [] }],
  securitySchemes: {
    sigv4: {
      type: "apiKey",
      in: "header",
      name: "Authorization",
      description:
        "AWS Signature Version 4 of an identity that may execute-api:Invoke, unless there is a JWT authorizer.",
    },
    jwt: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "Where `api_jwt` names who issues them." },
  },
  refusals: {
    401: refusal("No token that the authorizer takes"),
    403: refusal("No signature, or of nobody who may ask"),
    429: refusal("More requests than the API takes"),
  },
  streams: false,
};
