import { Tokenizer, TokenParser } from "@streamparser/json";

/** Where text stops being JSON: an index into it, its length when it ends too early. Node 20 does not say. */
export function jsonErrorPosition(text: string): number {
  const tokenizer = new Tokenizer();
  const parser = new TokenParser();
  let last = 0;
  let bytes: number | null = null;
  tokenizer.onToken = (token) => {
    last = token.offset;
    parser.write(token);
  };
  parser.onValue = () => {};
  parser.onEnd = () => {};
  parser.onError = () => {
    bytes ??= last;
  };
  tokenizer.onError = (error) => {
    bytes ??= Number(/absolute position "(\d+)"/.exec(error.message)?.[1] ?? last);
  };
  tokenizer.write(text);
  return bytes === null ? text.length : Buffer.from(text).subarray(0, bytes).toString().length;
}
