"use strict";
// What jsii's kernel works out at each start from files that stay the same, kept in the user's cache directory: V8's
// compiled code of what it loads, and the digests of the packages' archives (36 MB for AWS).
const crypto = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const os = require("node:os");
const path = require("node:path");
const vm = require("node:vm");

const OTHERS_MAY_WRITE = 0o022;
const IMPORTS = "import("; // asks a loader that a script made here does not have
const DIGEST = /(function digestFile\((\w+),\.\.\.(\w+)\)\{return )(readFileChunks\(\2,\(\)=>\{\},\.\.\.\3\))\}/;
const DIGEST_BYTES = 32;

/** Return our directory for this Node; undefined where it cannot be made, or somebody else may write what we would run. */
function openDirectory() {
  const root = process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache");
  const directory = path.join(root, "lazy_bindings", `node-${process.version}-${process.arch}`);
  try {
    fs.mkdirSync(directory, { mode: 0o700, recursive: true });
    const { mode, uid } = fs.statSync(directory);
    return uid === process.getuid() && !(mode & OTHERS_MAY_WRITE) ? directory : undefined;
  } catch {
    return undefined; // also where there are no user ids
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
    return sha256(content).equals(kept.subarray(0, DIGEST_BYTES)) ? content : undefined;
  } catch {
    return undefined;
  }
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
    const script = new vm.Script(Module.wrap(content), { filename, cachedData });
    if (!cachedData || script.cachedDataRejected) fresh.set(file, script);
    const run = script.runInThisContext();
    return run.call(this.exports, this.exports, requireOf(this), this, filename, path.dirname(filename));
  };
  process.once("exit", () => fresh.forEach((script, file) => write(file, script.createCachedData())));
}

/**
 * Return jsii's program so that it asks for an archive's digest here: it reads and digests every archive at each start,
 * to find what it has unpacked. A file that was replaced or written differs in its times (`ctime` cannot be set).
 * A program of another layout is returned as it is.
 */
function withKeptDigests(directory, program) {
  process[Symbol.for("lazy_bindings.digest")] = (archive, comments, digest) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = fs.statSync(archive, { bigint: true });
    const known = [path.resolve(archive), dev, ino, size, mtimeNs, ctimeNs, ...comments].join("\0");
    const file = fileOf(directory, known, "digest");
    const kept = read(file);
    if (kept) return kept;
    const found = digest();
    write(file, found);
    return found;
  };
  return program.replace(DIGEST, '$1process[Symbol.for("lazy_bindings.digest")]($2,$3,()=>$4)}');
}

module.exports = { keepCompiledCode, openDirectory, withKeptDigests };
