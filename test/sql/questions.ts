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
