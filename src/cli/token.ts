import { VantageflowError } from "../errors.ts";
import type { Io } from "./io.ts";

/** A shorter one can be guessed by whoever has a port to try it on. */
const MIN_TOKEN_CHARACTERS = 16;

/** How somebody comes by a token. */
export function tokenAdvice(name: string): string {
  return `Make one: export ${name}="$(openssl rand -hex 32)"`;
}

/** What clients identify themselves by, from the environment; null where none is set. Throws `config_invalid`; the secret is not shown. */
export function readToken(io: Io, name: string): string | null {
  const token = io.environment[name] ?? "";
  if (token === "") return null;
  if (token.length >= MIN_TOKEN_CHARACTERS && /^[\x21-\x7e]+$/.test(token)) return token;
  const wanted = `it is not ${MIN_TOKEN_CHARACTERS} or more letters, digits and signs without blanks`;
  throw new VantageflowError("config_invalid", `Cannot use ${name}: ${wanted}. ${tokenAdvice(name)}`);
}
