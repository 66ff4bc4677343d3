/** What a template is made of: texts as they are, and names of what is put in. */
export type Template = readonly (string | { readonly name: string })[];

const PART = /\{\{|\}\}|\{([^{}]+)\}|[^{}]+/y;

/** Reads `{station}.{measure}`; `{{` and `}}` are braces. Null where a brace stands alone or is empty. */
export function parseTemplate(text: string): Template | null {
  const parts: (string | { name: string })[] = [];
  for (let p = 0; p < text.length; p = PART.lastIndex) {
    PART.lastIndex = p;
    const found = PART.exec(text);
    if (found === null) return null;
    const [all, name] = found;
    parts.push(name !== undefined ? { name } : all === "{{" || all === "}}" ? all[0] : all);
  }
  return parts;
}

/** The names that a template puts in. */
export function placeholdersOf(template: Template): string[] {
  return template.flatMap((part) => (typeof part === "string" ? [] : [part.name]));
}
