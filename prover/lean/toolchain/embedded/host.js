// Runs one Lean program on the main thread, from within Lean's own start-up.
//
// Lean's command line would import and elaborate the program on a worker thread, where every file
// operation waits a millisecond for the main thread. Here the imports are read, the program's
// sources (if any) elaborated, and its `main` run, all on the main thread.
//
// LEAN_PROGRAM describes the program: `imports`, `sources`, `args`. With `save` the process is saved
// after its imports instead of running `main`; with `image` it continues a process that was saved.
"use strict";

const images = require("./image.js");

const STATE_TAG = 1; // EST.Out.error

// The build gives its main thread a stack of 64 KiB with nothing to guard it: elaboration runs over its
// end into static data. Lean's own threads have 8 MiB; this one gets more.
const STACK_BYTES = 64 << 20;

// Lean blocks this thread, so a thread of its own sees to it that no process outlives its parent.
const ORPHAN_WATCH = `
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, "SIGKILL"); }, 500);
`;

const program = JSON.parse(process.env.LEAN_PROGRAM ?? "null");
const image = program?.image ? images.open(program.image) : null;
module.exports = { program, image, start, resume };

// Called within Lean's start-up, on its small stack.
function start(lean) {
  const { call, main, importModules, elaborate } = calls(lean);
  const lowest = call("malloc", STACK_BYTES), highest = (lowest + STACK_BYTES) & ~15;
  call("emscripten_stack_set_limits", highest, lowest);
  call("_emscripten_stack_restore", highest);
  const environment = program.sources.reduce(elaborate, importModules(program.imports));
  if (program.save) {
    images.save(program.save, lean, environment);
    process.exit(0);
  }
  main(environment);
}

// Called instead of Lean's start-up: the saved process had finished that, and had the larger stack.
function resume(lean) {
  lean.mount();
  const { main, setSearchPath } = calls(lean);
  setSearchPath(process.env.LEAN_PATH.split(":"));
  try {
    main(image.environment);
  } catch (error) {
    if (error.name !== "ExitStatus") throw error; // Lean's exit, which its start-up would catch
    process.exit(error.status);
  }
}

function calls(lean) {
  new (require("node:worker_threads").Worker)(ORPHAN_WATCH, { eval: true }).unref();
  const call = (name, ...args) => lean.table.get(lean.place(name))(...args);
  const word = address => lean.words[address >> 2];
  const box = n => (n << 1) | 1;
  const scratch = call("malloc", 64);

  const object = (tag, fields, scalars = []) => {
    fields.forEach((field, i) => { lean.words[(scratch >> 2) + 1 + i] = field; });
    call("_ZN4lean8mk_cnstrEjjPP11lean_objectj", scratch, tag, fields.length, scratch + 4, scalars.length);
    const made = word(scratch);
    scalars.forEach((value, i) => { lean.bytes[made + 8 + 4 * fields.length + i] = value; });
    return made;
  };
  const string = text => {
    const size = Buffer.byteLength(text) + 1, address = call("malloc", size);
    lean.writeString(text, address, size);
    const made = call("lean_mk_string", address);
    call("free", address);
    return made;
  };
  const name = text => text.split(".").reduce((prefix, part) => call("lean_name_mk_string", prefix, string(part)), box(0));
  const list = items => items.reduceRight((tail, head) => object(1, [head, tail]), box(0));
  const array = items => call("lean_array_mk", list(items));
  const some = value => object(1, [value]);
  const world = box(0);
  const result = outcome => {
    if (lean.bytes[outcome + 7] === STATE_TAG) {
      call("lean_io_result_show_error", outcome);
      process.exit(1);
    }
    return word(outcome + 8);
  };

  const options = word(lean.place("l_Lean_Options_empty"));
  const trust = object(0, [], [0, 0, 0, 0]), level = box(2) /* private */, artifacts = box(1) /* none */;

  const importModules = modules => {
    const imports = modules.map(module => object(0, [name(module)], [0, 1, 0]));
    return result(call("l_Lean_importModules___boxed",
      array(imports), options, trust, array([]), box(1), box(1), level, artifacts, world));
  };
  const elaborate = (environment, file) => {
    const text = lean.fs.readFileSync(file, "utf8").replace(/^import .*$/gm, "");
    const elaborated = call("l_Lean_Elab_process___boxed", string(text), environment, options, some(string(file)), world);
    return word(result(elaborated) + 8);
  };
  const setSearchPath = paths =>
    call("lean_st_ref_set", word(lean.place("l_Lean_searchPathRef")), list(paths.map(string)), world);
  const main = environment =>
    process.exit(call("lean_run_main", environment, options, list(program.args.map(string))));

  return { call, importModules, elaborate, setSearchPath, main };
}
