import { spawn } from "node:child_process";

/** What opens a URL in the user's browser, by `process.platform`. None of them goes through a shell. */
const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** Opens a URL in the user's browser; false where there is nothing to open it with. */
export function openBrowser(url: string): Promise<boolean> {
  const [file, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  return new Promise((resolve) => {
    const opener = spawn(file, [...args, url], { stdio: "ignore", detached: true });
    opener.once("error", () => resolve(false));
    opener.once("spawn", () => resolve(true));
    opener.unref();
  });
}
