/** A pattern of names, and whose they are. */
type Kind = readonly [pattern: RegExp, what: string];

/**
 * Files that systems and programs leave beside others, by the last part of the key. Only names that nobody gives a batch:
 * a file with another dot in front (`.hidden.csv`) is a batch as any other. Sources: github/gitignore, folder `Global/`
 * (macOS, Windows, Linux, Vim, Emacs, JetBrains, MicrosoftOffice, LibreOffice); AppleDouble: RFC 1740; rsync(1),
 * `--partial-dir`, `--delay-updates` and its temporary `.name.XXXXXX`; `.in.`: lftp's `xfer:temp-file-name` and ProFTPD's
 * HiddenStores; `.nfs`: "silly rename", nfs(5); `_$folder$`: Hadoop's and EMR's folders in S3.
 */
const FILES: readonly Kind[] = [
  [/^\._./, "a side file of macOS (AppleDouble)"],
  [/^(\.DS_Store|\.localized|\.apdisk|\.VolumeIcon\.icns|Icon\r+)$/i, "a folder's settings in macOS"],
  [/^((eh)?thumbs(_vista)?\.db|desktop\.ini)$/i, "a folder's settings or pictures in Windows"],
  [/^~\$./, "a lock of Microsoft Office"],
  [/^\.~lock\..+#$/, "a lock of LibreOffice"],
  [/\.(part|partial|crdownload|opdownload|filepart|aria2|tmp|temp)$/i, "an upload or download that is not complete"],
  [/^\..+\.csv\.[a-z0-9]{6}$/i, "a file that rsync is still writing"],
  [/^\.in\..+\.csv\.?$/i, "an upload by FTP that is not complete"],
  [/^\.goutputstream-/, "a file that a program of GNOME is still writing"],
  [/.~$/, "an editor's copy"],
  [/^\.(.+\.)?sw[a-p]$|\.kate-swp$/, "an editor's swap file"],
  [/^#.+#$|^\.#./, "a copy or lock of Emacs"],
  [/___jb_(tmp|old|bak)___$/, "a copy of a JetBrains editor"],
  [/^4913$/, "a trial of Vim's"],
  [/^\.(nfs|fuse_hidden|smbdelete)[0-9a-f]+$/i, "a removed file that somebody has open"],
  [/^\.(gitkeep|keep|gitignore|gitattributes|directory|bzEmpty)$/, "a placeholder or setting of a folder"],
  [/_\$folder\$$/, "an empty folder of Hadoop's"],
  [/^_SUCCESS$|^\..+\.crc$/, "a marker of Hadoop's or Spark's"],
];

/** Folders of the same kind, whatever is in them. */
const FOLDERS: readonly Kind[] = [
  [/^(\.AppleDouble|__MACOSX)$/, "side files of macOS"],
  [/^(\.Spotlight-V100|\.fseventsd|\.TemporaryItems|\.DocumentRevisions-V100)$/, "what macOS keeps of a disk"],
  [/^(System Volume Information|lost\+found|@eaDir)$/, "what a system keeps of a disk"],
  [/^(\.Trashes|\.Trash-\d+|\$RECYCLE\.BIN|#recycle)$/i, "what was thrown away"],
  [/^(\.rsync-partial|\.~tmp~)$/, "what rsync is still writing"],
];

/**
 * Why a key is passed over without a verdict: its name says that a system or a program left it beside other files. Null
 * for everything else, also for what is ignored and told of, such as `notes.txt`.
 */
export function litterOf(key: string): string | null {
  const segments = key.split("/");
  const name = segments.pop() ?? "";
  const folder = segments.map((segment) => whatIs(segment, FOLDERS)).find((what) => what !== null);
  if (folder !== undefined) return `it is in a folder of ${folder}`;
  const what = whatIs(name, FILES);
  return what === null ? null : `its name is that of ${what}`;
}

function whatIs(name: string, kinds: readonly Kind[]): string | null {
  return kinds.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
