import { connect, createServer } from "node:net";
export async function startSwitch(target) {
    const { hostname, port } = new URL(target.endpoint);
    const open = new Set();
    const listener = createServer((near) => {
        if (running.cut)
            return void near.destroy();
        const far = connect(Number(port), hostname);
        for (const [from, to] of [
            [near, far],
            [far, near],
        ]) {
            open.add(from);
            from.on("error", () => to.destroy()).on("close", () => open.delete(from));
            from.on("data", () => {
                if (running.cut)
                    from.destroy();
            });
            from.pipe(to);
        }
    });
    await new Promise((listening) => listener.listen(0, "127.0.0.1", listening));
    const endpoint = `http://127.0.0.1:${listener.address().port}`;
    const running = {
        server: { ...target, endpoint },
        cut: false,
        close() {
            listener.close();
            for (const socket of open)
                socket.destroy();
        },
    };
    return running;
}
