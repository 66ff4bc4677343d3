#!/usr/bin/env bash
# Records `messages.json`: messages of Sparkplug B as three other libraries write them, with what was meant. Needs npm and Python 3.11
# with venv; run outside of CI: bash test/streams/doors/sparkplug/record.sh
set -euo pipefail
out="$(cd "$(dirname "$0")" && pwd)/messages.json"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact sparkplug-payload@1.0.3 >&2
python3 -m venv venv
venv/bin/pip install --quiet pysparkplug==0.3.2 mqtt-spb-wrapper==2.1.2 >&2

# What every library is asked to write: name, type, value.
cat > meant.json <<'JSON'
[
  ["Int8", "Int8", -5], ["Int16", "Int16", -5], ["Int32", "Int32", -5], ["Int64", "Int64", -5],
  ["UInt8", "UInt8", 251], ["UInt16", "UInt16", 65531], ["UInt32", "UInt32", 4294967291], ["Zero", "UInt32", 0],
  ["Least", "Int32", -2147483648], ["Beyond", "Int64", 9007199254740991],
  ["Temp/Zone 1", "Float", 20.1], ["Double", "Double", -0.1], ["Yes", "Boolean", true], ["No", "Boolean", false]
]
JSON

cat > node.cjs <<'JS'
const spb = require("sparkplug-payload").get("spBv1.0");
const meant = require("./meant.json");
const hex = (payload) => Buffer.from(spb.encodePayload(payload)).toString("hex");
const time = 1766793600000;
const metrics = meant.map(([name, type, value], i) => ({ name, alias: i + 1, type, value, timestamp: time }));
const birth = [{ name: "bdSeq", type: "UInt64", value: 7 }, ...metrics, { name: "Text", type: "String", value: "ok" }];
const unnamed = metrics.map(({ alias, type, value }) => ({ alias, type, value, timestamp: time + 1000 }));
unnamed[0] = { alias: 1, type: "Int8", value: null, isNull: true, timestamp: time + 1000 };
console.log(JSON.stringify([
  { library: "sparkplug-payload 1.0.3", topic: "spBv1.0/g/NBIRTH/node", hex: hex({ timestamp: time, seq: 0, metrics: birth }), nulls: [] },
  { library: "sparkplug-payload 1.0.3", topic: "spBv1.0/g/NDATA/node", hex: hex({ timestamp: time + 1000, seq: 1, metrics: unnamed }), nulls: ["Int8"] },
]));
JS
cat > python.py <<'PY'
import json
import pysparkplug as p
from mqtt_spb_wrapper.spb_protobuf import getNodeBirthPayload, addMetric, MetricDataType

meant = json.load(open("meant.json"))
time = 1766793600000
out = []
TYPES = {"UInt8": "UINT8", "UInt16": "UINT16", "UInt32": "UINT32"}
kind = lambda t: getattr(p.DataType, TYPES.get(t, t.upper()))
birth = [p.Metric(time, n, kind(t), v, alias=i + 1) for i, (n, t, v) in enumerate(meant)]
data = [p.Metric(time + 1000, None, kind(t), None if i == 0 else v, alias=i + 1, is_null=i == 0) for i, (n, t, v) in enumerate(meant)]
for topic, message, nulls in [
    ("spBv1.0/g/NBIRTH/python", p.NBirth(time, 0, birth), []),
    ("spBv1.0/g/NDATA/python", p.NData(time + 1000, 1, data), ["Int8"]),
]:
    out.append({"library": "pysparkplug 0.3.2", "topic": topic, "hex": message.encode(include_dtypes="BIRTH" in topic).hex(), "nulls": nulls})

payload = getNodeBirthPayload()
for i, (n, t, v) in enumerate(meant):
    addMetric(payload, n, i + 1, getattr(MetricDataType, t), v, time)
out.append({"library": "mqtt-spb-wrapper 2.1.2", "topic": "spBv1.0/g/NBIRTH/wrapper", "hex": payload.SerializeToString().hex(), "nulls": []})
print(json.dumps(out))
PY
node node.cjs > a.json
venv/bin/python python.py > b.json
node -e '
const read = (name) => JSON.parse(require("fs").readFileSync(name, "utf8"));
const all = { meant: read("meant.json"), messages: [...read("a.json"), ...read("b.json")] };
require("fs").writeFileSync(process.argv[1], JSON.stringify(all, null, 2) + "\n");
' "$out"
