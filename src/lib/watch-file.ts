import { statSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";
import { startTicker } from "./ticker.ts";

/** How closely a file is watched, and who hears of it. */
export type WatchFileOptions = {
  /** How often the file is looked at without being told, for file systems and limits where telling does not work. */
  readonly pollMs: number;
  /** Called after the file was created, replaced or changed; never for its removal, and sometimes once too often. */
  readonly onChange: () => void;
};

/** A running watch; `close` is safe to call twice. */
export type FileWatch = { close(): void };

/**
 * Watches one file that is replaced by rename: its directory is watched, since a watch on the file would stay with the old one.
 * Neither file nor directory needs to exist yet. Never throws.
 */
export function watchFile(path: string, options: WatchFileOptions): FileWatch {
  let seen = fingerprint(path);
  let watcher: FSWatcher | undefined;
  const look = (): void => {
    const now = fingerprint(path);
    if (now === seen) return;
    seen = now;
    if (now !== "") options.onChange();
  };
  const watchDirectory = (): void => {
    try {
      watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
        if (name === null || name === basename(path)) look();
      });
      watcher.on("error", () => {
        watcher?.close();
        watcher = undefined;
      });
    } catch {
      // No directory yet, or the system's limit on watches is reached: the poll tries again.
      watcher = undefined;
    }
  };
  watchDirectory();
  const ticker = startTicker(options.pollMs, () => {
    if (watcher === undefined) watchDirectory();
    look();
  });
  return {
    close: () => {
      ticker.stop();
      watcher?.close();
    },
  };
}

/** Changes whenever the file's content may have; empty when there is no file. */
function fingerprint(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
}
