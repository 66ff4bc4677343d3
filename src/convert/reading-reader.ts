import { TokenType } from "@streamparser/json";
import { quote, VantageflowError } from "../errors.ts";
import { InputLines } from "./input-lines.ts";
import { MAX_DEPTH, NestedValue } from "./nested-value.ts";
import { ReadingFields } from "./reading-fields.ts";
import { type JsonToken, offsetOf, TextTokenizer } from "./tokenizer.ts";

export interface ReadingReaderOptions {
  /** The input's name, for messages. */
  readonly name: string;
  /** The longest reading, in bytes. */
  readonly maxReadingBytes: number;
  /** Called with the values of each reading, in the order of the header. */
  readonly onReading: (values: string[]) => void;
}

/** What may come next. */
type State =
  | "document" // `[` or `{`
  | "first element"
  | "element"
  | "after element"
  | "first key"
  | "key"
  | "colon"
  | "value"
  | "nested" // inside a nested value, which becomes its own JSON text
  | "after value"
  | "end"; // nothing but blanks

const BETWEEN: ReadonlySet<State> = new Set<State>(["document", "first element", "element", "after element", "end"]);
const SIGNS: Readonly<Record<number, string>> = {
  [TokenType.COMMA]: ",",
  [TokenType.COLON]: ":",
  [TokenType.RIGHT_BRACKET]: "]",
};

/**
 * Reads an array of objects, one object, or objects one after the other (NDJSON) from bytes and hands on each as a row
 * of values. Holds one reading at a time. Throws `input_invalid` with the line.
 */
export class ReadingReader {
  readonly #options: ReadingReaderOptions;
  readonly #tokenizer = new TextTokenizer();
  readonly #lines = new InputLines();
  #state: State = "document";
  #inArray = false;
  readonly #fields = new ReadingFields();
  #nested = new NestedValue();
  /** Where the reading begins; between two readings, where the next one may begin at the earliest. */
  #readingStart = 0;

  constructor(options: ReadingReaderOptions) {
    this.#options = options;
    this.#tokenizer.onToken = (token) => this.#take(token);
    this.#tokenizer.onError = (error) => {
      throw error instanceof VantageflowError ? error : this.#malformed(error);
    };
    this.#tokenizer.onEnd = () => {};
  }

  /** The keys of the first reading, in their order; null before its end. */
  get header(): readonly string[] | null {
    return this.#fields.header;
  }

  write(chunk: Uint8Array): void {
    this.#lines.add(chunk);
    this.#tokenizer.write(chunk);
    // Blanks between readings belong to none of them and may be as many as they like.
    if (this.#isBetween()) this.#readingStart = this.#lines.skipBlanks(this.#readingStart);
    this.#checkSize(this.#lines.end);
  }

  /** The error of whatever is wrong behind what was written. */
  fault(why: string): VantageflowError {
    return this.#fail(why);
  }

  /** Throws `input_invalid` when the input ends too early or holds no reading. */
  end(): void {
    const cutOff = () => this.#fail("the input ends in the middle of the JSON. Send all of it");
    try {
      this.#tokenizer.end();
    } catch {
      throw cutOff();
    }
    if (this.#state !== "end" && this.#state !== "document") throw cutOff();
    if (this.#fields.count === 0) throw this.#fail("there is no reading in it. Give it at least one");
  }

  #take(token: JsonToken): void {
    const { token: type } = token;
    if (this.#isBetween()) this.#readingStart = token.offset + 1;
    switch (this.#state) {
      case "document":
        if (type === TokenType.LEFT_BRACKET && this.#fields.count === 0) this.#openArray();
        else this.#open(token);
        break;
      case "first element":
        if (type === TokenType.RIGHT_BRACKET) this.#state = "end";
        else this.#open(token);
        break;
      case "element":
        this.#open(token);
        break;
      case "after element":
        this.#state = this.#choose(token, TokenType.COMMA, "element", TokenType.RIGHT_BRACKET, "end");
        break;
      case "first key":
        if (type === TokenType.RIGHT_BRACE) this.#close(token);
        else this.#startField(token);
        break;
      case "key":
        this.#startField(token);
        break;
      case "colon":
        this.#state = this.#choose(token, TokenType.COLON, "value");
        break;
      case "value":
        this.#value(token);
        break;
      case "nested":
        this.#addNested(token);
        break;
      case "after value":
        if (type === TokenType.RIGHT_BRACE) this.#close(token);
        else this.#state = this.#choose(token, TokenType.COMMA, "key");
        break;
      case "end":
        throw this.#fail("there is something after the array. Remove it", token.offset);
    }
  }

  #isBetween(): boolean {
    return BETWEEN.has(this.#state);
  }

  /** The state that follows the one or the other token. */
  #choose(token: JsonToken, type: TokenType, next: State, other?: TokenType, otherwise?: State): State {
    if (token.token === type) return next;
    if (otherwise !== undefined && token.token === other) return otherwise;
    const wanted = [type, other].flatMap((one) => (one === undefined ? [] : [`"${SIGNS[one]}"`])).join(" or ");
    throw this.#unexpected(token, wanted);
  }

  #openArray(): void {
    this.#inArray = true;
    this.#state = "first element";
  }

  #open(token: JsonToken): void {
    if (token.token !== TokenType.LEFT_BRACE) {
      const what = `${this.#fields.name} is not an object. Write {"timestamp": ..., "device_id": ...}`;
      throw this.#fail(what, token.offset);
    }
    this.#fields.open();
    this.#readingStart = token.offset;
    this.#state = "first key";
  }

  #startField(token: JsonToken): void {
    if (token.token !== TokenType.STRING) throw this.#unexpected(token, "a field name in quotes");
    const problem = this.#fields.startField(this.#text(token));
    if (problem !== null) throw this.#fail(problem, token.offset);
    this.#state = "colon";
  }

  #value(token: JsonToken): void {
    const { token: type } = token;
    if (type === TokenType.LEFT_BRACE || type === TokenType.LEFT_BRACKET) {
      this.#nested = new NestedValue();
      this.#state = "nested";
      this.#addNested(token);
      return;
    }
    const punctuation = [TokenType.RIGHT_BRACE, TokenType.RIGHT_BRACKET, TokenType.COMMA, TokenType.COLON];
    if (punctuation.includes(type)) throw this.#unexpected(token, "a value");
    this.#fields.set(type === TokenType.NULL ? "" : this.#text(token));
    this.#state = "after value";
  }

  #addNested(token: JsonToken): void {
    const nested = this.#nested;
    nested.add(token.token, token.token === TokenType.STRING ? this.#text(token) : String(token.value));
    if (nested.depth > MAX_DEPTH) throw this.#fail("a value is nested too deeply. Flatten it", token.offset);
    if (nested.depth > 0) return;
    try {
      JSON.parse(nested.text);
    } catch (error) {
      throw this.#malformed(error, token.offset);
    }
    this.#fields.set(nested.text);
    this.#state = "after value";
  }

  #close(token: JsonToken): void {
    this.#checkSize(token.offset);
    const values = this.#fields.close();
    if (values === null) throw this.#fail(`${this.#fields.name} has no fields. Give it some`, token.offset);
    this.#options.onReading(values);
    this.#readingStart = token.offset + 1;
    this.#state = this.#inArray ? "after element" : "document";
  }

  #text(token: JsonToken): string {
    const text = String(token.value);
    if (text.isWellFormed()) return text;
    throw this.#fail(
      `${this.#fields.name} has a string that is no valid Unicode (half a surrogate pair)`,
      token.offset,
    );
  }

  #checkSize(end: number): void {
    const { maxReadingBytes } = this.#options;
    if (end - this.#readingStart <= maxReadingBytes) return;
    throw this.#fail(`${this.#fields.name} is longer than ${maxReadingBytes} bytes. Split it`, this.#readingStart);
  }

  #unexpected(token: JsonToken, wanted: string): VantageflowError {
    return this.#fail(`${wanted} should stand where ${quote(String(token.value))} is`, token.offset);
  }

  #malformed(error: unknown, offset = offsetOf(error)): VantageflowError {
    return this.#fail("this is not JSON. Mend it", offset);
  }

  #fail(why: string, offset = this.#lines.end): VantageflowError {
    const line = this.#lines.lineAt(offset);
    const message = `Cannot convert ${JSON.stringify(this.#options.name)}: line ${line}: ${why}.`;
    return new VantageflowError("input_invalid", message, { line });
  }
}
