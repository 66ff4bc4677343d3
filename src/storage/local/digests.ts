import { Worker } from "node:worker_threads";

/** The thread is told so often how far a file is written. */
const TOLD_BYTES = 4 * 1024 * 1024;

/** To the thread: a file is written so far, or to its end. */
export interface DigestRequest {
  readonly file: number;
  readonly fd: number;
  /** Bytes. */
  readonly written: number;
  readonly isEnd: boolean;
}

/** From it, once for each file. */
export type DigestReply = { readonly file: number } & (
  | { readonly digest: string }
  | { readonly error: { readonly code: string; readonly message: string } }
);

/** The digest of one file that is being written. */
interface FileDigest {
  /** So many bytes more are written. */
  wrote(bytes: number): void;
  /** SHA-256 of all that is written, lower-case hex; nothing is, after it. The descriptor must stay open until then. */
  end(): Promise<string>;
}

/**
 * One thread that hashes large files while this one writes them: it reads what was written back from the page cache, so that
 * nothing is copied between the two.
 */
export interface Digests {
  /** `fd` can be read as well. Undefined where no thread can be had. */
  open(fd: number): FileDigest | undefined;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (digest: string) => void;
  readonly reject: (error: unknown) => void;
}

export function createDigests(script: URL): Digests {
  let thread: Worker | null = null;
  let files = 0;
  const waiting = new Map<number, Waiting>();

  function start(): Worker {
    const worker = new Worker(script, { stdout: true, resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    worker.unref();
    worker.on("error", () => {});
    worker.on("message", (reply: DigestReply) => {
      const one = waiting.get(reply.file);
      waiting.delete(reply.file);
      if (waiting.size === 0) worker.unref();
      if ("digest" in reply) one?.resolve(reply.digest);
      else one?.reject(Object.assign(new Error(reply.error.message), { code: reply.error.code }));
    });
    worker.once("exit", () => {
      thread = null;
      for (const { reject } of waiting.values()) reject(threadEnded());
      waiting.clear();
    });
    return worker;
  }

  return {
    open(fd) {
      try {
        thread ??= start();
      } catch {
        // No more threads are to be had (EAGAIN): whoever writes hashes, too.
        return undefined;
      }
      const worker = thread;
      const file = files++;
      let [written, told] = [0, 0];
      const tell = (isEnd: boolean) => {
        told = written;
        worker.postMessage({ file, fd, written, isEnd } satisfies DigestRequest);
      };
      let ended: Promise<string> | undefined;
      return {
        wrote(bytes) {
          written += bytes;
          if (written - told >= TOLD_BYTES) tell(false);
        },
        end() {
          ended ??= new Promise((resolve, reject) => {
            if (thread !== worker) throw threadEnded();
            waiting.set(file, { resolve, reject });
            // While a digest is awaited, the process waits for it.
            worker.ref();
            tell(true);
          });
          return ended;
        },
      };
    },
    async close() {
      await thread?.terminate();
    },
  };
}

function threadEnded(): Error {
  return Object.assign(new Error("the thread that hashes has ended"), { code: "EIO" });
}
