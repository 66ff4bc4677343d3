import type {
  BatchDetail,
  BatchPage,
  BatchQuery,
  DeviceDetail,
  DevicePage,
  DeviceQuery,
  Overview,
} from "../monitor/overview.ts";

/** What the server shows: the read model of one lake. */
export interface Monitor {
  refresh(): Promise<Overview>;
  /** From the last refresh, like batches(). */
  devices(query: DeviceQuery): DevicePage;
  batches(query: BatchQuery): BatchPage;
  device(id: string): Promise<DeviceDetail | null>;
  batch(key: string): Promise<BatchDetail | null>;
}
