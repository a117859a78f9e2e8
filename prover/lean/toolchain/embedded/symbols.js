// Finds the place of a symbol. The table has a row of three words for each: two hashes of its name,
// which together no two symbols share, and its place; sorted by the first hash. `symbols.py` writes it.
"use strict";

const { hash } = require("node:crypto");

module.exports = function open(file) {
  const bytes = require("node:fs").readFileSync(file);
  const rows = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const count = rows.length / 3;

  return name => {
    const digest = hash("sha1", name, "buffer"), first = digest.readUInt32LE(0), second = digest.readUInt32LE(4);
    let low = 0, high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (rows[3 * middle] < first) low = middle + 1; else high = middle;
    }
    for (; low < count && rows[3 * low] === first; low++)
      if (rows[3 * low + 1] === second) return rows[3 * low + 2];
    return undefined;
  };
};
