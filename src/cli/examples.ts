/** Examples for `--help`, by command. A test runs every one of them. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  vantageflow: `Examples:
  $ vantageflow demo
  $ vantageflow ingest readings.csv
  $ vantageflow report --device FAB-TEM-001
`,
  ingest: `Examples:
  $ vantageflow ingest readings.csv
  $ vantageflow generate --rows 500 | vantageflow ingest - --name today.csv
  $ vantageflow ingest readings.csv --overwrite --fail-on-rejects --json
`,
  run: `Examples:
  $ vantageflow run ./lake
  $ vantageflow run --dry-run
  $ vantageflow run --reprocess readings
`,
  watch: `Examples:
  $ vantageflow watch ./lake
  $ vantageflow watch ./lake --json --retry-delay 1
  $ vantageflow watch ./lake --poll --interval 5
`,
  dashboard: `Examples:
  $ vantageflow dashboard
  $ vantageflow dashboard ./lake --port 0 --open
  $ VANTAGEFLOW_TOKEN=a-secret-of-16-or-more vantageflow dashboard --port 0 --json
`,
  report: `Examples:
  $ vantageflow report
  $ vantageflow report --device FAB-TEM-001 --json
  $ vantageflow report --since 24h --format csv
`,
  cost: `Examples:
  $ vantageflow cost
  $ vantageflow cost --months 12
  $ vantageflow cost --json
`,
  status: `Examples:
  $ vantageflow status
  $ vantageflow status --watch 2
  $ vantageflow status --check || [ $? = 3 ]
`,
  replay: `Examples:
  $ vantageflow replay fixtures
  $ vantageflow replay fixtures --update
  $ vantageflow replay fixtures --junit junit.xml
`,
  generate: `Examples:
  $ vantageflow generate --rows 1000 --out readings.csv
  $ vantageflow generate --rows 100000 --devices 50 --invalid 0.01 --out dirty.csv
  $ vantageflow generate --wide --seed 7
`,
  demo: `Examples:
  $ vantageflow demo
  $ vantageflow demo ./elsewhere
`,
  init: `Examples:
  $ vantageflow init
`,
  doctor: `Examples:
  $ vantageflow doctor
  $ vantageflow doctor --json
`,
  dlq: `Examples:
  $ vantageflow dlq list
  $ vantageflow dlq show bronze/broken.csv
  $ vantageflow dlq redrive --dry-run
`,
  "dlq list": `Examples:
  $ vantageflow dlq list
  $ vantageflow dlq list --all --json
  $ vantageflow dlq list --rejects
`,
  "dlq show": `Examples:
  $ vantageflow dlq show broken.csv
  $ vantageflow dlq show "$(vantageflow dlq list | head -1 | cut -f1)"
`,
  "dlq redrive": `Examples:
  $ vantageflow dlq redrive --dry-run
  $ vantageflow dlq redrive bronze/broken.csv --dry-run --json
  $ vantageflow dlq redrive
`,
  "dlq dismiss": `Examples:
  $ vantageflow dlq dismiss bronze/broken.csv
`,
  explain: `Examples:
  $ vantageflow explain bronze/readings.csv
  $ vantageflow explain readings.csv --json
`,
  invoke: `Examples:
  $ vantageflow generate-event s3-put --key bronze/readings.csv > event.json
  $ vantageflow invoke vantageflow-process-iot --event event.json
  $ vantageflow generate-event s3-put --key silver/readings.csv | vantageflow invoke vantageflow-silver-to-gold --event -
`,
  "generate-event": `Examples:
  $ vantageflow generate-event s3-put --key bronze/readings.csv
  $ vantageflow generate-event s3-put --bucket my-bucket --key 'bronze/two words.csv' --size 512 --time 2026-01-31
  $ vantageflow generate-event s3-test
`,
  versions: `Examples:
  $ vantageflow versions bronze/readings.csv
  $ vantageflow versions bronze/readings.csv --json
`,
  restore: `Examples:
  $ vantageflow restore bronze/readings.csv --at 1h
  $ vantageflow restore bronze/readings.csv --version-id "$(vantageflow versions bronze/readings.csv | tail -1 | cut -f1)"
`,
  expire: `Examples:
  $ vantageflow expire --dry-run
  $ vantageflow expire --dry-run --now 2030-01-31
  $ vantageflow expire
`,
  backup: `Examples:
  $ vantageflow backup ./backup
  $ vantageflow backup ./backup --delete --yes
  $ vantageflow backup ./backup --delete-emptied --yes
`,
  "restore-from": `Examples:
  $ vantageflow restore-from ./backup
  $ vantageflow restore-from ./backup --lake ./restored
`,
  verify: `Examples:
  $ vantageflow verify
  $ vantageflow verify ./lake --prefix readings --json
  $ vantageflow verify --fix --yes
  $ vantageflow verify ./backup --ledger ./lake
`,
  diff: `Examples:
  $ vantageflow diff ./lake ./backup
  $ vantageflow diff ./lake ./backup --prefix gold/ --json
  $ vantageflow diff ./lake ./backup --prefix readings --limit 100
`,
};
