// Remembers a visitor's name in a cookie that SESSION_SECRET signs, so that nobody can make one up.
import { createHmac, timingSafeEqual } from "node:crypto";

const COOKIE = "guest";

export function nameCookie(name, secret) {
  const value = Buffer.from(name).toString("base64url");
  return `${COOKIE}=${value}.${sign(value, secret)}; HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000`;
}

export function nameFrom(cookieHeader = "", secret) {
  const pair = cookieHeader.split("; ").find((part) => part.startsWith(`${COOKIE}=`));
  const [value = "", signature = ""] = (pair ?? "").slice(COOKIE.length + 1).split(".");
  const expected = Buffer.from(sign(value, secret));
  const found = Buffer.from(signature);
  if (found.length !== expected.length || !timingSafeEqual(found, expected)) return "";
  return Buffer.from(value, "base64url").toString("utf8");
}

function sign(value, secret) {
  return createHmac("sha256", secret).update(value).digest("base64url");
}
