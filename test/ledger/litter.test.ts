import { expect, it } from "vitest";
import { litterOf } from "../../src/ledger/litter.ts";

it("knows what systems and programs leave beside files", () => {
  const litter = [
    ...[
      "._a.csv",
      ".DS_Store",
      "Icon\r",
      "__MACOSX/._a.csv",
      "__MACOSX/a.csv",
      ".AppleDouble/a.csv",
      ".Trashes/501/a.csv",
    ],
    ...["Thumbs.db", "thumbs.DB", "ehthumbs_vista.db", "desktop.ini", "Desktop.ini", "$RECYCLE.BIN/S-1/a.csv"],
    ...["~$a.csv", "~$readings.xlsx", ".~lock.a.csv#"],
    ...["a.csv.part", "a.csv.crdownload", "a.csv.filepart", "a.csv.tmp", "a.CSV.PART", ".in.a.csv", ".in.a.csv."],
    ...[".a.csv.Xy3aB9", ".LOG.CSV.abcdef", ".rsync-partial/a.csv", "x/.~tmp~/a.csv"],
    ...["a.csv~", ".a.csv.swp", ".a.csv.swo", ".swp", "#a.csv#", ".#a.csv", "4913", "a.csv___jb_tmp___"],
    ...[
      ".nfs000000000012345600000001",
      ".fuse_hidden0000001200000001",
      ".gitkeep",
      "day_$folder$",
      "_SUCCESS",
      ".a.csv.crc",
    ],
    ...["lost+found/#12", "@eaDir/a.csv/SYNO", ".Trash-1000/files/a.csv"],
  ];
  expect(litter.filter((path) => litterOf(`bronze/${path}`) === null)).toEqual([]);
  expect(litterOf("bronze/._a.csv")).toBe("its name is that of a side file of macOS (AppleDouble)");
  expect(litterOf("bronze/.Trashes/a.csv")).toBe("it is in a folder of what was thrown away");
});

it("takes nothing for litter that may be a batch, or that somebody may have thought one", () => {
  const real = [
    ...[
      "a.csv",
      ".hidden.csv",
      "_a.csv",
      "~a.csv",
      "#1.csv",
      "-.csv",
      "a~b.csv",
      "4913.csv",
      "tmp.csv",
      "part.csv",
      ".in.csv",
    ],
    ...["a.tmp.csv", "a.part.csv", ".a.csv.csv", "tmp/a.csv", "._x/a.csv", ".hidden/a.csv", "Trash/a.csv", "nfs.csv"],
    ...[
      "a.txt",
      "a.dat",
      "a.csv.gz",
      "a.csv.bak",
      "a.Csv",
      "notes.json",
      "part-00000",
      "a.db",
      "swp",
      "49130",
      "~",
      "a.csv.123456",
    ],
  ];
  expect(real.filter((path) => litterOf(`bronze/${path}`) !== null)).toEqual([]);
});
