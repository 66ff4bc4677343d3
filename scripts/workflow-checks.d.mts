interface Check {
  readonly name: string;
  readonly file: string;
}
export const ACTIONLINT: Check;
export const ZIZMOR: Check;
