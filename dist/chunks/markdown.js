import { Ot as InputError, dt as archiveLimits, ht as ignoreLimits, nt as isResourceFile } from "./common.js";
import { basename, join } from "node:path";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { lstat, readFile, readdir } from "node:fs/promises";

// src/artifact/ignore/byte-set.ts
const SLASH = 47;
const anyByte = (/* @__PURE__ */ new Uint8Array(256)).fill(1);
const anyButSlash = anyByte.map((_, byte) => byte === SLASH ? 0 : 1);
const CLASSES = /* @__PURE__ */ new Map([
	["alnum", /[A-Za-z0-9]/u],
	["alpha", /[A-Za-z]/u],
	["blank", /[\t ]/u],
	["cntrl", /[^ -~]/u],
	["digit", /[0-9]/u],
	["graph", /[!-~]/u],
	["lower", /[a-z]/u],
	["print", /[ -~]/u],
	["punct", /[!-/:-@[-`{-~]/u],
	["space", /[\t\n\r ]/u],
	["upper", /[A-Z]/u],
	["xdigit", /[A-Fa-f0-9]/u]
]);
function parseByteSet(pattern, start) {
	const isNegated = pattern[start] === "!" || pattern[start] === "^";
	const set = /* @__PURE__ */ new Uint8Array(256);
	let at = isNegated ? start + 1 : start;
	let before;
	do {
		const member = readMember(pattern, at, before);
		if (member === void 0) return void 0;
		member.add(set);
		before = member.byte;
		at = member.end;
	} while (pattern[at] !== "]");
	return {
		set: set.map((is, byte) => byte === SLASH ? 0 : isNegated ? 1 - is : is),
		end: at + 1
	};
}
function readMember(pattern, at, before) {
	if (at >= pattern.length) return void 0;
	if (pattern[at] === "-" && before !== void 0 && at + 1 < pattern.length && pattern[at + 1] !== "]") {
		const last = readByte(pattern, at + 1);
		if (last === void 0) return void 0;
		return {
			add: (set) => set.fill(1, before, last.byte + 1),
			end: last.end
		};
	}
	if (pattern.startsWith("[:", at)) return readClass(pattern, at);
	return readSingle$1(pattern, at);
}
function readSingle$1(pattern, at) {
	const single = readByte(pattern, at);
	return single && {
		...single,
		add: (set) => set.fill(1, single.byte, single.byte + 1)
	};
}
function readByte(pattern, at) {
	const place = pattern[at] === "\\" ? at + 1 : at;
	return place < pattern.length ? {
		byte: pattern.charCodeAt(place),
		end: place + 1
	} : void 0;
}
function readClass(pattern, at) {
	const close = pattern.indexOf("]", at + 2);
	if (close < 0) return void 0;
	if (close === at + 2 || pattern[close - 1] !== ":") return readSingle$1(pattern, at);
	const expression = CLASSES.get(pattern.slice(at + 2, close - 1));
	if (expression === void 0) return void 0;
	return {
		add: (set) => {
			for (let byte = 0; byte < 128; byte++) if (expression.test(String.fromCharCode(byte))) set[byte] = 1;
		},
		end: close + 1
	};
}

// src/artifact/ignore/glob.ts
function compileGlob(pattern) {
	const literalLength = pattern.search(/[*?[\\]|$/u);
	const glob = [];
	let at = 0;
	while (at < pattern.length) {
		const part = pattern[at] === "*" ? readStars(pattern, at, literalLength) : readOne(pattern, at);
		if (part === void 0) return void 0;
		glob.push(...part.steps);
		at = part.end;
	}
	return glob;
}
function readOne(pattern, at) {
	if (pattern[at] === "?") return {
		steps: [{
			kind: "one",
			of: anyButSlash
		}],
		end: at + 1
	};
	if (pattern[at] === "[") {
		const parsed = parseByteSet(pattern, at + 1);
		return parsed && {
			steps: [{
				kind: "one",
				of: parsed.set
			}],
			end: parsed.end
		};
	}
	const place = pattern[at] === "\\" ? at + 1 : at;
	if (place === pattern.length) return void 0;
	return {
		steps: [{
			kind: "byte",
			byte: pattern.charCodeAt(place)
		}],
		end: place + 1
	};
}
function readStars(pattern, at, literalLength) {
	let end = at;
	while (pattern[end] === "*") end++;
	const after = pattern.slice(end, end + 2);
	if (!((at === literalLength || pattern[at - 1] === "/") && end - at > 1 && (after === "" || after.startsWith("/") || after === "\\/"))) return {
		steps: [{
			kind: "many",
			of: anyButSlash
		}],
		end
	};
	const folders = {
		kind: "many",
		of: anyByte
	};
	return {
		steps: after.startsWith("/") ? [{ kind: "perhaps" }, folders] : [folders],
		end
	};
}
function matchesGlob(glob, text, meter) {
	const entered = new Int32Array(glob.length + 1).fill(-1);
	let places = [];
	const enter = (place, at) => {
		if (entered[place] === at) return;
		entered[place] = at;
		places.push(place);
		const step = glob[place];
		if (step?.kind === "perhaps") enter(place + 3, at);
		if (step?.kind === "perhaps" || step?.kind === "many") enter(place + 1, at);
	};
	enter(0, 0);
	for (let at = 0; at < text.length && places.length > 0; at++) {
		const byte = text.charCodeAt(at);
		const here = places;
		meter.steps -= here.length;
		if (meter.steps < 0) return false;
		places = [];
		for (const place of here) {
			const step = glob[place];
			if (step !== void 0 && takes(step, byte)) enter(step.kind === "many" ? place : place + 1, at + 1);
		}
	}
	return places.includes(glob.length);
}
function takes(step, byte) {
	if (step.kind === "byte") return step.byte === byte;
	return step.kind !== "perhaps" && step.of[byte] === 1;
}

// src/artifact/ignore/ignore.ts
const ignoreFileName = ".sealiftignore";
function createIgnoreBudget() {
	const { bytes, patterns, steps } = ignoreLimits;
	return {
		bytes,
		patterns,
		steps
	};
}
function parseIgnoreFile(bytes, options) {
	const { file, budget } = options;
	budget.bytes -= bytes.byteLength;
	if (budget.bytes < 0) throw refusal(file, `makes more than ${ignoreLimits.bytes} bytes of ignore files`);
	const text = Buffer.from(bytes).toString("latin1");
	if (text.includes("\0")) throw refusal(file, "holds a NUL byte", "Save the file as UTF-8.");
	const rules = [];
	const lines = text.replace(/^\xEF\xBB\xBF/u, "").split("\n");
	for (const [index, line] of lines.entries()) {
		const pattern = trimLine(line);
		if (pattern === "" || pattern.startsWith("#")) continue;
		const place = `${file}:${index + 1}`;
		if (pattern.length > ignoreLimits.patternBytes) throw refusal(place, `is longer than ${ignoreLimits.patternBytes} bytes`);
		budget.patterns--;
		if (budget.patterns < 0) throw refusal(place, `is one of more than ${ignoreLimits.patterns} patterns`);
		const rule = parseRule(pattern, index + 1);
		if (rule !== void 0) rules.push(rule);
	}
	return {
		file,
		rules: rules.toReversed(),
		above: options.above,
		budget
	};
}
function findIgnoring(rules, entry) {
	const path = Buffer.from(entry.path).toString("latin1");
	const name = path.slice(path.lastIndexOf("/") + 1);
	for (let level = rules; level !== void 0; level = level.above) {
		const folder = Buffer.byteLength(level.file) - 14;
		const below = path.slice(folder);
		const found = level.rules.find((rule) => {
			if (rule.isForFolders && !entry.isFolder) return false;
			return matchesGlob(rule.glob, rule.isForNames ? name : below, level.budget);
		});
		if (level.budget.steps < 0) throw refusal(level.file, "takes too long to compare with all paths");
		if (found !== void 0) return found.isNegated ? void 0 : `${level.file}:${found.line}`;
	}
}
function parseRule(pattern, line) {
	const isNegated = pattern.startsWith("!");
	const isForFolders = pattern.endsWith("/");
	const body = pattern.slice(isNegated ? 1 : 0, isForFolders ? -1 : void 0);
	const glob = compileGlob(body.startsWith("/") ? body.slice(1) : body);
	return glob && {
		line,
		isNegated,
		isForFolders,
		isForNames: !body.includes("/"),
		glob
	};
}
function trimLine(line) {
	const text = line.endsWith("\r") ? line.slice(0, -1) : line;
	let end = 0;
	let at = 0;
	while (at < text.length) {
		const isSpace = text[at] === " ";
		at += text[at] === "\\" ? 2 : 1;
		if (!isSpace) end = at;
	}
	return text.slice(0, end);
}
function refusal(subject, what, hint) {
	return new InputError("INPUT_INVALID", `${subject} ${what}`, hint === void 0 ? {} : { hint });
}

// src/operations/collect.ts
const { O_NOFOLLOW: noFollow, O_NONBLOCK: noWait } = constants;
async function collectFiles(path) {
	const files = [];
	const skipped = [];
	const stat = await readable(path, () => lstat(path));
	if (stat.isFile()) return {
		files: [await readSingle(path)],
		skipped
	};
	if (!stat.isDirectory()) throw new InputError("INPUT_INVALID", `${path} is neither a file nor a directory`);
	const budget = createIgnoreBudget();
	const open = [{
		path: "",
		rules: void 0
	}];
	for (let folder = open.pop(); folder !== void 0; folder = open.pop()) {
		const here = join(path, folder.path);
		const entries = await readable(here, () => readdir(here, { withFileTypes: true }));
		const rules = await readRules(path, folder, {
			entries,
			budget
		});
		for (const entry of entries) {
			if (entry.name === ".sealiftignore") continue;
			const relative = joinRelative(folder.path, entry.name);
			const reason = reasonToSkip(entry, relative, rules);
			if (reason !== void 0) skipped.push(`${relative} (${reason})`);
			else if (entry.isDirectory()) open.push({
				path: relative,
				rules
			});
			else files.push(await readEntry(join(path, relative), relative));
			if (files.length > archiveLimits.entries) throw new InputError("INPUT_INVALID", `${path} holds more than ${archiveLimits.entries} files`);
		}
	}
	if (files.length === 0) throw new InputError("INPUT_INVALID", `${path} holds no YAML or JSON file that is not ignored`, { hint: "Name the directory that holds the rendered manifests." });
	return {
		files: files.sort((a, b) => a.path < b.path ? -1 : 1),
		skipped: skipped.sort()
	};
}
async function readSingle(path) {
	const name = basename(path);
	if (isResourceFile(name)) return readEntry(path, name);
	throw new InputError("INPUT_INVALID", `${path} is neither YAML nor JSON by its name`, { hint: "Name it *.yaml, *.yml or *.json, or name the directory that holds the rendered manifests." });
}
function reasonToSkip(entry, path, rules) {
	if (entry.name.startsWith(".")) return "hidden";
	const ignoring = findIgnoring(rules, {
		path,
		isFolder: entry.isDirectory()
	});
	if (ignoring !== void 0) return `ignored by ${ignoring}`;
	if (entry.isDirectory()) return void 0;
	if (!entry.isFile()) return "not a plain file";
	return isResourceFile(entry.name) ? void 0 : "neither YAML nor JSON";
}
async function readRules(root, folder, { entries, budget }) {
	const entry = entries.find(({ name }) => name === ignoreFileName);
	if (entry === void 0) return folder.rules;
	const file = joinRelative(folder.path, ignoreFileName);
	if (!entry.isFile()) throw new InputError("INPUT_INVALID", `${file} is not a plain file`);
	const full = join(root, file);
	const { size } = await readable(full, () => lstat(full));
	if (size > budget.bytes) throw new InputError("INPUT_INVALID", `${file} has ${size} bytes, more than ${budget.bytes}`);
	const bytes = await readable(full, () => readFile(full));
	return parseIgnoreFile(bytes, {
		file,
		above: folder.rules,
		budget
	});
}
function joinRelative(folder, name) {
	return folder === "" ? name : `${folder}/${name}`;
}
async function readEntry(full, path) {
	return readable(full, () => {
		const file = openSync(full, constants.O_RDONLY | (noFollow ?? 0) | (noWait ?? 0));
		try {
			const stat = fstatSync(file);
			if (!stat.isFile()) throw new InputError("INPUT_INVALID", `${path} is not a plain file`);
			const { size } = stat;
			if (size > archiveLimits.fileBytes) {
				const message = `${path} has ${size} bytes, more than ${archiveLimits.fileBytes}`;
				throw new InputError("INPUT_INVALID", message);
			}
			return {
				path,
				bytes: readWhole(file, size)
			};
		} finally {
			closeSync(file);
		}
	});
}
function readWhole(file, size) {
	const bytes = Buffer.allocUnsafe(size);
	let filled = 0;
	while (filled < size) {
		const count = readSync(file, bytes, filled, size - filled, null);
		if (count === 0) break;
		filled += count;
	}
	return bytes.subarray(0, filled);
}
async function readable(path, read) {
	try {
		return await read();
	} catch (cause) {
		if (cause instanceof InputError) throw cause;
		const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
		throw new InputError("FILE_UNREADABLE", `${path} can not be read (${code})`, { cause });
	}
}

// src/plan/markdown.ts
function inlineCode(text, maxCharacters) {
	const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").replaceAll(/\p{Cf}/gu, "\ufffd");
	return `<code>${escapeText(line.length > maxCharacters ? `${line.slice(0, maxCharacters - 1)}\u2026` : line)}</code>`;
}
function fencedBlock(text, language) {
	const inert = text.replaceAll(/\r\n?|[\p{Zl}\p{Zp}]/gu, "\ufffd").replaceAll(/(?!\n|\t)[\p{Cc}\p{Cf}]/gu, "\ufffd").replace(/\n$/u, "");
	const longest = [...inert.matchAll(/`+/gu)].reduce((longest, [run]) => Math.max(longest, run.length), 0);
	const fence = "`".repeat(Math.max(3, longest + 1));
	return `${fence}${language}\n${inert}\n${fence}`;
}
function markerOf(key) {
	return `<!-- sealift:diff key=${encodeURIComponent(key.toWellFormed()).replaceAll("%2F", "/").replaceAll("--", "%2D%2D")} -->`;
}
function escapeText(text) {
	return text.replaceAll(/[!-+:-@[-`{-~]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`).replaceAll(/www\./giu, (word) => `${word.slice(0, 3)}&#46;`);
}

export { collectFiles as i, inlineCode as n, markerOf as r, fencedBlock as t };