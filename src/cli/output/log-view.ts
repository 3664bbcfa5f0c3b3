import { localTimeOfDay } from "../../lib/local-time.ts";
import type { LogLineView } from "../../wire/logs.ts";
import type { Style } from "./style.ts";
import { padRight, visible, visibleLine } from "./text.ts";

const LABEL_COLUMNS = 10;

/** `2026-01-01T00:00:00.123456+00:00 app[web.1]: text`: Heroku's form, for pipes. */
export function plainLogLine(line: LogLineView): string {
  return `${visible(line.at)} ${visible(line.source)}: ${visibleLine(line.text)}`;
}

/** `14:03:22 web.1      │ text`, in the source's own colour; the platform's own lines are dim. */
export function coloredLogLine(style: Style, line: LogLineView): string {
  const label = visible(/\[(.+)\]$/.exec(line.source)?.[1] ?? line.source);
  const time = localTimeOfDay(Date.parse(line.at));
  const head = `${style.dim(time)} ${style.byKey(label, `${padRight(label, LABEL_COLUMNS)} │`)}`;
  const text = visibleLine(line.text);
  return `${head} ${line.source.startsWith("app[") ? text : style.dim(text)}`;
}
