import { TokenType } from "@streamparser/json";

export const MAX_DEPTH = 64;

/** An object or array inside a reading: it goes into its cell as compact JSON, numbers as they were written. */
export class NestedValue {
  text = "";
  depth = 0;

  /** Takes its next token, the first one being its bracket. `depth` is 0 behind the last one. */
  add(type: TokenType, text: string): void {
    // Two numbers side by side are no JSON and must not become one number.
    if (type === TokenType.NUMBER && /\d$/.test(this.text)) this.text += " ";
    this.text += type === TokenType.STRING ? JSON.stringify(text) : text;
    if (type === TokenType.LEFT_BRACE || type === TokenType.LEFT_BRACKET) this.depth++;
    if (type === TokenType.RIGHT_BRACE || type === TokenType.RIGHT_BRACKET) this.depth--;
  }
}
