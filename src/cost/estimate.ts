/** Never a bill: what was measured, at the prices of a dated list. Dollars. */
export interface CostEstimate {
  /** `estimate`, so that no reader takes it for a bill. */
  readonly kind: "estimate";
  readonly region: string;
  /** The day of the price list. */
  readonly prices: string;
  readonly services: readonly ServiceCost[];
  /** A month at the pace of the last 24 hours, free tier not taken off. */
  readonly month: number;
  /** The same with the free tier taken off. */
  readonly month_free_tier: number;
}

export interface ServiceCost {
  readonly service: "S3" | "Lambda" | "CloudWatch" | "Kinesis" | "Data transfer";
  readonly month: number;
  readonly month_free_tier: number;
  /** What it is made of. */
  readonly items: readonly {
    readonly name: string;
    readonly quantity: number;
    readonly unit: string;
    readonly price: number;
    readonly month: number;
  }[];
}
