// Saves a Lean process after its imports, and lets other processes continue it.
//
// A saved process is its memory and the mutable globals of the module: Lean has no thread and no open
// file at that time, and all else is the same in every process of an installation. Pages of zeros are
// left out. NAME.image holds the other pages, NAME.image.json where they belong.
"use strict";

const fs = require("node:fs");

const PAGE = 65536, MAXIMUM_PAGES = 32768;
const SAVED_GLOBAL = "savedGlobal"; // wasm.py exports them under such names

module.exports = { save, open };

function save(file, lean, environment) {
  if (lean.threads.runningWorkers.length > 0) throw new Error("a process with threads cannot be saved");
  const bytes = new Uint8Array(lean.memory.buffer), words = new BigUint64Array(lean.memory.buffer);
  const ranges = []; // [first page, number of pages]
  const output = fs.openSync(file, "w");
  for (let page = 0; page < bytes.length / PAGE; page++) {
    if (words.subarray(page * PAGE / 8, (page + 1) * PAGE / 8).every(word => word === 0n)) continue;
    const last = ranges.at(-1);
    if (last && last[0] + last[1] === page) last[1]++; else ranges.push([page, 1]);
    fs.writeSync(output, Buffer.from(bytes.slice(page * PAGE, (page + 1) * PAGE)));
  }
  fs.closeSync(output);
  const globals = Object.entries(lean.exports).filter(([name]) => name.startsWith(SAVED_GLOBAL));
  fs.writeFileSync(file + ".json", JSON.stringify({
    pages: bytes.length / PAGE, ranges, environment, tableLength: lean.table.length,
    globals: Object.fromEntries(globals.map(([name, global]) => [name, global.value])),
  }));
}

function open(file) {
  const { pages, ranges, environment, tableLength, globals } = JSON.parse(fs.readFileSync(file + ".json", "utf8"));

  const memory = () => {
    const made = new WebAssembly.Memory({ initial: pages, maximum: MAXIMUM_PAGES, shared: true });
    const bytes = new Uint8Array(made.buffer);
    const input = fs.openSync(file, "r");
    for (const [first, count] of ranges)
      for (let at = first * PAGE, end = at + count * PAGE; at < end;) {
        const read = fs.readSync(input, bytes, at, end - at, null);
        if (read === 0) throw new Error(`${file} is shorter than it was: run \`prover toolchain install\``);
        at += read;
      }
    fs.closeSync(input);
    return made;
  };
  const setGlobals = (exports, table) => {
    if (table.length !== tableLength) throw new Error(`${file} is of another Lean: run \`prover toolchain install\``);
    for (const [name, value] of Object.entries(globals)) exports[name].value = value;
  };
  return { environment, memory, setGlobals };
}
