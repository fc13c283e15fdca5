interface Owner {
  roomId: string;
  uid: string;
}

/** Name of a recording's file. */
export function filenameOf({ roomId, uid }: Owner): string {
  return `${roomId}--${uid}.mp4`;
}

/** Object key of a recording's file in every media store; no leading slash. */
export function mediaKeyOf(owner: Owner): string {
  return `recordings/${owner.roomId}/${filenameOf(owner)}`;
}

/** The uid in the path of a recording's file: the text between the last `--` and the extension. */
export function uidOfPath(path: string): string | undefined {
  return /--([0-9a-f]{10})(?:\.[a-z0-9]+)?$/.exec(path)?.[1];
}
