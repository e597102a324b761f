"use strict";
// Results that jsii's kernel computes at each start from unchanged files, cached in the user's cache directory: V8's
// compiled code of the kernel's modules, and the digests of the packages' archives (36 MB for AWS).
const crypto = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const vm = require("node:vm");

const DYNAMIC_IMPORT = "import("; // needs a loader that a script compiled here does not have
const DIGEST = /(?<=function digestFile\((\w+),\.\.\.(\w+)\)\{return )readFileChunks\(\1,\(\)=>\{\},\.\.\.\2\)(?=\})/;
const DIGEST_BYTES = 32;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Return the directory for this version of Node in the cache directory that Python provides, or undefined. */
function openCacheDirectory() {
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

/** Return the path of the entry for a key. */
function entryPath(directory, key, kind) {
  return path.join(directory, `${sha256(key).toString("hex")}.${kind}`);
}

/** Return the content of an entry, or undefined if it is missing or damaged. */
function read(file) {
  try {
    const entry = fs.readFileSync(file);
    const content = entry.subarray(DIGEST_BYTES);
    if (!sha256(content).equals(entry.subarray(0, DIGEST_BYTES))) return undefined;
    markUsed(file);
    return content;
  } catch {
    return undefined;
  }
}

/** Update the time of an entry that was used, at most once a day. Python removes entries that were not used for long. */
function markUsed(file) {
  if (Date.now() - fs.statSync(file).mtimeMs > DAY_MS) fs.utimesSync(file, new Date(), new Date());
}

/** Write an entry and its digest atomically. If that fails, the result is computed again at the next start. */
function write(file, content) {
  const temporary = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(temporary, Buffer.concat([sha256(content), content]), { mode: 0o600 });
    fs.renameSync(temporary, file);
  } catch {
    fs.rmSync(temporary, { force: true });
  }
}

/** Return the `require` of a module, as Node creates it. Source: nodejs.org, Modules, "The module scope". */
function requireOf(module) {
  const require = (id) => module.require(id);
  require.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  require.main = process.mainModule;
  require.extensions = Module._extensions;
  require.cache = Module._cache;
  return require;
}

/**
 * Compile modules from cached code. At exit, cache the code of the other modules, with all functions that have run.
 * Node 22's `module.enableCompileCache` is similar, but its key is a file's path, and jsii's paths differ at each start.
 */
function cacheCompiledCode(directory) {
  const fresh = new Map();
  const stock = Module.prototype._compile;
  Module.prototype._compile = function compile(content, filename, ...format) {
    if (content.includes(DYNAMIC_IMPORT) || content.startsWith("#!") || format.includes("module")) {
      return stock.call(this, content, filename, ...format);
    }
    // The key is the content, because V8 itself distinguishes two sources only by their length.
    const file = entryPath(directory, content, "code");
    const cachedData = read(file);
    // The wrapper is on the first line: stack traces count the columns without it.
    const columnOffset = -Module.wrapper[0].length;
    const script = new vm.Script(Module.wrap(content), { filename, columnOffset, cachedData });
    if (!cachedData || script.cachedDataRejected) fresh.set(file, script);
    const run = script.runInThisContext();
    return run.call(this.exports, this.exports, requireOf(this), this, filename, path.dirname(filename));
  };
  process.once("exit", () => fresh.forEach((script, file) => write(file, script.createCachedData())));
}

/**
 * Return jsii's program with a call of `digestOf` in the place of its own. The program reads and digests every archive
 * at each start, to find the unpacked package. A file that was replaced or written has other times (`ctime` cannot be
 * set). A program of another layout is returned unchanged. No column of the program's one long line moves, because stack
 * traces contain columns.
 */
function withCachedDigests(directory, program) {
  globalThis.digestOf = (readFileChunks, archive, comments) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = fs.statSync(archive, { bigint: true });
    const key = [path.resolve(archive), dev, ino, size, mtimeNs, ctimeNs, ...comments].join("\0");
    const file = entryPath(directory, key, "digest");
    const cached = read(file);
    if (cached) return cached;
    const digest = readFileChunks(archive, () => {}, ...comments);
    write(file, digest);
    return digest;
  };
  return program.replace(DIGEST, (call, archive, comments) =>
    `digestOf(readFileChunks,${archive},${comments})`.padEnd(call.length),
  );
}

module.exports = { cacheCompiledCode, openCacheDirectory, withCachedDigests };
