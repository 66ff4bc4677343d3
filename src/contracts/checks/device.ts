import { quote } from "../../errors.ts";
import { hasMeasures } from "../measures.ts";
import { parseTemplate, placeholdersOf } from "../template.ts";
import type { Reading, SourceFormat } from "../vocabulary.ts";
import { checkColumn } from "./columns.ts";
import type { Report } from "./report.ts";

const AT = ["reading", "device_id"];

/** One device has one measure, for what is made of its readings averages them. */
export function checkDevice(format: SourceFormat, { device_id, value }: Reading, report: Report): void {
  const several = hasMeasures(format, value);
  const names =
    device_id !== undefined && "template" in device_id
      ? checkTemplate(format, device_id.template, several, report)
      : [];
  if (
    format.type === "senml" &&
    device_id !== undefined &&
    names?.includes("name") === false &&
    !("column" in device_id)
  ) {
    report(AT, "is one for all names of a pack", 'a template with {name}: { "template": "{file}.{name}" }');
  }
  const one = value !== undefined && "measures" in value && Object.keys(value.measures).length <= 1;
  if (device_id === undefined || names === null || !several || one || names.includes("measure")) return;
  report(AT, "is one for several measures", 'a template with {measure}: { "template": "{station}.{measure}" }');
}

/** The names that a template puts in; null for what is none. */
function checkTemplate(
  format: SourceFormat,
  template: string,
  several: boolean,
  report: Report,
): readonly string[] | null {
  const at = [...AT, "template"];
  const parts = parseTemplate(template);
  if (parts === null) {
    report(at, `is ${quote(template)}, with a brace alone or empty braces`, "{name}, and {{ or }} for a brace itself");
    return null;
  }
  const names = placeholdersOf(parts);
  for (const name of names) {
    if (name === "file" || /^folder:[^/=]+$/.test(name)) continue;
    if (name === "measure") {
      if (!several)
        report(at, "has {measure}, and the contract names no measures", "reading.value with measures or a pattern");
    } else if (format.type === "senml") {
      if (name !== "name") report(at, `has {${name}}, which SenML has not`, "{name}, {file}, {folder:NAME}");
    } else if (format.type !== "csv" || !Object.hasOwn(format.cells, name)) {
      checkColumn(format, name, at, report);
    }
  }
  return names;
}
