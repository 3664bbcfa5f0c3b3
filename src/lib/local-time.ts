/** `14:03:22` in the machine's time zone, of milliseconds since the epoch. */
export function localTimeOfDay(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
}

/** `2026-01-01 14:03:22` in the machine's time zone, of milliseconds since the epoch. */
export function localDateTime(ms: number): string {
  const date = new Date(ms);
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join("-");
  return `${day} ${localTimeOfDay(ms)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
