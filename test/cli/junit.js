import { execFileSync } from "node:child_process";
/** By Python's parser where there is one, else by balance of its tags. */
export function wellFormed(xml) {
    try {
        execFileSync("python3", ["-c", "import sys, xml.etree.ElementTree as e; e.fromstring(sys.stdin.buffer.read())"], {
            input: xml,
            stdio: ["pipe", "ignore", "ignore"],
        });
        return true;
    }
    catch (error) {
        if (error.code !== "ENOENT")
            return false;
        const opened = xml.match(/<[a-z][^>]*[^/]>/g)?.length;
        return opened === xml.match(/<\/[a-z]+>/g)?.length;
    }
}
