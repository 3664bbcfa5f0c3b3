// Works beside the web process: counts the entries from time to time and says so in the log.
import { readEntries } from "./entries.js";

const EVERY_MS = 60_000;
const { DATA_FILE, DYNO = "local", PORTSIDE_RELEASE = "unreleased" } = process.env;

function report() {
  if (DATA_FILE) console.log(`${readEntries(DATA_FILE).length} entries in the book`);
  else console.log("nothing to count: without DATA_FILE the entries are in the web instances' memory");
}

console.log(`worker ${PORTSIDE_RELEASE} runs as ${DYNO}`);
report();
const timer = setInterval(report, EVERY_MS);

process.on("SIGTERM", () => {
  clearInterval(timer);
  console.log("SIGTERM: worker done");
});
