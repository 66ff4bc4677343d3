import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isEmpty } from "../../monitor/overview.ts";
import { AppBar } from "./app-bar.tsx";
import { BatchPageView } from "./detail/batch-page.tsx";
import { DevicePageView } from "./detail/device-page.tsx";
import { isOld } from "./freshness.ts";
import { isSerious, titleOf } from "./health.ts";
import type { Live } from "./live.ts";
import { EmptyLake } from "./overview/empty.tsx";
import { FreshnessBar, useFreshness } from "./overview/freshness-bar.tsx";
import { OverviewPage } from "./overview/page.tsx";
import { VerdictBar } from "./overview/verdict-bar.tsx";
import { OVERVIEW, type Route, readRoute } from "./route.ts";
import { useStore } from "./store.ts";

export function App({ live }: { readonly live: Live }) {
  const route = useRoute();
  const overview = useStore(live, (state) => state.overview);
  useEffect(() => {
    if (overview === null) return;
    performance.mark("overview-drawn");
    performance.measure("overview-update", "overview-received", "overview-drawn");
  }, [overview]);
  return (
    <>
      <AppBar lake={overview?.lake ?? null} />
      <main id="main" tabIndex={-1}>
        {overview !== null && !isEmpty(overview) && (
          <VerdictBar
            live={live}
            health={overview.health}
            ended={overview.last_24h.batches}
            withReasons={route.page === "overview"}
          />
        )}
        <FreshnessBar live={live} />
        <Page live={live} route={route} />
      </main>
      <Title live={live} />
    </>
  );
}

/** Names the window by the verdict, and says it once to a screen reader when it is or becomes a bad one. */
function Title({ live }: { readonly live: Live }) {
  const overview = useStore(live, (state) => state.overview);
  const title = titleOf(overview, isOld(useFreshness(live)));
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <p class="hidden" role="status">
      {overview !== null && isSerious(overview.health) ? title : ""}
    </p>
  );
}

function Page({ live, route }: { readonly live: Live; readonly route: Route }) {
  const overview = useStore(live, (state) => state.overview);
  const stamp = overview?.time ?? null;
  switch (route.page) {
    case "overview":
      if (overview === null) return <Waiting />;
      return isEmpty(overview) ? <EmptyLake lake={overview.lake} /> : <OverviewPage overview={overview} />;
    case "device":
      return <DevicePageView key={route.id} id={route.id} stamp={stamp} overview={overview} />;
    case "batch":
      return <BatchPageView key={route.key} name={route.key} lake={overview?.lake ?? "./lake"} stamp={stamp} />;
    case "unknown":
      return (
        <div class="panel">
          <h1 tabIndex={-1}>There is no such page</h1>
          <p>
            <a href={OVERVIEW}>Back to the lake</a>
          </p>
        </div>
      );
  }
}

function Waiting() {
  return (
    <div class="panel waiting">
      <h1>Looking at the lake …</h1>
    </div>
  );
}

/** Follows the address. Another page starts at its top, with its heading in focus; the way back ends where one was. */
function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  const scrolled = useRef(new Map<string, number>());
  const shown = useRef(hash);
  useEffect(() => {
    history.scrollRestoration = "manual";
    const move = () => setHash(location.hash);
    const keep = () => scrolled.current.set(shown.current, scrollY);
    addEventListener("hashchange", move);
    addEventListener("scroll", keep, { passive: true });
    return () => {
      removeEventListener("hashchange", move);
      removeEventListener("scroll", keep);
    };
  }, []);
  useLayoutEffect(() => {
    if (shown.current === hash) return;
    shown.current = hash;
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    scrollTo({ top: readRoute(hash).page === "overview" ? (scrolled.current.get(hash) ?? 0) : 0, behavior: "instant" });
  }, [hash]);
  return readRoute(hash);
}
