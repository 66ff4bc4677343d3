import type { GlobalFlags, Io } from "./io.ts";

/** What there is to say of a command, and to know to read its command line: data, which loads none of its code. */
export interface Declaration {
  /** Its name and arguments: `run [lake]`. */
  readonly signature: string;
  readonly summary: string;
  /** What each flag does, by the flag as `--help` shows it: `--port <n>`. */
  readonly options?: Readonly<Record<`--${string}`, string | Option>>;
  /** Lines to paste. A test runs every one of them. */
  readonly examples: readonly string[];
}

/** A flag that always has a value: its default, or one that must be given. */
type Option = { readonly description: string } & ({ readonly default: string } | { readonly required: true });

/** What the code of a command gets: its own flags, and those that every command takes. */
export type FlagsOf<C extends Declaration> = GlobalFlags &
  (C extends { readonly options: infer O }
    ? { readonly [Flag in keyof O & string as NameOf<Flag>]: ValueOf<Flag, O[Flag]> }
    : unknown);

/** `--dry-run` and `--dry-run <n>` are `dryRun`, as commander has it. */
type NameOf<Flag> = Flag extends `--${infer Name} ${string}`
  ? CamelCase<Name>
  : Flag extends `--${infer Name}`
    ? CamelCase<Name>
    : never;
type CamelCase<Name> = Name extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : Name;

/** `<id...>` can be given several times; `[prefix]` is true where the flag stands alone. */
type ValueOf<Flag, O> = O extends Option
  ? string
  : Flag extends `${string}...>`
    ? string[] | undefined
    : Flag extends `${string}]`
      ? string | true | undefined
      : Flag extends `${string}>`
        ? string | undefined
        : boolean | undefined;

/** The code of a command, which is given its arguments after its flags. Returns the exit code. */
type Action<Flags> = (io: Io, flags: Flags, ...args: never[]) => Promise<number>;

/** A command as it is listed: with its code, which is loaded when it runs, with the commands that are under it, or with both. */
export interface Listed {
  readonly command: Declaration;
  readonly load?: () => Promise<{ readonly action: Action<never> }>;
  readonly commands?: readonly Listed[];
}

/** Holds the code of a command to what is declared of it. */
export function listed<C extends Declaration>(
  command: C,
  load: () => Promise<{ readonly action: Action<FlagsOf<C>> }>,
  commands?: readonly Listed[],
): Listed {
  return commands === undefined ? { command, load } : { command, load, commands };
}
