"use strict";
// What jsii's kernel works out at each start from files that stay the same, kept in the user's cache directory: V8's
// compiled code of what it loads, and the digests of the packages' archives (36 MB for AWS).
const crypto = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const vm = require("node:vm");

const IMPORTS = "import("; // asks a loader that a script made here does not have
const DIGEST = /(?<=function digestFile\((\w+),\.\.\.(\w+)\)\{return )readFileChunks\(\1,\(\)=>\{\},\.\.\.\2\)(?=\})/;
const DIGEST_BYTES = 32;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Return our directory for this Node, in the one that Python found to be its user's alone; undefined without one. */
function openDirectory() {
  const root = process.env.LAZY_BINDINGS_CACHE;
  if (!root) return undefined;
  const directory = path.join(root, `node-${process.version}-${process.arch}`);
  try {
    fs.mkdirSync(directory, { mode: 0o700, recursive: true });
    return directory;
  } catch {
    return undefined;
  }
}

function sha256(content) {
  return crypto.createHash("sha256").update(content).digest();
}

/** Return the file that something is kept in, by what it was made from. */
function fileOf(directory, origin, kind) {
  return path.join(directory, `${sha256(origin).toString("hex")}.${kind}`);
}

/** Return what was kept; undefined where there is nothing, or not all of it. */
function read(file) {
  try {
    const kept = fs.readFileSync(file);
    const content = kept.subarray(DIGEST_BYTES);
    if (!sha256(content).equals(kept.subarray(0, DIGEST_BYTES))) return undefined;
    use(file);
    return content;
  } catch {
    return undefined;
  }
}

/** Note that a file was used: once a day is enough. Python removes what was not for long. */
function use(file) {
  if (Date.now() - fs.statSync(file).mtimeMs > DAY_MS) fs.utimesSync(file, new Date(), new Date());
}

/** Keep it with its digest, in whole or not at all: what cannot be kept is worked out again. */
function write(file, content) {
  const beside = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(beside, Buffer.concat([sha256(content), content]), { mode: 0o600 });
    fs.renameSync(beside, file);
  } catch {
    fs.rmSync(beside, { force: true });
  }
}

/** Return the `require` of a module, as Node makes it. Source: nodejs.org, Modules, "The module scope". */
function requireOf(module) {
  const require = (id) => module.require(id);
  require.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  require.main = process.mainModule;
  require.extensions = Module._extensions;
  require.cache = Module._cache;
  return require;
}

/**
 * Compile modules from the code that was kept; keep what was not, with all its functions that have run by the end.
 * Node 22's `module.enableCompileCache` does so too, but knows a file by its path, and jsii's differ at each start.
 */
function keepCompiledCode(directory) {
  const fresh = new Map();
  const stock = Module.prototype._compile;
  Module.prototype._compile = function compile(content, filename, ...format) {
    if (content.includes(IMPORTS) || content.startsWith("#!") || format.includes("module")) {
      return stock.call(this, content, filename, ...format);
    }
    // By its content: V8 itself tells two sources apart by their length alone.
    const file = fileOf(directory, content, "code");
    const cachedData = read(file);
    // The wrapper is on the first line: stack traces count its columns from the content on.
    const columnOffset = -Module.wrapper[0].length;
    const script = new vm.Script(Module.wrap(content), { filename, columnOffset, cachedData });
    if (!cachedData || script.cachedDataRejected) fresh.set(file, script);
    const run = script.runInThisContext();
    return run.call(this.exports, this.exports, requireOf(this), this, filename, path.dirname(filename));
  };
  process.once("exit", () => fresh.forEach((script, file) => write(file, script.createCachedData())));
}

/**
 * Return jsii's program so that it asks for an archive's digest here: it reads and digests every archive at each start,
 * to find what it has unpacked. A file that was replaced or written differs in its times (`ctime` cannot be set).
 * A program of another layout is returned as it is, and no column of its one long line moves: stack traces name it.
 */
function withKeptDigests(directory, program) {
  globalThis.digestOf = (readFileChunks, archive, comments) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = fs.statSync(archive, { bigint: true });
    const known = [path.resolve(archive), dev, ino, size, mtimeNs, ctimeNs, ...comments].join("\0");
    const file = fileOf(directory, known, "digest");
    const kept = read(file);
    if (kept) return kept;
    const found = readFileChunks(archive, () => {}, ...comments);
    write(file, found);
    return found;
  };
  return program.replace(DIGEST, (call, archive, comments) =>
    `digestOf(readFileChunks,${archive},${comments})`.padEnd(call.length),
  );
}

module.exports = { keepCompiledCode, openDirectory, withKeptDigests };
