// The reference hub: express-pouchdb over LevelDB files in the folder given.  Prints its port.
"use strict";
const express = require("express");
const PouchDB = require("pouchdb-node");

const folder = process.argv[2];
const app = express();
app.use(
  "/",
  require("express-pouchdb")(PouchDB.defaults({ prefix: folder + "/" }), {
    configPath: folder + "/config.json",
    logPath: folder + "/log.txt",
    overrideMode: { exclude: ["routes/fauxton"] },
  })
);
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
