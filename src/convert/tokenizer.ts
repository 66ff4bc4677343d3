import { Tokenizer } from "@streamparser/json";

export type JsonToken = Parameters<Tokenizer["onToken"]>[0];

/** The library's state before a token. */
const START = 0;

/** Cuts bytes of JSON into tokens. Numbers stay as they are written: 28.50 and 12345678901234567890 lose nothing. */
export class TextTokenizer extends Tokenizer {
  constructor() {
    super();
    // Its own decoder drops U+FEFF from strings (0.0.26); there is no option for it.
    const internals = this as unknown as { bufferedString: { decoder: unknown }; state: number };
    internals.bufferedString.decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    // Its first state takes byte order marks, behind any punctuation too, and leaves them out of the offsets.
    internals.state = START;
  }

  protected override parseNumber(text: string): number {
    return text as unknown as number;
  }
}

/** Where an error of the tokenizer is: its message names its own states, and only the position in it is of use. */
export function offsetOf(error: unknown): number | undefined {
  const position = /absolute position "(\d+)"/.exec(String(error))?.[1];
  return position === undefined ? undefined : Number(position);
}
