import { execFile, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Topology, topology } from "../../src/topology.ts";
import { FOLDER } from "./configuration.ts";
import { serveProvider } from "./provider-server.ts";

/** Whether there is a `terraform` on the PATH. */
export const hasTerraform = spawnSync("terraform", ["version"]).status === 0;

interface PlannedResource {
  readonly address: string;
  readonly type: string;
  readonly name: string;
  /** The key of `for_each`, or the number of `count`. */
  readonly index?: string | number;
  // biome-ignore lint/suspicious/noExplicitAny: as many shapes as there are resources
  readonly values: any;
}

export interface Plan {
  readonly resources: readonly PlannedResource[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Real Terraform over infra/terraform, with the provider that has the real schema and no AWS. */
export interface Terraform {
  run(...args: string[]): Promise<string>;
  plan(variables?: Readonly<Record<string, string>>): Promise<Plan>;
  close(): void;
}

/** `deployed` where the topology is another than that of the repository. */
export async function startTerraform(deployed: Topology = topology): Promise<Terraform> {
  const provider = await serveProvider();
  const folder = fs.mkdtempSync(join(tmpdir(), "vantageflow-terraform-"));
  const configuration = deployed === topology ? FOLDER : join(folder, FOLDER);
  if (deployed !== topology) {
    fs.cpSync(FOLDER, configuration, { recursive: true });
    for (const name of ["src", "docs"]) fs.mkdirSync(join(folder, name));
    fs.copyFileSync("docs/sql.md", join(folder, "docs/sql.md"));
    fs.writeFileSync(join(folder, "src/topology.json"), JSON.stringify(deployed));
  }
  for (const { name } of Object.values(deployed.functions)) {
    fs.writeFileSync(join(folder, `${name}.zip`), name);
  }
  const own = Object.entries(process.env).filter(([name]) => !/^(TF_|AWS_)/.test(name));
  const env = {
    ...Object.fromEntries(own),
    ...provider.environment,
    TF_DATA_DIR: join(folder, "data"),
    CHECKPOINT_DISABLE: "1",
  };
  const run = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)("terraform", [`-chdir=${configuration}`, ...args], {
      env,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  };
  await run("init", "-backend=false", "-input=false");
  return {
    run,
    async plan(variables = {}) {
      const file = join(folder, "plan");
      const given = Object.entries({ lambda_directory: folder, ...variables }).map(([k, v]) => `-var=${k}=${v}`);
      await run("plan", "-input=false", "-lock=false", `-out=${file}`, ...given);
      const shown = JSON.parse(await run("show", "-json", file));
      const outputs = Object.entries(shown.planned_values.outputs as Record<string, { value?: unknown }>);
      return {
        resources: shown.planned_values.root_module.resources,
        outputs: Object.fromEntries(outputs.map(([name, { value }]) => [name, value])),
      };
    },
    close() {
      provider.close();
      fs.rmSync(folder, { recursive: true });
    },
  };
}
