// Prints the test runner's own counts as one plain line, from the report that `npm test` wrote.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync("reports/vitest.json", "utf8"));
const skipped = report.numPendingTests + report.numTodoTests;
const line = `${report.numPassedTests} passed, ${report.numFailedTests} failed`;
console.log(skipped > 0 ? `${line}, ${skipped} skipped` : line);
