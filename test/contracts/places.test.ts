import { expect, it } from "vitest";
import { Places } from "../../src/contracts/places.ts";
import { hashId } from "../../src/pipeline/devices.ts";

it("what holds for a device is worked out once, whatever the buffer that its id stood in holds later", () => {
  let asked = 0;
  const places = new Places((device, unit, measure) => `${device} ${unit} ${measure} ${++asked}`);
  const b = Buffer.alloc(16);
  const find = (id: string, unit: string, measure = -1) => {
    b.fill(0).write(id + unit);
    return places.at(b, 0, id.length, hashId(b, 0, id.length), id.length, id.length + unit.length, measure);
  };
  for (let round = 0; round < 3; round++) {
    expect([find("A", "C"), find("B", "C"), find("A", "%"), find("A", "C", 1), find("AC", "")]).toEqual([
      "A C -1 1",
      "B C -1 2",
      "A % -1 3",
      "A C 1 4",
      "AC  -1 5",
    ]);
  }
});

it("more devices than are remembered have their rules all the same", () => {
  let asked = 0;
  const places = new Places((device) => {
    asked++;
    return device;
  });
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 70_000; i++) {
      const id = Buffer.from(`device-${i}`);
      expect(places.at(id, 0, id.length, hashId(id, 0, id.length), 0, 0, -1)).toBe(`device-${i}`);
    }
  }
  expect(asked).toBe(70_000 + (70_000 - 65_536));
});
