import { lakeOption } from "../shell.ts";

/**
 * Commands that look at a lake or change one: typed without it they are on another. Whoever makes a message deep inside
 * knows of no flag, and what is kept in receipts and dead letters may be read by way of another name of the lake, so it is
 * said where texts leave for people.
 */
export const ON_LAKE: readonly string[] = [
  ...["ingest", "run", "watch", "listen", "dashboard", "report", "status", "detect", "plan", "doctor", "cost"],
  ...["detect mute", "detect unmute", "detect mutes"],
  ...["contract apply", "contract list", "contract show", "contract remove"],
  ...["sql", "tables sync", "tables list", "tables history", "tables compact", "tables vacuum"],
  ...["ledger seal", "ledger verify"],
  ...["dlq list", "dlq show", "dlq redrive", "dlq dismiss"],
  ...["explain", "invoke", "versions", "restore", "expire", "backup", "restore-from", "verify"],
];

const HINT = new RegExp(
  `\\bvantageflow (?:${ON_LAKE.toSorted((a, b) => b.length - a.length).join("|")})(?![\\w-])`,
  "g",
);

/**
 * The text with the lake in every command that it names, but where it is there. It goes behind the command's own words:
 * where its arguments end, prose does not say.
 */
export function withLakeInHints(text: string, lake: string | undefined): string {
  const option = lake === undefined ? "" : lakeOption(lake);
  if (option === "" || !text.includes("vantageflow ")) return text;
  return text.replace(HINT, (command, at: number) => {
    const [rest] = text.slice(at + command.length).split("vantageflow ", 1);
    return /(^|\s)--lake\b/.test(rest) ? command : `${command}${option}`;
  });
}
