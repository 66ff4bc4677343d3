/** The `--lake` option for a command that is to be pasted into a shell; nothing for the default lake. */
export function lakeOption(lake: string): string {
  if (lake === "./lake") return "";
  return ` --lake ${shellWord(lake)}`;
}

/** A text as one word of a command that is to be pasted into a shell. */
export function shellWord(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
