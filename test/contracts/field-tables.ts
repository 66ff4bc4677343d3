import { at, csv, type FieldCase, plain, reading } from "./field-kit.ts";

const logger = {
  format: { type: "csv", headerRows: [2], unitsRow: 3, commentRows: [1, 4], missingValues: ["", "NAN"] },
  reading: {
    timestamp: { column: "TIMESTAMP", format: "yyyy-MM-dd HH:mm:ss.S", zone: "+01:00" },
    ...{
      device_id: { template: "L.{measure}" },
      value: { pattern: "*", except: ["RECORD"] },
      unit: { from: "unitsRow" },
    },
  },
};
const TOA5 = `"TOA5","L"\n"TIMESTAMP","RECORD","T","H"\n"TS","RN","C","%"\n"","","Avg","Smp"\n`;
const again = (isAllowed: boolean) => ({ ...plain, format: { type: "csv", again: isAllowed } });
const station = {
  format: {
    type: "csv",
    delimiter: ";",
    headerRows: [2],
    unitsRow: 3,
    commentRows: [1],
    again: true,
    cells: { station: { row: 1, field: 1 } },
  },
  reading: {
    ...{ timestamp: { column: "time" }, device_id: { template: "{station}.{measure}" } },
    ...{ value: { measures: { T: {} } }, unit: { from: "unitsRow" } },
  },
};

/** Which rows are data, and of which table. */
export const TABLES: readonly FieldCase[] = [
  {
    promise:
      "a half-written last row of a logger whose columns are missing is a reject, and no column is lost for the rows before",
    contract: logger,
    source: `${TOA5}"2025-01-01 01:00:00",0,20.4,50\n"2025-01-01 01:00:01",1,20.`,
    readings: [`${at(0)},L.T,20.4`, `${at(0)},L.H,50`],
    rejects: [[6, "field_count", `"2025-01-01 01:00:01",1,20.`]],
  },
  {
    promise:
      "a half-written last row whose columns are all there is a reading, and it is noted that its line does not end",
    contract: logger,
    source: `${TOA5}"2025-01-01 01:00:00",0,20.4,50\n"2025-01-01 01:00:01",1,20.4,5`,
    readings: [`${at(0)},L.T,20.4`, `${at(0)},L.H,50`, `${at(1)},L.T,20.4`, `${at(1)},L.H,5`],
    isLastUnterminated: true,
  },
  {
    promise:
      "a header whose units have changed in its text refuses the file: values would be booked in the unit before",
    contract: {
      format: { type: "csv" },
      reading: {
        ...{ timestamp: { column: "Date" }, device_id: { template: "d.{measure}" } },
        value: { pattern: "*" },
        unit: { from: "header", after: ", " },
      },
    },
    source: `Date,"Temp, C","RH, %"\n${at(0)},20,40\nDate,"Temp, F","RH, %"\n${at(1)},68,41\n`,
    readings: [],
    refused: "header_changed",
  },
  {
    promise: "a header of two columns with another name refuses the file",
    contract: {
      format: { type: "csv" },
      reading: {
        ...{ timestamp: { column: "Date" }, device_id: { constant: "d" }, value: { column: "C" } },
        unit: { constant: "C" },
      },
    },
    source: `Date,C\n${at(0)},20\nDate,F\n${at(1)},68\n`,
    readings: [],
    refused: "header_changed",
  },
  {
    promise: "a header whose time has another name, too, refuses the file",
    contract: { ...plain, reading: { ...reading, timestamp: { column: "TS" } } },
    source: `TS,id,value\n${at(0)},A,1\nTime,value,id\n${at(1)},2,7\n`,
    readings: [],
    refused: "header_changed",
  },
  {
    promise: "other units behind the same header refuse the file",
    contract: { ...station, format: { ...station.format, again: false } },
    source: `L;1\ntime;T\n;C\n${at(0)};1\ntime;T\n;F\n${at(1)};68\n`,
    readings: [],
    refused: "header_changed",
  },
  {
    promise: "with again, a row whose time is none is no line of units because it stands where one may be",
    contract: station,
    source: `L;1\ntime;T\n;C\n${at(0)};1\ntime;T\nNAN;21\n${at(1)};2\n`,
    readings: [`${at(0)},L.T,1,C`, `${at(1)},L.T,2,C`],
    rejects: [
      [5, "header_repeated", "time;T"],
      [6, "timestamp_invalid", "NAN;21"],
    ],
  },
  {
    promise: "a last row that ends within quotes is a reject, and no other row is lost for it",
    contract: plain,
    source: `${csv(`${at(0)},A,1`)}"${at(1)}`,
    readings: [`${at(0)},A,1`],
    rejects: [[3, "stray_quote", `"${at(1)}`]],
  },
  {
    promise: "a quote that is never closed over several lines refuses the file: nobody knows which of them are rows",
    contract: plain,
    source: csv(`${at(0)},A,1`, `"${at(1)},A,2`, `${at(2)},A,3`),
    readings: [],
    refused: "quote_unclosed",
  },
  {
    promise: "a half-written last row is noted where the reading that is cut off is not the last that is made of it",
    contract: { ...logger, reading: { ...logger.reading, value: { measures: { H: {}, T: {} } } } },
    source: `${TOA5}"2025-01-01 01:00:00",0,20.4,50\n"2025-01-01 01:00:01",1,NAN,5`,
    readings: [`${at(0)},L.H,50`, `${at(0)},L.T,20.4`, `${at(1)},L.H,5`],
    absent: 1,
    isLastUnterminated: true,
  },
  {
    promise: "the next version of that file has the row whole",
    contract: logger,
    source: `${TOA5}"2025-01-01 01:00:00",0,20.4,50\n"2025-01-01 01:00:01",1,20.4,51\n`,
    readings: [`${at(0)},L.T,20.4`, `${at(0)},L.H,50`, `${at(1)},L.T,20.4`, `${at(1)},L.H,51`],
  },
  {
    promise: "whole seconds among times of ten a second are times as well",
    contract: logger,
    source: `${TOA5}"2025-01-01 01:00:00.9",0,1,50\n"2025-01-01 01:00:01",1,2,50\n"2025-01-01 01:00:01.1",2,3,NAN\n`,
    readings: [
      ...["2025-01-01T00:00:00.9Z,L.T,1", "2025-01-01T00:00:00.9Z,L.H,50", `${at(1)},L.T,2`, `${at(1)},L.H,50`],
      "2025-01-01T00:00:01.1Z,L.T,3",
    ],
    absent: 1,
  },
  {
    promise: "a header that comes again is no reading",
    contract: plain,
    source: csv(`${at(0)},A,1`, "time,id,value", "TIME,ID,Value", `${at(1)},A,2`),
    readings: [`${at(0)},A,1`, `${at(1)},A,2`],
    rejects: [
      [3, "header_repeated", "time,id,value"],
      [4, "header_repeated", "TIME,ID,Value"],
    ],
  },
  {
    promise:
      "a header that comes again in another order refuses the file, for what follows would land in wrong columns",
    contract: plain,
    source: csv(`${at(0)},A,1`, "time,value,id", `${at(1)},2,A`),
    readings: [],
    refused: "header_changed",
  },
  {
    promise: "with again, a header in another order is read on by",
    contract: again(true),
    source: csv(`${at(0)},A,1`, "value,id,time,note", `2,A,${at(1)},x`, "time,id,value", `${at(2)},A,3`),
    readings: [`${at(0)},A,1`, `${at(1)},A,2`, `${at(2)},A,3`],
    rejects: [
      [3, "header_repeated", "value,id,time,note"],
      [5, "header_repeated", "time,id,value"],
    ],
  },
  {
    promise:
      "with again, the first header holds again where it comes again, though another of as many columns came between",
    contract: again(true),
    source: csv(`${at(0)},A,1`, "time,value,id", `${at(1)},2,7`, "time,id,value", `${at(2)},7,3`),
    readings: [`${at(0)},A,1`, `${at(1)},7,2`, `${at(2)},7,3`],
    rejects: [
      [3, "header_repeated", "time,value,id"],
      [5, "header_repeated", "time,id,value"],
    ],
  },
  {
    promise: "with again, each table's readings are of the device and in the units that stand at that table",
    contract: station,
    source: `L;1\ntime;T\n;C\n${at(0)};1\nM;1\ntime;T\n;F\n${at(1)};2\ntime;T\n;K\n${at(2)};3\n`,
    readings: [`${at(0)},L.T,1,C`, `${at(1)},M.T,2,F`, `${at(2)},M.T,3,K`],
    rejects: [
      [5, "timestamp_invalid", "M;1"],
      [6, "header_repeated", "time;T"],
      [9, "header_repeated", "time;T"],
    ],
  },
  {
    promise: "with again, rows that stand where a table in front had its units are rows",
    contract: station,
    source: `L;1\ntime;T\n;C\n${at(0)};1\ntime;T\n${at(1)};2\n${at(2)};3\n`,
    readings: [`${at(0)},L.T,1,C`, `${at(1)},L.T,2,C`, `${at(2)},L.T,3,C`],
    rejects: [[5, "header_repeated", "time;T"]],
  },
  {
    promise: "a comment at the end that has no line end says nothing of the row before it",
    contract: { ...plain, format: { type: "csv", commentChar: "#" } },
    source: csv(`${at(0)},A,1`, "# end").trimEnd(),
    readings: [`${at(0)},A,1`],
  },
  {
    promise: "a quote in a comment takes no row with it",
    contract: { ...plain, format: { type: "csv", commentChar: "#" } },
    source: csv(`${at(0)},A,1`, '#said,"then', `${at(1)},A,2`, '#,"', `${at(2)},A,3`),
    readings: [`${at(0)},A,1`, `${at(1)},A,2`, `${at(2)},A,3`],
  },
  {
    promise: "a column more from noon on rejects those rows, and what stands before them stays",
    contract: plain,
    source: csv(`${at(0)},A,1`, `${at(1)},A,2`, `${at(2)},A,3,new`, `${at(3)},A,4,new`),
    readings: [`${at(0)},A,1`, `${at(1)},A,2`],
    rejects: [
      [4, "field_count", `${at(2)},A,3,new`],
      [5, "field_count", `${at(3)},A,4,new`],
    ],
  },
];
