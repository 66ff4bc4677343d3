import type { Declaration } from "../command.ts";

export const command = {
  signature: "listen [lake]",
  summary: "take readings live and bring them into bronze",
  options: {
    "--http <port>":
      "a door for HTTP: the port, of this machine only; host:port for others, with VANTAGEFLOW_LISTEN_TOKEN",
    "--mqtt <url>":
      "a door for MQTT: the broker, mqtt://host or mqtts://host; user and password by VANTAGEFLOW_MQTT_USERNAME and VANTAGEFLOW_MQTT_PASSWORD",
    "--topic <template...>":
      "what to subscribe to; a {name} stands for a part that is of the device's id. Can be given several times",
    "--client-id <id>": "by which the broker knows the session of this door (default: one of the lake's name)",
    "--kinesis <stream>": "a door for a Kinesis stream, of AWS_REGION, with what else the AWS command line reads",
    "--kinesis-endpoint <url>": "of what speaks like Kinesis (default: AWS_ENDPOINT_URL_KINESIS, else Amazon's)",
    "--contract <name-or-file...>":
      "what is to read messages as they come: a contract of the lake, or a file of one, which is applied where it is new",
    "--flush-seconds <s>": { description: "bring readings into bronze after this time", default: "60" },
    "--flush-bytes <n>": { description: "or when there are so many bytes of them", default: "5000000" },
    "--flush-records <n>": { description: "or so many of them", default: "50000" },
    "--spool <dir>": "where readings are kept until they are in bronze (default: in the lake, or below ~/.local/state)",
  },
  examples: [
    "vantageflow listen --http 4280",
    "vantageflow listen ./lake --http 4280 --flush-seconds 5 --json",
    "vantageflow listen --mqtt mqtt://localhost --topic 'plant/{line}/{device_id}'",
    "vantageflow listen --mqtt mqtt://localhost --topic 'zigbee2mqtt/{device_id}' --contract zigbee.json",
    "vantageflow listen --kinesis readings",
    "VANTAGEFLOW_LISTEN_TOKEN=a-secret-of-16-or-more vantageflow listen --http 0.0.0.0:4281",
  ],
} satisfies Declaration;
