import { render } from "preact";
import { App } from "./app.tsx";
import { createLive, INTERVALS } from "./live.ts";
import { applyTheme, recall, recallTheme } from "./settings.ts";

applyTheme(recallTheme());
const interval = Number(recall("interval"));
const live = createLive(INTERVALS.includes(interval) ? interval : null);
live.start();
render(<App live={live} />, document.getElementById("app") as HTMLElement);
