import { describe, expect, it } from "vitest";
import { createProgress, progressLine } from "../../src/cli/progress.js";
/** A terminal that keeps what is written to it, and a clock that is set by hand. */
function terminal(isTTY) {
    const written = [];
    const clock = { now: 0 };
    const io = { stderr: { isTTY, write: (text) => written.push(text) }, now: () => clock.now };
    return { io, written, clock };
}
describe("progress", () => {
    it("shows share, files, rows, rate and time left", () => {
        const done = { files: 1, bytes: 250e6, rows: 4_800_000 };
        expect(progressLine(done, { files: 3, bytes: 1e9 }, 2)).toBe("[#####---------------] 1/3 files  4.8 M rows  250 MB  125 MB/s  6 s left");
        expect(progressLine(done, { files: 1, bytes: 0 }, 2)).toBe("1/1 files  4.8 M rows  250 MB  125 MB/s");
        const copied = { ...done, rows: 0 };
        expect(progressLine(copied, { files: 1, bytes: 0 }, 2)).toBe("1/1 files  250 MB  125 MB/s");
    });
    it("is silent for the first second, off a terminal, and with --quiet or --json", () => {
        for (const [isTTY, flags] of [
            [false, {}],
            [true, { quiet: true }],
            [true, { json: true }],
        ]) {
            const { io, written, clock } = terminal(isTTY);
            const progress = createProgress(io, flags);
            clock.now = 5000;
            progress.read("a", 1, 1);
            progress.end();
            expect(written).toEqual([]);
        }
        const { io, written, clock } = terminal(true);
        const progress = createProgress(io, {});
        progress.expect(1, 100e6);
        clock.now = 900;
        progress.read("a", 25e6, 10);
        expect(written).toEqual([]);
        clock.now = 1100;
        progress.read("a", 50e6, 20);
        expect(written).toEqual([expect.stringContaining("0/1 files")]);
        progress.end();
        expect(written.at(-1)).toBe("\r\u001b[2K");
    });
});
