import { readFileSync } from "node:fs";

/** A question of docs/sql.md and the query that answers it. */
export interface Question {
  readonly title: string;
  readonly sql: string;
}

/** Those under "Ten questions", in their order. Terraform reads the same page, see athena.tf. */
export const QUESTIONS: readonly Question[] = [
  ...readFileSync("docs/sql.md", "utf8").matchAll(/^### (.+)\n[^`]*?(?:`[^`]+`[^`]*?)*```sql\n([\s\S]*?)\n```$/gm),
].map(([, title, sql]) => ({ title, sql }));

/** Averages are added in the order in which threads come: two are the same where they differ by less than this part. */
export const SAME_AVERAGE = 1e-13;
