import { answerRows, columnsOf, jsonOf, type QueryAnswer, type RowsTold } from "./cells.ts";

/** An answer as a JSON object a line, some rows at a time. */
export async function* ndjsonOf(answer: QueryAnswer, told: RowsTold): AsyncGenerator<string> {
  for await (const objects of objectsOf(answer, told)) yield objects.map((object) => `${object}\n`).join("");
}

/** An answer as one JSON document: what `about` says, its columns and rows, and how many there are. */
export async function* jsonDocumentOf(answer: QueryAnswer, about: object, told: RowsTold): AsyncGenerator<string> {
  const head = JSON.stringify({ ...about, columns: columnsOf(answer.result) });
  yield `${head.slice(0, -1)},"rows":[`;
  let count = 0;
  for await (const objects of objectsOf(answer, told)) {
    yield `${count === 0 ? "\n" : ",\n"}${objects.join(",\n")}`;
    count += objects.length;
  }
  yield `${count === 0 ? "" : "\n"}],"row_count":${count}}\n`;
}

async function* objectsOf(answer: QueryAnswer, told: RowsTold): AsyncGenerator<string[]> {
  const types = answer.result.columnTypes();
  const names = columnsOf(answer.result).map(({ name }) => JSON.stringify(name));
  for await (const rows of answerRows(answer)) {
    told.onRows(rows.length);
    yield rows.map((row) => `{${row.map((value, i) => `${names[i]}:${jsonOf(value, types[i])}`).join(",")}}`);
  }
}
