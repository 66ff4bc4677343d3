import { type Listed, listed } from "./command.ts";
import { command as backup } from "./commands/backup.command.ts";
import { command as contractApply } from "./commands/contract/apply.command.ts";
import { command as contractCheck } from "./commands/contract/check.command.ts";
import { command as contractInfer } from "./commands/contract/infer.command.ts";
import { command as contractList } from "./commands/contract/list.command.ts";
import { command as contractRemove } from "./commands/contract/remove.command.ts";
import { command as contractSchema } from "./commands/contract/schema.command.ts";
import { command as contractShow } from "./commands/contract/show.command.ts";
import { command as contract } from "./commands/contract.command.ts";
import { command as cost } from "./commands/cost.command.ts";
import { command as dashboard } from "./commands/dashboard.command.ts";
import { command as demo } from "./commands/demo.command.ts";
import { command as detectMute } from "./commands/detect/mute.command.ts";
import { command as detectMutes } from "./commands/detect/mutes.command.ts";
import { command as detectUnmute } from "./commands/detect/unmute.command.ts";
import { command as detect } from "./commands/detect.command.ts";
import { command as diff } from "./commands/diff.command.ts";
import { command as dlqDismiss } from "./commands/dlq/dismiss.command.ts";
import { command as dlqList } from "./commands/dlq/list.command.ts";
import { command as dlqRedrive } from "./commands/dlq/redrive.command.ts";
import { command as dlqShow } from "./commands/dlq/show.command.ts";
import { command as dlq } from "./commands/dlq.command.ts";
import { command as doctor } from "./commands/doctor.command.ts";
import { command as expire } from "./commands/expire.command.ts";
import { command as explain } from "./commands/explain.command.ts";
import { command as generate } from "./commands/generate.command.ts";
import { command as generateEvent } from "./commands/generate-event.command.ts";
import { command as ingest } from "./commands/ingest.command.ts";
import { command as init } from "./commands/init.command.ts";
import { command as invoke } from "./commands/invoke.command.ts";
import { command as ledgerSeal } from "./commands/ledger/seal.command.ts";
import { command as ledgerVerify } from "./commands/ledger/verify.command.ts";
import { command as ledger } from "./commands/ledger.command.ts";
import { command as listen } from "./commands/listen.command.ts";
import { command as plan } from "./commands/plan.command.ts";
import { command as replay } from "./commands/replay.command.ts";
import { command as report } from "./commands/report.command.ts";
import { command as restore } from "./commands/restore.command.ts";
import { command as restoreFrom } from "./commands/restore-from.command.ts";
import { command as run } from "./commands/run.command.ts";
import { command as sql } from "./commands/sql.command.ts";
import { command as status } from "./commands/status.command.ts";
import { command as tablesCompact } from "./commands/tables/compact.command.ts";
import { command as tablesHistory } from "./commands/tables/history.command.ts";
import { command as tablesList } from "./commands/tables/list.command.ts";
import { command as tablesSync } from "./commands/tables/sync.command.ts";
import { command as tablesVacuum } from "./commands/tables/vacuum.command.ts";
import { command as tables } from "./commands/tables.command.ts";
import { command as verify } from "./commands/verify.command.ts";
import { command as versions } from "./commands/versions.command.ts";
import { command as watch } from "./commands/watch.command.ts";

/** Every command, in the order of `--help`: a new one is named here and nowhere else, beside its own files in `commands/`. */
export const COMMANDS: readonly Listed[] = [
  listed(ingest, () => import("./commands/ingest.ts")),
  listed(run, () => import("./commands/run.ts")),
  listed(watch, () => import("./commands/watch.ts")),
  listed(listen, () => import("./commands/listen.ts")),
  listed(dashboard, () => import("./commands/dashboard.ts")),
  listed(report, () => import("./commands/report.ts")),
  listed(status, () => import("./commands/status.ts")),
  listed(detect, () => import("./commands/detect.ts"), [
    listed(detectMute, () => import("./commands/detect/mute.ts")),
    listed(detectUnmute, () => import("./commands/detect/unmute.ts")),
    listed(detectMutes, () => import("./commands/detect/mutes.ts")),
  ]),
  listed(plan, () => import("./commands/plan.ts")),
  listed(replay, () => import("./commands/replay.ts")),
  listed(generate, () => import("./commands/generate.ts")),
  listed(demo, () => import("./commands/demo.ts")),
  listed(init, () => import("./commands/init.ts")),
  listed(doctor, () => import("./commands/doctor.ts")),
  listed(cost, () => import("./commands/cost.ts")),
  {
    command: contract,
    commands: [
      listed(contractInfer, () => import("./commands/contract/infer.ts")),
      listed(contractCheck, () => import("./commands/contract/check.ts")),
      listed(contractApply, () => import("./commands/contract/apply.ts")),
      listed(contractList, () => import("./commands/contract/list.ts")),
      listed(contractShow, () => import("./commands/contract/show.ts")),
      listed(contractRemove, () => import("./commands/contract/remove.ts")),
      listed(contractSchema, () => import("./commands/contract/schema.ts")),
    ],
  },
  {
    command: tables,
    commands: [
      listed(tablesSync, () => import("./commands/tables/sync.ts")),
      listed(tablesList, () => import("./commands/tables/list.ts")),
      listed(tablesHistory, () => import("./commands/tables/history.ts")),
      listed(tablesCompact, () => import("./commands/tables/compact.ts")),
      listed(tablesVacuum, () => import("./commands/tables/vacuum.ts")),
    ],
  },
  listed(sql, () => import("./commands/sql.ts")),
  {
    command: dlq,
    commands: [
      listed(dlqList, () => import("./commands/dlq/list.ts")),
      listed(dlqShow, () => import("./commands/dlq/show.ts")),
      listed(dlqRedrive, () => import("./commands/dlq/redrive.ts")),
      listed(dlqDismiss, () => import("./commands/dlq/dismiss.ts")),
    ],
  },
  listed(explain, () => import("./commands/explain.ts")),
  listed(invoke, () => import("./commands/invoke.ts")),
  listed(generateEvent, () => import("./commands/generate-event.ts")),
  listed(versions, () => import("./commands/versions.ts")),
  listed(restore, () => import("./commands/restore.ts")),
  listed(expire, () => import("./commands/expire.ts")),
  listed(backup, () => import("./commands/backup.ts")),
  listed(restoreFrom, () => import("./commands/restore-from.ts")),
  listed(verify, () => import("./commands/verify.ts")),
  {
    command: ledger,
    commands: [
      listed(ledgerSeal, () => import("./commands/ledger/seal.ts")),
      listed(ledgerVerify, () => import("./commands/ledger/verify.ts")),
    ],
  },
  listed(diff, () => import("./commands/diff.ts")),
];
