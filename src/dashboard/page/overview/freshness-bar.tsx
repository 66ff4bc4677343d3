import { useTicking } from "../clock.ts";
import { span } from "../format.ts";
import { ageOf, type Freshness, freshnessOf } from "../freshness.ts";
import { INTERVALS, type Live } from "../live.ts";
import { Shape, type Tone } from "../parts/shape.tsx";
import { Untrusted } from "../parts/text.tsx";
import { remember } from "../settings.ts";
import { useStore } from "../store.ts";

const WORDS: Record<Freshness, { readonly word: string; readonly tone: Tone; readonly advice: string }> = {
  connecting: { word: "Connecting", tone: "none", advice: "" },
  live: { word: "Live", tone: "ok", advice: "" },
  stale: { word: "Stale", tone: "warn", advice: "The server has sent nothing new for three refreshes." },
  paused: { word: "Paused", tone: "none", advice: "" },
  disconnected: { word: "Disconnected", tone: "bad", advice: "Trying again. Is vantageflow dashboard still running?" },
  "signed-out": { word: "Signed out", tone: "bad", advice: "Open the address that vantageflow dashboard has printed." },
  failing: { word: "Failing", tone: "bad", advice: "" },
};

export function useFreshness(live: Live): Freshness {
  const state = useStore(live, (value) => value);
  return useTicking((now) => freshnessOf(state, now));
}

/** How old the data is, at any time, and who decides when it is renewed. */
export function FreshnessBar({ live }: { readonly live: Live }) {
  const freshness = useFreshness(live);
  const { word, tone, advice } = WORDS[freshness];
  const trouble = useStore(live, (state) => state.trouble);
  const isPaused = freshness === "paused";
  return (
    <section class={`freshness freshness-${freshness}`} aria-label="Freshness of the data">
      <p class="freshness-state">
        <Shape tone={tone} size={13} />
        <span role="status">
          <strong>{word}</strong>
          {advice !== "" && <span class="advice"> {advice}</span>}
          {freshness === "failing" && (
            <span class="advice">
              {" "}
              <Untrusted text={trouble ?? ""} />
            </span>
          )}
        </span>
        <Age live={live} />
      </p>
      <div class="freshness-controls">
        <Refresh live={live} />
        <button type="button" onClick={() => (isPaused ? live.resume() : live.pause())}>
          {isPaused ? "Resume" : "Pause"}
        </button>
      </div>
    </section>
  );
}

function Age({ live }: { readonly live: Live }) {
  const state = useStore(live, (value) => value);
  const age = useTicking((now) => {
    const seconds = ageOf(state, now);
    return seconds === null ? null : span(seconds);
  });
  return age === null ? null : <span class="age">data {age} old</span>;
}

function Refresh({ live }: { readonly live: Live }) {
  const interval = useStore(live, (state) => state.interval);
  // The server's own may be another.
  const choices = [...new Set([...INTERVALS, interval])].sort((a, b) => a - b);
  const choose = (seconds: number) => {
    live.setInterval(seconds);
    remember("interval", String(seconds));
  };
  return (
    <label class="choice">
      Refresh
      <select value={String(interval)} onChange={(event) => choose(Number(event.currentTarget.value))}>
        {choices.map((seconds) => (
          <option key={seconds} value={String(seconds)}>
            {seconds} s
          </option>
        ))}
      </select>
    </label>
  );
}
