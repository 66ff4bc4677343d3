import { Ajv2020 } from "ajv/dist/2020.js";
import { DASHBOARD } from "../../src/api/front.ts";
import { openApi } from "../../src/api/openapi.ts";

/** ISO 8601, UTC, milliseconds: the only times that the API gives. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

interface Described {
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
}

/** A description, as the API gives it: its paths, and what answers are held to. */
export function describedBy(description: { readonly paths: object }) {
  const paths = Object.entries<{ get: Described }>({ ...description.paths }).map(([path, { get }]) => ({
    path,
    ...get,
  }));
  return {
    paths,
    /** What is wrong with a document by the description of a path's answer; empty when nothing is. */
    problemsOf(path: string, status: number, document: unknown): string[] {
      // The keywords around the schemas are OpenAPI's.
      const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { "date-time": TIME } });
      const pointer = `/paths/${path.replaceAll("/", "~1")}/get/responses/${status}/content/application~1json/schema`;
      const validate = ajv.addSchema(description, "api").getSchema(`api#${encodeURI(pointer)}`);
      if (validate === undefined) return [`${path} has no answer ${status}`];
      validate(document);
      return (validate.errors ?? []).map(({ instancePath, message, params }) => {
        return `${path}: ${instancePath} ${message} ${JSON.stringify(params)}`;
      });
    },
  };
}

/** The dashboard's. */
export const DESCRIPTION = JSON.parse(JSON.stringify(openApi("1.2.3", DASHBOARD)));
export const { paths: PATHS, problemsOf } = describedBy(DESCRIPTION);
