import { LEARNED_READINGS } from "../../../detection/state.ts";
import type { DetectionDocument, DetectionPage } from "../../../monitor/details.ts";
import type { Answer } from "../api.ts";
import { counted } from "../format.ts";
import { type DetectionSources, DetectionsAbsence, DetectionTable } from "../parts/detections.tsx";
import { FailureNotice, Loading, NoData, Panel } from "../parts/panel.tsx";

interface DeviceDetectionsProps {
  readonly sources: DetectionSources;
  readonly readings: number;
  readonly answer: Answer<DetectionPage>;
}

/** What is odd of a device by its own past, as a list: what the marks in the picture say, in words. */
export function DeviceDetections({ sources, readings, answer: { data, error } }: DeviceDetectionsProps) {
  return (
    <Panel title="Detections" note={noteOf(data)} class="detections">
      <DetectionsAbsence {...sources} />
      {sources.detections?.newest != null && (
        <>
          {error !== null && <FailureNotice error={error} isOld={data !== null} />}
          {data === null && error === null && <Loading what="them" />}
          {data !== null && <Found rows={data.detections} readings={readings} />}
        </>
      )}
    </Panel>
  );
}

function noteOf(data: DetectionPage | null): string {
  if (data === null) return "odd by its own past";
  const all = counted(data.detections.length, "detection");
  return `${data.complete ? all : `the newest ${all}`}, odd by its own past`;
}

function Found({ rows, readings }: { readonly rows: readonly DetectionDocument[]; readonly readings: number }) {
  if (rows.length > 0) return <DetectionTable caption="Detections of this device, newest first" rows={rows} />;
  return (
    <NoData>
      {readings < LEARNED_READINGS
        ? `It has ${counted(readings, "reading")}: before ${LEARNED_READINGS} there is nothing to compare with.`
        : "Nothing of it was odd."}
    </NoData>
  );
}
