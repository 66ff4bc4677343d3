import type { Declaration } from "../../command.ts";

export const command = {
  signature: "verify",
  summary: "tell what was removed or rewritten since it was sealed; exit 1 when something was, or the chain is broken",
  options: {
    "--public-key <file>": "the newest seal has to be signed by the owner of this Ed25519 key (PEM)",
    "--digest <digest...>": "digest of a seal that was kept elsewhere: the chain has to have that seal",
    "--concurrency <n>": "objects in flight at once (default: cores; 16 with a bucket)",
  },
  examples: ["vantageflow ledger verify", "vantageflow ledger verify --public-key seal.pub.pem --json"],
} satisfies Declaration;
