import { loadPackageDefinition, Server, ServerCredentials } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { decode } from "@msgpack/msgpack";
import { attributeOf, schema } from "./schema.js";
/**
 * A Terraform provider with the real provider's schema and no AWS behind it. It plans every resource as new and knows
 * each computed attribute already, so that a plan shows whole policies. Real Terraform checks and evaluates the
 * configuration against it.
 */
export const ACCOUNT = "123456789012";
const PROVIDER = {
    attributes: { region: "string optional" },
    blocks: { default_tags: { nesting: "list", max: 1, attributes: { tags: "map(string) optional" }, blocks: {} } },
};
const DATA = {
    aws_caller_identity: { account_id: ACCOUNT },
    aws_partition: { partition: "aws" },
    aws_availability_zones: { names: ["us-east-1a", "us-east-1b"] },
};
/** Serves the provider; `environment` makes Terraform use it. */
export async function serveProvider() {
    const server = new Server();
    const definition = loadPackageDefinition(loadSync("test/infra/tfplugin5.proto", { keepCase: true }));
    const { Provider } = definition.tfplugin5;
    server.addService(Provider.service, handlers());
    const port = await new Promise((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => error === null ? resolve(bound) : reject(error));
    });
    const reattach = {
        Protocol: "grpc",
        ProtocolVersion: 5,
        Pid: process.pid,
        Test: true,
        Addr: { Network: "tcp", String: `127.0.0.1:${port}` },
    };
    return {
        environment: { TF_REATTACH_PROVIDERS: JSON.stringify({ "registry.terraform.io/hashicorp/aws": reattach }) },
        close: () => server.forceShutdown(),
    };
}
function handlers() {
    let region = "";
    const nothing = (_call, reply) => reply(null, {});
    return {
        GetSchema: (_call, reply) => reply(null, {
            provider: schemaMessage(PROVIDER),
            resource_schemas: mapValues(schema.resources, schemaMessage),
            data_source_schemas: mapValues(schema.data, schemaMessage),
        }),
        PrepareProviderConfig: ({ request }, reply) => reply(null, { prepared_config: request.config }),
        ValidateResourceTypeConfig: nothing,
        ValidateDataSourceConfig: nothing,
        Configure: ({ request }, reply) => {
            region = String(decode(request.config.msgpack).region);
            reply(null, {});
        },
        PlanResourceChange: ({ request }, reply) => {
            const values = decode(request.proposed_new_state.msgpack);
            const planned = withComputed(request.type_name, values, region);
            reply(null, { planned_state: { json: Buffer.from(JSON.stringify(planned)) }, legacy_type_system: true });
        },
        ReadDataSource: ({ request }, reply) => {
            const state = { ...decode(request.config.msgpack), ...DATA[request.type_name] };
            reply(null, { state: { json: Buffer.from(JSON.stringify(state)) } });
        },
    };
}
/** The values with each computed string that is not given filled in, such as `arn:aws:s3:::<bucket>`. */
function withComputed(type, values, region) {
    const name = String(values.bucket ?? values.function_name ?? values.name ?? "1");
    const known = {
        id: name,
        region,
        arn: type === "aws_s3_bucket" ? `arn:aws:s3:::${name}` : `arn:aws:${type}:${region}:${ACCOUNT}:${name}`,
    };
    const filled = Object.entries(schema.resources[type].attributes)
        .map(([attribute, text]) => ({ attribute, ...attributeOf(text) }))
        .filter(({ attribute, computed, type }) => computed && type === "string" && values[attribute] === null)
        .map(({ attribute }) => [attribute, known[attribute] ?? `${attribute}-of-${name}`]);
    return { ...values, ...Object.fromEntries(filled) };
}
function schemaMessage(block) {
    return { version: 0, block: blockMessage(block) };
}
function blockMessage({ attributes, blocks }) {
    return {
        attributes: Object.entries(attributes).map(([name, text]) => {
            const { type, ...flags } = attributeOf(text);
            return { name, type: Buffer.from(JSON.stringify(typeJson(type))), ...flags };
        }),
        block_types: Object.entries(blocks).map(([name, nested]) => ({
            type_name: name,
            block: blockMessage(nested),
            nesting: { single: 1, list: 2, set: 3 }[nested.nesting],
            min_items: nested.min ?? 0,
            max_items: nested.max ?? 0,
        })),
    };
}
/** `set(string)` → `["set","string"]`, as cty writes types in JSON. */
function typeJson(type) {
    const [, collection, element] = /^(\w+)\((\w+)\)$/.exec(type) ?? [];
    return collection === undefined ? type : [collection, element];
}
function mapValues(record, map) {
    return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
