"use strict";
// Preloaded into jsii's kernel (lib/program.js): a prebuilt provider's index requires each resource when it is first
// asked for. In every other process this file does nothing.
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const workers = require("node:worker_threads");
const { keepCompiledCode, openDirectory, withKeptDigests } = require("./kernel-cache.cjs");

const PROVIDER = /[\\/]node_modules[\\/]@(?:cdktf|cdktn)[\\/]provider-[^\\/]+[\\/]lib[\\/](?:[\w-]+[\\/])?index\.js$/;
const INDEX = /[\\/]lib[\\/]index\.js$/;
const SOURCE_MAP = "\n//# sourceMappingURL=data:";
const DEFINITIONS = /^\.jsii\.runtime-defs\.v1\.jsonl$/;
const READS_RANGES = /JSON\.parse\(\w+\.toString\("utf-8",\w+,\w+\)\)/;
const EXPORT = /^exports\.(\w+) = (__importStar\()?require\("(\.\/[\w-]+(?:\/index)?)"\)(\))?;$/;
// TypeScript's helpers for `import * as`, which cdktn's index begins with.
const HELPERS = /^var __(createBinding|setModuleDefault|importStar) = \(this && this\.__\1\) \|\|[^]*?^\}\)(?:\)|\(\))?;$/gm;
const HARMLESS = [
  /^$|^"use strict";$|^\/\*\*?$|^ \*|^\/\//,
  /^Object\.defineProperty\(exports, "__esModule", \{ value: true \}\);$/,
];
const DECLARATION = /^(?:exports\.\w+ = )+void 0;$/; // fixes the order of the properties: from right to left
const INDEX_BUILDER = "runtime-index-worker.js";
const LONGEST_WAIT_MS = 4500; // jsii's Python side gives the kernel 5 s to end

/** Return the name -> request map of a provider's index, or undefined if it holds anything that we do not know. */
function readIndex(source) {
  const found = new Map();
  for (const line of source.replace(HELPERS, "").split("\n")) {
    const match = EXPORT.exec(line);
    if (match && !match[2] === !match[4]) found.set(match[1], { request: match[3], star: Boolean(match[2]) });
    else if (DECLARATION.test(line)) {
      for (const name of line.match(/(?<=exports\.)\w+/g).reverse()) found.set(name, undefined);
    } else if (!HARMLESS.some((known) => known.test(line))) return undefined;
  }
  const complete = found.size > 0 && [...found.values()].every((entry) => entry !== undefined);
  return complete ? found : undefined;
}

/** Return what `import * as` of a module gives: itself, if it was compiled from one; TypeScript's __importStar. */
function importStar(value) {
  if (value?.__esModule) return value;
  const star = {};
  for (const key of Object.getOwnPropertyNames(value ?? {})) {
    if (key !== "default") Object.defineProperty(star, key, { enumerable: true, get: () => value[key] });
  }
  return Object.defineProperty(star, "default", { enumerable: true, value });
}

/** Give `module.exports` a property that becomes the required module, a plain value, when it is first read. */
function defineLazily(module, name, { request, star }) {
  const settle = (value) =>
    Object.defineProperty(module.exports, name, { configurable: true, enumerable: true, value, writable: true });
  const get = () => {
    const required = module.require(request);
    const value = star ? importStar(required) : required;
    settle(value);
    return value;
  };
  Object.defineProperty(module.exports, name, { configurable: true, enumerable: true, get, set: settle });
}

/** Load a provider's files: the index lazily, each resource without its inline source map, half of the text. */
function loadProvidersLazily() {
  const stock = Module._extensions[".js"];
  Module._extensions[".js"] = function load(module, filename) {
    if (!PROVIDER.test(filename)) return stock(module, filename);
    const source = fs.readFileSync(filename, "utf8");
    if (INDEX.test(filename)) return loadIndex(module, filename, source);
    const end = process.sourceMapsEnabled ? -1 : source.lastIndexOf(SOURCE_MAP);
    return module._compile(end < 0 ? source : source.slice(0, end), filename);
  };
}

function loadIndex(module, filename, source) {
  const found = readIndex(source);
  if (!found) {
    console.error(`lazy_bindings: ${filename} is not laid out as expected, it is loaded whole`);
    return module._compile(source, filename);
  }
  Object.defineProperty(module.exports, "__esModule", { value: true });
  for (const [name, entry] of found) defineLazily(module, name, entry);
  return undefined;
}

/**
 * Let jsii read one type's definition at a time. It reads the whole file (33 MB for AWS) to decode a few of its lines,
 * with `buffer.toString("utf-8", begin, end)` and nothing else: where its program does not say so, the file is read whole.
 */
function readDefinitionsInRanges(program) {
  if (!READS_RANGES.test(fs.readFileSync(program, "utf8"))) return;
  const { readFileSync } = fs;
  fs.readFileSync = function read(file, options) {
    if (options !== undefined || typeof file !== "string" || !DEFINITIONS.test(path.basename(file))) {
      return readFileSync(file, options);
    }
    const descriptor = fs.openSync(file);
    const toString = (encoding, begin, end) => {
      const range = Buffer.allocUnsafe(end - begin);
      fs.readSync(descriptor, range, 0, range.length, begin);
      return range.toString(encoding);
    };
    return { toString };
  };
}

/**
 * Let jsii finish the index of an assembly that it has begun. It builds one, in a worker thread, when a package is new
 * in its cache, and relies on a run that outlives the worker (seconds). Ours does not: without this wait the index
 * would never exist, and each run would parse the whole assembly (120 MB for AWS) again. The wait comes before jsii's
 * own exit handler, which removes the directory that the worker reads from.
 */
function awaitIndexBuilders() {
  const { Worker } = workers;
  workers.Worker = class extends Worker {
    constructor(file, options) {
      if (path.basename(String(file)) !== INDEX_BUILDER) {
        super(file, options);
        return;
      }
      const running = new Int32Array(new SharedArrayBuffer(4)).fill(1);
      super(file, { ...options, workerData: { ...options.workerData, running } });
      process.prependOnceListener("exit", () => Atomics.wait(running, 0, 1, LONGEST_WAIT_MS));
    }
  };
}

/** In the worker: tell the thread that waits. */
function announceEnd({ running }) {
  process.once("exit", () => {
    Atomics.store(running, 0, 0);
    Atomics.notify(running, 0);
  });
}

/** Keep what the kernel works out anew at each start from files that stay the same. */
function keepBetweenRuns(directory, program) {
  keepCompiledCode(directory);
  const stock = Module._extensions[".js"];
  Module._extensions[".js"] = function load(module, filename) {
    if (filename !== program) return stock(module, filename);
    Module._extensions[".js"] = stock;
    return module._compile(withKeptDigests(directory, fs.readFileSync(program, "utf8")), filename);
  };
}

/** jsii's relay, which we do without, first says when Node's version is out of support; then it starts the kernel. */
function checkNodeVersion(program) {
  const silenced = process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION?.split(",").map((major) => major.trim());
  if (silenced?.includes(process.versions.node.split(".")[0])) return; // it has nothing else to say about an old Node
  const relay = path.join(path.dirname(path.dirname(program)), "bin", "jsii-runtime.js");
  const module = new Module(relay, null);
  module.filename = relay;
  const started = new Error("the version was checked");
  const spawn = () => {
    throw started;
  };
  module.require = (name) => (name === "child_process" ? { spawn } : require(name));
  try {
    module._compile(fs.readFileSync(relay, "utf8"), relay);
  } catch (error) {
    if (error !== started) throw error;
  }
}

if (!workers.isMainThread) {
  if (workers.workerData?.running) announceEnd(workers.workerData);
} else if (path.basename(process.argv[1] ?? "") === "program.js") {
  if (process.argv[2] === "--without-relay") checkNodeVersion(process.argv[1]);
  const directory = openDirectory();
  loadProvidersLazily();
  if (directory) keepBetweenRuns(directory, process.argv[1]);
  readDefinitionsInRanges(process.argv[1]);
  awaitIndexBuilders();
}
