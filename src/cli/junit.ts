export interface JunitCase {
  readonly name: string;
  readonly seconds: number;
  /** What differs, or null. */
  readonly failure: string | null;
  /** Why it could not run, or null. */
  readonly error: string | null;
}

/** A JUnit XML report as Jenkins and GitLab read it: testsuites, testsuite, testcase, failure, error. */
export function junitXml(suite: { readonly name: string; readonly cases: readonly JunitCase[] }): string {
  const { name, cases } = suite;
  const failures = cases.filter(({ failure }) => failure !== null).length;
  const errors = cases.filter(({ error }) => error !== null).length;
  const seconds = cases.reduce((sum, one) => sum + one.seconds, 0);
  const counts = `tests="${cases.length}" failures="${failures}" errors="${errors}" time="${seconds.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escapeXml(name)}" ${counts}>`,
    ...cases.map((one) => caseXml(name, one)),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function caseXml(suite: string, { name, seconds, failure, error }: JunitCase): string {
  const open = `    <testcase classname="${escapeXml(suite)}" name="${escapeXml(name)}" time="${seconds.toFixed(3)}"`;
  if (failure === null && error === null) return `${open}/>`;
  const [tag, text] = error === null ? ["failure", failure ?? ""] : ["error", error];
  const first = text.split("\n", 1)[0];
  return `${open}>\n      <${tag} message="${escapeXml(first)}">${escapeXml(text)}</${tag}>\n    </testcase>`;
}

/** XML 1.0 §2.2 allows no control characters but tab, LF and CR, not even as references. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
