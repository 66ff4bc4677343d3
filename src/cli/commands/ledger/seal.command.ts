import type { Declaration } from "../../command.ts";

export const command = {
  signature: "seal",
  summary: "seal receipts and dead letters as they are, and print the digest to keep elsewhere",
  options: {
    "--key <file>": "sign the seal with this Ed25519 private key (PEM)",
    "--accept": "seal although something was removed or rewritten since the last seal; the seal says so for ever",
    "--concurrency <n>": "objects in flight at once (default: cores; 16 with a bucket)",
  },
  examples: ["vantageflow ledger seal", "vantageflow ledger seal --key seal.pem --json"],
} satisfies Declaration;
