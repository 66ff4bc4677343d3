import type { Declaration } from "../command.ts";

export const command = {
  signature: "verify [lake]",
  summary: "hold every object against the ledger by its SHA-256; exit 1 when not all is intact",
  options: {
    "--prefix <prefix>": "only keys, or paths in every layer, that begin with it: gold/, 2025/01/",
    "--fix": "make outputs again from bronze, and remove those whose bronze is gone; asks first",
    "--keep-orphans": "with --fix: remove nothing, as where bronze may still arrive",
    "--yes": "do not ask",
    "--ledger <lake>": "hold a mirror against the receipts of the lake that it is a copy of",
    "--restart": "begin anew, where the last verify was stopped and this one would go on",
    "--concurrency <n>": "batches in flight at once (default: cores; 16 with a bucket)",
  },
  examples: [
    "vantageflow verify",
    "vantageflow verify ./lake --prefix readings --json",
    "vantageflow verify --fix --yes",
    "vantageflow verify --fix --keep-orphans",
    "vantageflow verify ./backup --ledger ./lake",
  ],
} satisfies Declaration;
