import { wordsOf } from "./words.ts";

/** Units as loggers and exports write them; what stands in brackets or in a row of units is one where it is among them. */
const UNITS: ReadonlySet<string> = new Set(
  [
    "° °C ° C °F °K K C F degC degF deg_C deg_F Celsius Fahrenheit Kelvin Cel",
    "% %RH %rF %r.F. %rH RH% %vol %V/V ‰ percent pct",
    "m mm cm km µm um in ft m2 m² m3 m³ Nm3 Nm³ l L ml mL dm3 gal ft3",
    "m/s km/h mph kn kt knots mm/s mm/h mm/min m/s2 m/s² g",
    "l/min L/min l/h L/h l/s L/s m3/h m³/h m3/s m³/s Nm3/h Nm³/h gpm GPM cfm CFM ml/min SLPM",
    "Pa hPa kPa MPa bar mbar psi PSI atm inHg mmHg mWS mH2O",
    "V mV kV VDC VAC ADC AAC Volt Volts volts A mA µA uA kA Amp Amps Ohm ohm Ω kΩ MOhm Hz kHz MHz",
    "W kW MW mW Wh kWh MWh GWh J kJ MJ GJ VA kVA var kvar VAr kVAr Var varh kvarh VAh kVAh W/m2 W/m² Watt Watts",
    "kg g mg µg t lb N kN Nm rpm RPM U/min 1/min 1/s min-1 s ms us µs min h d hours seconds minutes days",
    "ppm ppb ppt mg/m3 mg/m³ ug/m3 ug/m³ µg/m3 µg/m³ μg/m3 μg/m³ ng/m3 ng/m³ g/m3 g/m³ g/kg mg/l mg/L µg/l ug/L g/l pcs pcs/l #/cm3 1/cm3",
    "lx lux lm cd klx W/m^2 m^3 m^3/h umol/m2/s µmol/m²/s µmol/m2/s UV-Index",
    "dB dBA dB(A) dBm dBi pH NTU FNU mS/cm µS/cm uS/cm mS/m S/m PSU ppt mV/pH mg/L O2 vwc m3/m3 m³/m³ deg degrees ° °dH Bq Bq/m3 Bq/m³ µSv/h uSv/h nSv/h",
    "EUR EUR/MWh €/MWh ct/kWh g/kWh gCO2/kWh kgCO2",
    "meters meters/second meter m/s^2 Kilopascals millibars W/meter² kJ/m2 kJ/m^2 MJ/m2",
  ].flatMap((line) => line.split(" ")),
)
  .add("Deg C")
  .add("Deg F")
  .add("deg C")
  .add("deg F")
  .add("µg/m^3")
  .add("° C")
  .add("° F");

function isUnit(text: string): boolean {
  return UNITS.has(text) || UNITS.has(text.normalize("NFKC")) || (text.length > 2 && UNITS.has(text.toLowerCase()));
}

/** What stands around a unit in a column's name: the words of `unit.from: "header"`. */
export interface Around {
  readonly after: string;
  readonly before?: string;
}

const AROUND: readonly Around[] = [
  { after: " (", before: ")" },
  { after: "(", before: ")" },
  { after: " [", before: "]" },
  { after: "[", before: "]" },
  { after: ", ", before: " (" },
  { after: ", " },
  { after: " / " },
  { after: " in " },
];

/** The text that the contract would take for the unit; null where the name has none there. */
function unitBetween(name: string, { after, before }: Around): string | null {
  const from = name.indexOf(after);
  if (from <= 0) return null;
  const rest = name.slice(from + after.length);
  const to = before === undefined ? rest.length : rest.indexOf(before);
  return to <= 0 ? null : rest.slice(0, to);
}

/** The unit in a column's name, and the name without it; null where there is no known one. */
export function unitInName(name: string): { readonly unit: string; readonly rest: string } | null {
  for (const around of AROUND) {
    const unit = unitBetween(name, around);
    if (unit !== null && isUnit(unit.trim()))
      return { unit: unit.trim(), rest: name.slice(0, name.indexOf(around.after)).trim() };
  }
  return null;
}

/** What stands around a known unit in every one of these names; null where no one thing does. */
export function aroundUnits(names: readonly string[]): Around | null {
  return AROUND.find((around) => names.every((name) => isUnit(unitBetween(name, around) ?? ""))) ?? null;
}

/** Whether a name has something in brackets, which may be a unit that nobody has heard of. */
export const hasBrackets = (name: string) => /.[([].{1,20}[)\]]/.test(name.slice(0, 200));

/** Units by words of a name. The first list says the unit itself, the second what is usually measured in it. */
const SAID: Readonly<Record<string, string>> = {
  ...{ celsius: "°C", degc: "°C", fahrenheit: "°F", degf: "°F", percent: "%", pct: "%", hpa: "hPa", kpa: "kPa" },
  ...{
    mbar: "mbar",
    kwh: "kWh",
    mwh: "MWh",
    wh: "Wh",
    kw: "kW",
    watts: "W",
    volts: "V",
    mv: "mV",
    lux: "lx",
    ppm: "ppm",
    ppb: "ppb",
  },
};
const USUAL: Readonly<Record<string, string>> = {
  ...{
    t: "°C",
    temp: "°C",
    temperature: "°C",
    temperatur: "°C",
    tmp: "°C",
    dewpoint: "°C",
    rh: "%",
    hum: "%",
    humidity: "%",
  },
  ...{
    feuchte: "%",
    luftfeuchte: "%",
    luftfeuchtigkeit: "%",
    moisture: "%",
    co2: "ppm",
    rssi: "dBm",
    snr: "dB",
    voltage: "V",
    spannung: "V",
  },
};

/** The last piece of a name, where it is a unit: `batt_mV`, `Rain mm`; not those that are as often something else, `temp_min`. */
function unitAtEnd(name: string): string | null {
  const piece = /[_\s.-]([^_\s.-]{1,12})$/.exec(name.slice(-40))?.[1] ?? "";
  if (/^[CFK]$/.test(piece) && /temp|t_|dew|therm/i.test(name)) return piece === "K" ? "K" : `°${piece}`;
  const isTold = piece.length > 1 || piece === "%";
  return isTold &&
    UNITS.has(piece) &&
    !/^(min|Min|ms|us|in|deg|ft|days|hours|seconds|minutes|meter|meters|rpm)$/.test(piece)
    ? piece
    : null;
}

/** Whether a unit is said by a name, or only usual for what it names. */
interface NamedUnit {
  readonly unit: string;
  readonly isSaid: boolean;
}

/**
 * The unit of what is called so; null where its name tells none. Absolute humidity is a column of its own beside RH;
 * anywhere else AH is ampere hours.
 */
export function unitByName(name: string, hasRelativeHumidity = false): NamedUnit | null {
  const atEnd = unitAtEnd(name);
  if (atEnd !== null) return { unit: atEnd, isSaid: true };
  const words = wordsOf(name).reverse();
  const said = words.find((word) => Object.hasOwn(SAID, word));
  if (said !== undefined) return { unit: SAID[said], isSaid: true };
  if (words.join() === "ah" && hasRelativeHumidity) return { unit: "g/m3", isSaid: false };
  const usual = words.find((word) => Object.hasOwn(USUAL, word) && (word !== "t" || words.length === 1));
  return usual === undefined ? null : { unit: USUAL[usual], isSaid: false };
}

/** Whether the cells of a row are units, most of them. */
export function isUnitsRow(cells: readonly string[]): boolean {
  const told = cells
    .map((cell) => cell.replace(/^[[(](.*)[\])]$/, "$1").trim())
    .filter((cell) => cell !== "" && cell !== "-");
  const units = told.filter((cell) => isUnit(cell) || /^(TS|RN|unitless|none|n\/a)$/i.test(cell));
  return told.length > 0 && units.length * 2 >= told.length;
}
