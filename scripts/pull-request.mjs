import { appendFileSync } from "node:fs";

/** GitHub refuses longer comments (65,536 characters); a summary may be longer. */
const MAX_FENCED = 50_000;

/** A block that nothing in the text can end, cut where it is too long for a comment. */
export function fenced(text, language = "") {
  const isLong = text.length > MAX_FENCED;
  const shown = isLong ? text.slice(0, MAX_FENCED) : text;
  const longest = Math.max(2, ...(shown.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  const rest = isLong ? `\n\n${text.length - MAX_FENCED} more characters are in the log of the run.` : "";
  return `${fence}${language}\n${shown.trimEnd()}\n${fence}${rest}\n`;
}

/** Shows a text in the run's summary, and on the pull request that the run is of, in place of what it said there before. */
export async function tell(marker, markdown) {
  const { GITHUB_STEP_SUMMARY: summary, PULL_REQUEST: number, GITHUB_TOKEN: token } = process.env;
  if (summary) appendFileSync(summary, `${markdown}\n`);
  if (!number || !token) return;
  const mark = `<!-- vantageflow ${marker} -->`;
  const issues = `${process.env.GITHUB_API_URL}/repos/${process.env.GITHUB_REPOSITORY}/issues`;
  const former = await find(`${issues}/${number}/comments`, mark, token);
  const { status } = await ask(former === null ? "POST" : "PATCH", former ?? `${issues}/${number}/comments`, token, {
    body: `${mark}\n${markdown}`,
  });
  // The token of a pull request from a fork only reads.
  if (status === 403) console.log("Not allowed to comment: what there is to say is in the run's summary.");
  else if (status >= 300)
    throw new Error(`Cannot comment on the pull request: GitHub answers ${status}. Run the job again.`);
}

/** The address of the comment that begins with the mark; only a bot's, for anybody can write the mark. */
async function find(comments, mark, token) {
  for (let page = 1; ; page++) {
    const { status, json } = await ask("GET", `${comments}?per_page=100&page=${page}`, token);
    if (status !== 200) return null;
    const own = json.find(({ body, user }) => user?.type === "Bot" && body?.startsWith(mark));
    if (own !== undefined) return own.url;
    if (json.length < 100) return null;
  }
}

async function ask(method, url, token, body) {
  const headers = { authorization: `Bearer ${token}`, accept: "application/vnd.github+json" };
  const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: answer.status, json: await answer.json().catch(() => null) };
}
