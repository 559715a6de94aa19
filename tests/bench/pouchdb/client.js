// The reference desk.  `load FILE DB` puts documents (one JSON a line) into a local LevelDB,
// `push URL DB` and `pull URL DB [SECONDS]` replicate.  Prints one JSON object.
"use strict";
const fs = require("fs");
const PouchDB = require("pouchdb-node");

async function load(file, path) {
  const db = new PouchDB(path);
  const lines = fs.readFileSync(file, "utf8").split("\n").filter(Boolean);
  for (let i = 0; i < lines.length; i += 500) await db.bulkDocs(lines.slice(i, i + 500).map((l) => JSON.parse(l)));
  const info = await db.info();
  await db.close();
  return { docs: info.doc_count, adapter: info.adapter };
}

async function replicate(way, url, path, cap) {
  const db = new PouchDB(path);
  const options = { batch_size: 500 };
  const started = process.hrtime.bigint();
  const run = way === "push" ? db.replicate.to(url, options) : db.replicate.from(url, options);
  const timer = cap && setTimeout(() => run.cancel(), cap * 1000);
  const result = await run;
  clearTimeout(timer);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const info = await db.info();
  await db.close();
  return { docs: way === "push" ? result.docs_written : info.doc_count, seconds, adapter: info.adapter };
}

const [, , task, from, path, cap] = process.argv;
(task === "load" ? load(from, path) : replicate(task, from, path, Number(cap || 0))).then(
  (answer) => console.log(JSON.stringify(answer)) || process.exit(0),
  (error) => console.error(String(error)) || process.exit(1)
);
