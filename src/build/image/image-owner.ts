import type { BaseContents } from "./base-contents.ts";
import { readEnv } from "./image-config.ts";
import type { Owner } from "./layer-entries.ts";
import type { StoredImage } from "./stored-image.ts";

/** For images whose base says nothing: an app does not run as root by accident. */
const UNPRIVILEGED: Owner = { uid: 1000, gid: 1000 };

/**
 * Who owns app and layers, and the user where the run image names none: what the run image's CNB_USER_ID and CNB_GROUP_ID say,
 * else its user, looked up in its own `/etc/passwd`, else 1000:1000. Pure.
 */
export function planOwner(
  base: StoredImage,
  { passwd, group }: Pick<BaseContents, "passwd" | "group">,
): { readonly owner: Owner; readonly defaultUser: string } {
  const env = readEnv(base.config.config.Env);
  const [user = "", asked] = (base.config.config.User ?? "").split(":");
  const entry = findLine(passwd, (fields) => fields[0] === user || fields[2] === user);
  const uid = number(env["CNB_USER_ID"]) ?? number(user) ?? number(entry?.[2]) ?? UNPRIVILEGED.uid;
  const named = findLine(group, (fields) => fields[0] === asked);
  const ofUser = user === "" ? UNPRIVILEGED.gid : (number(entry?.[3]) ?? 0);
  const gid = number(env["CNB_GROUP_ID"]) ?? number(asked) ?? number(named?.[2]) ?? ofUser;
  return { owner: { uid, gid }, defaultUser: `${uid}:${gid}` };
}

function findLine(text: string, fits: (fields: readonly string[]) => boolean): readonly string[] | undefined {
  return text
    .split("\n")
    .map((line) => line.split(":"))
    .find((fields) => fields.length > 2 && fits(fields));
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
