/** What columns are called, in the languages of those who export them; a word of one kind is no word of another. */

/** A name as words: `deviceId`, `device_id` and `Device-ID` are `device`, `id`. At most 200 characters are looked at. */
export function wordsOf(name: string): string[] {
  return name
    .slice(0, 200)
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}#]+/u)
    .filter((word) => word !== "");
}

const listed = (text: string) => text.split(", ");

/** The better the name, the further in front. */
const TIMES = listed(
  "timestamp, time stamp, timestamp utc, time utc, utc time, datetime, date time, datetime utc, date time utc, datum zeit, datum uhrzeit, time, ts, zeitstempel, zeitpunkt, epoch, epoch utc, unix time, unixtime, horodatage, fecha hora, local time, local date time, time string, timestring, dt, observed at, measured at, recorded at, sampled at, event time, received at, last changed, last updated, date, datum, zeit, fecha, messzeit, t",
);
/** Times of something else than the reading. */
const OTHER_TIMES =
  /^(start|stop|end|bis|to|until|created|updated|modified|installed|expires|imported|exported|valid)$/;

/** How good a name of a column of times it is: 0 for none, negative for that of times of something else. */
export function timeScore(name: string): number {
  const words = wordsOf(name);
  const found = TIMES.indexOf(words.join(" "));
  if (found >= 0) return 100 - found;
  if (words.some((word) => OTHER_TIMES.test(word))) return -1;
  return words.some((word) => TIMES.includes(word) || /^(zeit|uhrzeit|time|date|gmt|utc)/.test(word)) ? 20 : 0;
}

/** What is an id whatever it looks like, best first; and what else names the thing that measures, where it is a text. */
const IDS = listed(
  "device id, dev id, device, device name, devicename, deviceid, entity id, sensor id, sensorid, node id, nodeid, thing id, asset id, station id, meter id, machine id, device uid, uid, dev eui, deveui, mac, mac address, imei, serial, serial number, serialnumber, sn, meter number, zählpunkt, zaehlpunkt, zählernummer, gerätenummer",
);
const THINGS = listed(
  "dev, sensor, sensor name, sensorname, entity, entity name, node, node name, thing, asset, asset name, station, station name, series, series name, tag, tag name, tagname, var name, varname, variable name, point, point name, pointname, datapoint, host, hostname, meter, zähler, zaehler, anlage, gerät, geraet, messstelle, standort, pump, pumpe, well, boiler, kessel, machine, maschine, equipment, gateway, location, site, room, raum, topic, instance, channel, kanal, logger, compteur, capteur, appareil, dispositivo, mote, vehicle, turbine, inverter, wechselrichter, probe, unit id, name, id, source",
);

/** Things that columns of numbers are called by, too: whether a pump runs. */
const MACHINES =
  /^(pump|pumpe|well|boiler|kessel|machine|maschine|equipment|turbine|inverter|wechselrichter|probe|point|series|source|entity)$/;

/** How good a name of the device it is; 0 for none. `isText` says that its cells are no numbers. */
export function deviceScore(name: string, isText: boolean): number {
  const text = wordsOf(name).join(" ");
  const id = IDS.indexOf(text);
  if (id >= 0) return 200 - id;
  if (/ device (id|name)$/.test(text)) return 150;
  const thing = THINGS.indexOf(text);
  return thing >= 0 && (isText || !MACHINES.test(text)) ? 100 - thing : 0;
}

const UNIT_NAMES = listed(
  "unit, units, uom, unit of measurement, unit of measure, einheit, einheiten, maßeinheit, unité, unidad, eenheid",
);
const VALUE_NAMES = listed(
  "value, val, v, wert, messwert, valeur, valor, waarde, payload, reading, state, measured value, numeric value, var value, varvalue",
);
const MEASURE_NAMES = listed(
  "metric, metric name, measurement name, measure name, parameter, parameter name, param, variable, variable name, field, property, quantity, observable, observed property, attribute, signal, signal name, signalname, sensor type, measurement type, messgröße, messgroesse, kenngröße, key, measure, measurement, datatype, type",
);
const COUNTERS = listed(
  "record, rn, #, no, nr, lfd nr, index, idx, row, row id, row number, seq, sequence, sequence number, id, f cnt, fcnt, frame counter, counter, unnamed 0, entry id, scan, scan number, ms, time ms, millis, milliseconds, msec",
);
const PLACES = listed("lat, latitude, lon, lng, long, longitude");

export const isUnitName = (name: string) => UNIT_NAMES.includes(wordsOf(name).join(" "));
export const isValueName = (name: string) => VALUE_NAMES.includes(wordsOf(name).join(" "));
export const isScoreName = (name: string) => /^(anomaly ?score|anomaly|outlier score)$/.test(wordsOf(name).join(" "));
export const isCounterName = (name: string) => COUNTERS.includes(wordsOf(name).join(" "));
export const isVersionName = (name: string) =>
  wordsOf(name).some((word) => /^(version|ver|fw|firmware|sw|hw|rev|id|ip)$/.test(word));
export const isPlaceName = (name: string) => PLACES.includes(wordsOf(name).join(" "));

/** How good a name of a column of measures' names it is; 0 for none. */
export function measureScore(name: string): number {
  const found = MEASURE_NAMES.indexOf(wordsOf(name).join(" "));
  return found < 0 ? 0 : 100 - found;
}

export function isQualityName(name: string): boolean {
  const words = wordsOf(name);
  return (
    /^(quality|qual|qc|qflag|flag|flags|status|qualität|qualitaet|gütekennzeichen|validity|valid)$/.test(
      words.at(-1) ?? "",
    ) ||
    (words[0] === "quality" && words.length < 3)
  );
}

/** Texts by which systems say that a value is good: OPC's 192, and words. */
export const isGoodQuality = (cell: string) => /^(192|good|ok|valid|gut|gültig)$/i.test(cell);

/** Cells that systems write for no value. */
export const isMissingWord = (cell: string) =>
  /^(nan|-nan|na|n\/a|#n\/a|#na|null|nil|none|nul|undefined|unavailable|unknown|missing|no data|nodata|-+|\.+|\?+|inf|-inf|\+inf|infinity|-infinity|k\.a\.|error|err|fault|off ?line|#value!|#div\/0!|#ref!|bad|over ?range|ol|lo|hi)$/i.test(
    cell,
  );
