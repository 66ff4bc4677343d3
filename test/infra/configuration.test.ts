import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configuration, locals } from "./configuration.ts";

describe("the configuration", () => {
  it("pins Terraform and the provider to what it was written for", () => {
    const [{ required_version, required_providers }] = configuration.terraform;
    expect(required_version).toBe(">= 1.5.7");
    expect(required_providers).toEqual([{ aws: { source: "hashicorp/aws", version: ">= 6.19, < 7" } }]);
  });

  it("reads the topology that the emulator runs from", () => {
    expect(locals.topology).toBe('${jsondecode(file("${path.module}/../../src/topology.json"))}');
  });

  it("types and describes every variable, and describes every output", () => {
    for (const [name, [variable]] of Object.entries(configuration.variable)) {
      expect(Object.keys(variable), name).toEqual(expect.arrayContaining(["description", "type", "default"]));
    }
    for (const [name, [output]] of Object.entries(configuration.output)) {
      expect(Object.keys(output), name).toEqual(expect.arrayContaining(["description", "value"]));
    }
  });

  it("has every variable and output in docs/deploy.md", () => {
    const page = readFileSync("docs/deploy.md", "utf8");
    for (const name of [...Object.keys(configuration.variable), ...Object.keys(configuration.output)]) {
      expect(page).toContain(`\`${name}\``);
    }
  });

  it("keeps every optional extra off, and says what it costs", () => {
    for (const name of [
      "cloudtrail",
      "config_rules",
      "vpc",
      "replica_region",
      "peer_region",
      "daily_backup",
      "noncurrent_glacier_days",
    ]) {
      const [{ default: off, description }] = configuration.variable[name];
      expect([false, null], name).toContain(off);
      expect(description, name).toMatch(/\bcosts?\b|\bbilled\b/i);
    }
  });
});
