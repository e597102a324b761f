"use strict";
// Preloaded into jsii's kernel (lib/program.js): the index of a prebuilt provider requires each resource on first use.
// In every other process, this file does nothing.
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const workers = require("node:worker_threads");
const { cacheCompiledCode, openCacheDirectory, withCachedDigests } = require("./kernel-cache.cjs");

const PROVIDER = /[\\/]node_modules[\\/]@(?:cdktf|cdktn)[\\/]provider-[^\\/]+[\\/]lib[\\/](?:[\w-]+[\\/])?index\.js$/;
const INDEX = /[\\/]lib[\\/]index\.js$/;
const SOURCE_MAP = "\n//# sourceMappingURL=data:";
const DEFINITIONS = /^\.jsii\.runtime-defs\.v1\.jsonl$/;
const READS_RANGES = /JSON\.parse\(\w+\.toString\("utf-8",\w+,\w+\)\)/;
const EXPORT = /^exports\.(\w+) = (__importStar\()?require\("(\.\/[\w-]+(?:\/index)?)"\)(\))?;$/;
// TypeScript's helpers for `import * as`, at the start of cdktn's index.
const HELPERS = /^var __(createBinding|setModuleDefault|importStar) = \(this && this\.__\1\) \|\|[^]*?^\}\)(?:\)|\(\))?;$/gm;
const HARMLESS = [
  /^$|^"use strict";$|^\/\*\*?$|^ \*|^\/\//,
  /^Object\.defineProperty\(exports, "__esModule", \{ value: true \}\);$/,
];
const DECLARATION = /^(?:exports\.\w+ = )+void 0;$/; // defines the order of the properties, from right to left
const INDEX_BUILDER = "runtime-index-worker.js";
const LONGEST_WAIT_MS = 4500; // jsii's Python side waits 5 s for the end of the kernel

/** Return the map of names to requests of a provider's index, or undefined for an unknown layout. */
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

/** Return the namespace object for `import * as`, as TypeScript's __importStar does. */
function importStar(value) {
  if (value?.__esModule) return value;
  const star = {};
  for (const key of Object.getOwnPropertyNames(value ?? {})) {
    if (key !== "default") Object.defineProperty(star, key, { enumerable: true, get: () => value[key] });
  }
  return Object.defineProperty(star, "default", { enumerable: true, value });
}

/** Define a property of `module.exports` that requires its module when it is first read, and then is a plain value. */
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

/** Load a provider's index lazily, and each resource without its inline source map, which is half of the file. */
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
    console.error(`lazy_bindings: ${filename} is not laid out as expected: it is loaded completely`);
    return module._compile(source, filename);
  }
  Object.defineProperty(module.exports, "__esModule", { value: true });
  for (const [name, entry] of found) defineLazily(module, name, entry);
  return undefined;
}

/**
 * Let jsii read one type's definition at a time. It reads the whole file (33 MB for AWS) to decode a few of its lines
 * with `buffer.toString("utf-8", begin, end)`. If its program does not contain that call, the whole file is read.
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
 * Let jsii finish the index of an assembly. It builds the index in a worker thread when a package is new in its cache,
 * and expects the run to outlive the worker, which takes seconds. Our runs are shorter: without this wait, the index
 * would never exist, and each run would parse the whole assembly (120 MB for AWS) again. The wait happens before jsii's
 * own exit handler, which removes the directory that the worker reads.
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

/** In the worker: notify the waiting thread. */
function announceEnd({ running }) {
  process.once("exit", () => {
    Atomics.store(running, 0, 0);
    Atomics.notify(running, 0);
  });
}

/** Cache the results that the kernel computes at each start from unchanged files. */
function cacheBetweenRuns(directory, program) {
  cacheCompiledCode(directory);
  const stock = Module._extensions[".js"];
  Module._extensions[".js"] = function load(module, filename) {
    if (filename !== program) return stock(module, filename);
    Module._extensions[".js"] = stock;
    return module._compile(withCachedDigests(directory, fs.readFileSync(program, "utf8")), filename);
  };
}

/** Run only the version check of jsii's relay, which checks Node's version and then starts the kernel. */
function checkNodeVersion(program) {
  const silenced = process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION?.split(",").map((major) => major.trim());
  if (silenced?.includes(process.versions.node.split(".")[0])) return; // the check would print nothing
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
  const directory = openCacheDirectory();
  loadProvidersLazily();
  if (directory) cacheBetweenRuns(directory, process.argv[1]);
  readDefinitionsInRanges(process.argv[1]);
  awaitIndexBuilders();
}
