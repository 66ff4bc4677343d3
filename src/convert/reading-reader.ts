import { Tokenizer, TokenType } from "@streamparser/json";
import { quote, VantageflowError } from "../errors.ts";

export interface ReadingReaderOptions {
  /** The input's name, for messages. */
  readonly name: string;
  /** The longest reading, in bytes. */
  readonly maxReadingBytes: number;
  /** Called with the values of each reading, in the order of the header. */
  readonly onReading: (values: string[]) => void;
}

type Token = Parameters<Tokenizer["onToken"]>[0];

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
/** RFC 8259 §2: blank, tab, line feed, carriage return. */
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const MAX_DEPTH = 64;
/** The library's state before a token. */
const START = 0;
const SIGNS: Readonly<Record<number, string>> = {
  [TokenType.COMMA]: ",",
  [TokenType.COLON]: ":",
  [TokenType.RIGHT_BRACKET]: "]",
};

/** Keeps numbers as they are written: 28.50 and 12345678901234567890 lose nothing. */
class TextTokenizer extends Tokenizer {
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

/**
 * Reads an array of objects, one object, or objects one after the other (NDJSON) from bytes and hands on each as a row
 * of values. Holds one reading at a time. Throws `input_invalid` with the line.
 */
export class ReadingReader {
  /** The keys of the first reading, in their order; null before it. */
  header: string[] | null = null;
  readonly #options: ReadingReaderOptions;
  readonly #tokenizer = new TextTokenizer();
  #state: State = "document";
  #inArray = false;
  #known = new Set<string>();
  #fields = new Map<string, string>();
  #key = "";
  #nested = "";
  #depth = 0;
  #readings = 0;
  /** Where the reading begins; between two readings, where the next one may begin at the earliest. */
  #readingStart = 0;
  /** Bytes before this chunk, and line ends before `#countedTo` in it. */
  #before = 0;
  #chunk: Uint8Array = new Uint8Array(0);
  #line = 1;
  #countedTo = 0;

  constructor(options: ReadingReaderOptions) {
    this.#options = options;
    this.#tokenizer.onToken = (token) => this.#take(token);
    this.#tokenizer.onError = (error) => {
      throw error instanceof VantageflowError ? error : this.#malformed(error);
    };
    this.#tokenizer.onEnd = () => {};
  }

  write(chunk: Uint8Array): void {
    this.#countTo(this.#before + this.#chunk.length);
    this.#before += this.#chunk.length;
    this.#chunk = chunk;
    this.#countedTo = 0;
    this.#tokenizer.write(chunk);
    if (this.#isBetween()) this.#skipBlanks();
    this.#checkSize(this.#before + chunk.length);
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
    if (this.#state !== "end" && (this.#state !== "document" || this.#readings === 0)) {
      throw this.#state === "document" ? this.#fail("there is no reading in it. Give it at least one") : cutOff();
    }
    if (this.#readings === 0) throw this.#fail("there is no reading in it. Give it at least one");
  }

  #take(token: Token): void {
    const { token: type } = token;
    if (this.#isBetween()) this.#readingStart = token.offset + 1;
    switch (this.#state) {
      case "document":
        if (type === TokenType.LEFT_BRACKET && this.#readings === 0) this.#openArray();
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

  /** Blanks between readings belong to none of them and may be as many as they like. */
  #skipBlanks(): void {
    if (this.#readingStart < this.#before) return;
    let at = this.#readingStart - this.#before;
    while (at < this.#chunk.length && BLANKS.has(this.#chunk[at])) at++;
    this.#readingStart = this.#before + at;
  }

  /** The state that follows the one or the other token. */
  #choose(token: Token, type: TokenType, next: State, other?: TokenType, otherwise?: State): State {
    if (token.token === type) return next;
    if (otherwise !== undefined && token.token === other) return otherwise;
    const wanted = [type, other].flatMap((one) => (one === undefined ? [] : [`"${SIGNS[one]}"`])).join(" or ");
    throw this.#unexpected(token, wanted);
  }

  #openArray(): void {
    this.#inArray = true;
    this.#state = "first element";
  }

  #open(token: Token): void {
    if (token.token !== TokenType.LEFT_BRACE) {
      const what = `reading ${this.#readings + 1} is not an object. Write {"timestamp": ..., "device_id": ...}`;
      throw this.#fail(what, token.offset);
    }
    this.#fields = new Map();
    this.#readingStart = token.offset;
    this.#state = "first key";
  }

  #startField(token: Token): void {
    if (token.token !== TokenType.STRING) throw this.#unexpected(token, "a field name in quotes");
    this.#key = this.#text(token);
    if (this.#fields.has(this.#key)) {
      throw this.#fail(`${this.#reading()} has the field ${quote(this.#key)} twice. Keep one`, token.offset);
    }
    if (this.header !== null && !this.#known.has(this.#key)) {
      const what = `${this.#reading()} has a field ${quote(this.#key)} that the first reading does not have`;
      throw this.#fail(`${what}. Give every reading the same fields`, token.offset);
    }
    this.#state = "colon";
  }

  #value(token: Token): void {
    const { token: type } = token;
    if (type === TokenType.LEFT_BRACE || type === TokenType.LEFT_BRACKET) {
      this.#nested = "";
      this.#depth = 0;
      this.#state = "nested";
      this.#addNested(token);
      return;
    }
    const punctuation = [TokenType.RIGHT_BRACE, TokenType.RIGHT_BRACKET, TokenType.COMMA, TokenType.COLON];
    if (punctuation.includes(type)) throw this.#unexpected(token, "a value");
    this.#fields.set(this.#key, type === TokenType.NULL ? "" : this.#text(token));
    this.#state = "after value";
  }

  /** A nested value goes into its cell as compact JSON, numbers as they were written. */
  #addNested(token: Token): void {
    const { token: type } = token;
    // Two numbers side by side are no JSON and must not become one number.
    if (type === TokenType.NUMBER && /\d$/.test(this.#nested)) this.#nested += " ";
    this.#nested += type === TokenType.STRING ? JSON.stringify(this.#text(token)) : String(token.value);
    if (type === TokenType.LEFT_BRACE || type === TokenType.LEFT_BRACKET) this.#depth++;
    if (type === TokenType.RIGHT_BRACE || type === TokenType.RIGHT_BRACKET) this.#depth--;
    if (this.#depth > MAX_DEPTH) throw this.#fail("a value is nested too deeply. Flatten it", token.offset);
    if (this.#depth > 0) return;
    try {
      JSON.parse(this.#nested);
    } catch (error) {
      throw this.#malformed(error, token.offset);
    }
    this.#fields.set(this.#key, this.#nested);
    this.#state = "after value";
  }

  #close(token: Token): void {
    this.#checkSize(token.offset);
    if (this.#fields.size === 0) throw this.#fail(`${this.#reading()} has no fields. Give it some`, token.offset);
    if (this.header === null) {
      this.header = [...this.#fields.keys()];
      this.#known = new Set(this.header);
    }
    this.#options.onReading(this.header.map((key) => this.#fields.get(key) ?? ""));
    this.#readings++;
    this.#readingStart = token.offset + 1;
    this.#state = this.#inArray ? "after element" : "document";
  }

  #text(token: Token): string {
    const text = String(token.value);
    if (text.isWellFormed()) return text;
    throw this.#fail(`${this.#reading()} has a string that is no valid Unicode (half a surrogate pair)`, token.offset);
  }

  #reading(): string {
    return `reading ${this.#readings + 1}`;
  }

  #checkSize(end: number): void {
    const { maxReadingBytes } = this.#options;
    if (end - this.#readingStart <= maxReadingBytes) return;
    throw this.#fail(`${this.#reading()} is longer than ${maxReadingBytes} bytes. Split it`, this.#readingStart);
  }

  #unexpected(token: Token, wanted: string): VantageflowError {
    return this.#fail(`${wanted} should stand where ${quote(String(token.value))} is`, token.offset);
  }

  /** The library's message names its own states; only the position in it is of use. */
  #malformed(error: unknown, offset?: number): VantageflowError {
    const position = /absolute position "(\d+)"/.exec(String(error))?.[1];
    return this.#fail("this is not JSON. Mend it", offset ?? (position === undefined ? undefined : Number(position)));
  }

  #fail(why: string, offset = this.#before + this.#chunk.length): VantageflowError {
    this.#countTo(offset);
    const { name } = this.#options;
    const message = `Cannot convert ${JSON.stringify(name)}: line ${this.#line}: ${why}.`;
    return new VantageflowError("input_invalid", message, { line: this.#line });
  }

  #countTo(offset: number): void {
    const end = Math.min(offset - this.#before, this.#chunk.length);
    for (; this.#countedTo < end; this.#countedTo++) if (this.#chunk[this.#countedTo] === 10) this.#line++;
  }
}
