export interface Load {
  readonly requests: Readonly<Record<string, number>>;
  readonly seconds: number;
}
type Limits = Readonly<Record<string, { readonly value: number }>>;

export function simulate(
  load: Load,
  arrivals: (second: number) => number,
  limits: Limits,
  minutes: number,
): { readonly waiting: number; readonly executions: number };
export function usesOf(
  load: Load,
  batchesPerSecond: number,
  limits: Limits,
): readonly { readonly name: string; readonly use: number }[];
