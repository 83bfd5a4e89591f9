import { S as NEVER, b as safeParse, d as looseObject, f as number, g as string, i as array, l as int, m as record, n as _enum, p as object, u as literal, x as ZodError } from "./zod.js";
import { t as Parser } from "./tar.js";
import { t as require_dist } from "./yaml.js";
import { EOL } from "node:os";
import * as os from "os";
import { EOL as EOL$1 } from "os";
import * as crypto from "crypto";
import * as fs from "fs";
import { constants, promises } from "fs";
import { BlockList, Socket, connect as connect$1, isIP } from "node:net";
import { Readable } from "node:stream";
import { once as once$2 } from "node:events";
import { TLSSocket, connect as connect$2, createSecureContext, getCACertificates } from "node:tls";
import { createGunzip } from "node:zlib";
import { X509Certificate, createHash, createPrivateKey, randomInt } from "node:crypto";
import { dirname, isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { open, readFile as readFile$2, readdir, realpath, stat } from "node:fs/promises";
import { spawn } from "node:child_process";
import { Agent as Agent$1, request as request$1 } from "node:https";

// node_modules/@actions/core/lib/utils.js
function toCommandValue(input) {
	if (input === null || input === void 0) return "";
	else if (typeof input === "string" || input instanceof String) return input;
	return JSON.stringify(input);
}
function toCommandProperties(annotationProperties) {
	if (!Object.keys(annotationProperties).length) return {};
	return {
		title: annotationProperties.title,
		file: annotationProperties.file,
		line: annotationProperties.startLine,
		endLine: annotationProperties.endLine,
		col: annotationProperties.startColumn,
		endColumn: annotationProperties.endColumn
	};
}

// node_modules/@actions/core/lib/command.js
function issueCommand(command, properties, message) {
	const cmd = new Command(command, properties, message);
	process.stdout.write(cmd.toString() + os.EOL);
}
function issue(name, message = "") {
	issueCommand(name, {}, message);
}
const CMD_STRING = "::";
var Command = class {
	constructor(command, properties, message) {
		if (!command) command = "missing.command";
		this.command = command;
		this.properties = properties;
		this.message = message;
	}
	toString() {
		let cmdStr = CMD_STRING + this.command;
		if (this.properties && Object.keys(this.properties).length > 0) {
			cmdStr += " ";
			let first = true;
			for (const key in this.properties) if (this.properties.hasOwnProperty(key)) {
				const val = this.properties[key];
				if (val) {
					if (first) first = false;
					else cmdStr += ",";
					cmdStr += `${key}=${escapeProperty(val)}`;
				}
			}
		}
		cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
		return cmdStr;
	}
};
function escapeData(s) {
	return toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}
function escapeProperty(s) {
	return toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/:/g, "%3A").replace(/,/g, "%2C");
}

// node_modules/@actions/core/lib/file-command.js
function issueFileCommand(command, message) {
	const filePath = process.env[`GITHUB_${command}`];
	if (!filePath) throw new Error(`Unable to find environment variable for file command ${command}`);
	if (!fs.existsSync(filePath)) throw new Error(`Missing file at path: ${filePath}`);
	fs.appendFileSync(filePath, `${toCommandValue(message)}${os.EOL}`, { encoding: "utf8" });
}
function prepareKeyValueMessage(key, value) {
	const delimiter = `ghadelimiter_${crypto.randomUUID()}`;
	const convertedValue = toCommandValue(value);
	if (key.includes(delimiter)) throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
	if (convertedValue.includes(delimiter)) throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
	return `${key}<<${delimiter}${os.EOL}${convertedValue}${os.EOL}${delimiter}`;
}

// \0node-http
const http = process.getBuiltinModule("node:http");
const { Agent, METHODS, STATUS_CODES, createServer, globalAgent, request } = http;

// node_modules/@actions/core/lib/summary.js
var __awaiter$1 = void 0 && (void 0).__awaiter || function(thisArg, _arguments, P, generator) {
	function adopt(value) {
		return value instanceof P ? value : new P(function(resolve) {
			resolve(value);
		});
	}
	return new (P || (P = Promise))(function(resolve, reject) {
		function fulfilled(value) {
			try {
				step(generator.next(value));
			} catch (e) {
				reject(e);
			}
		}
		function rejected(value) {
			try {
				step(generator["throw"](value));
			} catch (e) {
				reject(e);
			}
		}
		function step(result) {
			result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
		}
		step((generator = generator.apply(thisArg, _arguments || [])).next());
	});
};
const { access, appendFile, writeFile } = promises;
const SUMMARY_ENV_VAR = "GITHUB_STEP_SUMMARY";
var Summary = class {
	constructor() {
		this._buffer = "";
	}
	filePath() {
		return __awaiter$1(this, void 0, void 0, function* () {
			if (this._filePath) return this._filePath;
			const pathFromEnv = process.env[SUMMARY_ENV_VAR];
			if (!pathFromEnv) throw new Error(`Unable to find environment variable for $${SUMMARY_ENV_VAR}. Check if your runtime environment supports job summaries.`);
			try {
				yield access(pathFromEnv, constants.R_OK | constants.W_OK);
			} catch (_a) {
				throw new Error(`Unable to access summary file: '${pathFromEnv}'. Check if the file has correct read/write permissions.`);
			}
			this._filePath = pathFromEnv;
			return this._filePath;
		});
	}
	wrap(tag, content, attrs = {}) {
		const htmlAttrs = Object.entries(attrs).map(([key, value]) => ` ${key}="${value}"`).join("");
		if (!content) return `<${tag}${htmlAttrs}>`;
		return `<${tag}${htmlAttrs}>${content}</${tag}>`;
	}
	write(options) {
		return __awaiter$1(this, void 0, void 0, function* () {
			const overwrite = !!(options === null || options === void 0 ? void 0 : options.overwrite);
			const filePath = yield this.filePath();
			yield (overwrite ? writeFile : appendFile)(filePath, this._buffer, { encoding: "utf8" });
			return this.emptyBuffer();
		});
	}
	clear() {
		return __awaiter$1(this, void 0, void 0, function* () {
			return this.emptyBuffer().write({ overwrite: true });
		});
	}
	stringify() {
		return this._buffer;
	}
	isEmptyBuffer() {
		return this._buffer.length === 0;
	}
	emptyBuffer() {
		this._buffer = "";
		return this;
	}
	addRaw(text, addEOL = false) {
		this._buffer += text;
		return addEOL ? this.addEOL() : this;
	}
	addEOL() {
		return this.addRaw(EOL$1);
	}
	addCodeBlock(code, lang) {
		const attrs = Object.assign({}, lang && { lang });
		const element = this.wrap("pre", this.wrap("code", code), attrs);
		return this.addRaw(element).addEOL();
	}
	addList(items, ordered = false) {
		const tag = ordered ? "ol" : "ul";
		const listItems = items.map((item) => this.wrap("li", item)).join("");
		const element = this.wrap(tag, listItems);
		return this.addRaw(element).addEOL();
	}
	addTable(rows) {
		const tableBody = rows.map((row) => {
			const cells = row.map((cell) => {
				if (typeof cell === "string") return this.wrap("td", cell);
				const { header, data, colspan, rowspan } = cell;
				const tag = header ? "th" : "td";
				const attrs = Object.assign(Object.assign({}, colspan && { colspan }), rowspan && { rowspan });
				return this.wrap(tag, data, attrs);
			}).join("");
			return this.wrap("tr", cells);
		}).join("");
		const element = this.wrap("table", tableBody);
		return this.addRaw(element).addEOL();
	}
	addDetails(label, content) {
		const element = this.wrap("details", this.wrap("summary", label) + content);
		return this.addRaw(element).addEOL();
	}
	addImage(src, alt, options) {
		const { width, height } = options || {};
		const attrs = Object.assign(Object.assign({}, width && { width }), height && { height });
		const element = this.wrap("img", null, Object.assign({
			src,
			alt
		}, attrs));
		return this.addRaw(element).addEOL();
	}
	addHeading(text, level) {
		const tag = `h${level}`;
		const allowedTag = [
			"h1",
			"h2",
			"h3",
			"h4",
			"h5",
			"h6"
		].includes(tag) ? tag : "h1";
		const element = this.wrap(allowedTag, text);
		return this.addRaw(element).addEOL();
	}
	addSeparator() {
		const element = this.wrap("hr", null);
		return this.addRaw(element).addEOL();
	}
	addBreak() {
		const element = this.wrap("br", null);
		return this.addRaw(element).addEOL();
	}
	addQuote(text, cite) {
		const attrs = Object.assign({}, cite && { cite });
		const element = this.wrap("blockquote", text, attrs);
		return this.addRaw(element).addEOL();
	}
	addLink(text, href) {
		const element = this.wrap("a", text, { href });
		return this.addRaw(element).addEOL();
	}
};
const _summary = new Summary();
const summary = _summary;

// node_modules/@actions/core/lib/core.js
var __awaiter = void 0 && (void 0).__awaiter || function(thisArg, _arguments, P, generator) {
	function adopt(value) {
		return value instanceof P ? value : new P(function(resolve) {
			resolve(value);
		});
	}
	return new (P || (P = Promise))(function(resolve, reject) {
		function fulfilled(value) {
			try {
				step(generator.next(value));
			} catch (e) {
				reject(e);
			}
		}
		function rejected(value) {
			try {
				step(generator["throw"](value));
			} catch (e) {
				reject(e);
			}
		}
		function step(result) {
			result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
		}
		step((generator = generator.apply(thisArg, _arguments || [])).next());
	});
};
var ExitCode;
(function(ExitCode) {
	ExitCode[ExitCode["Success"] = 0] = "Success";
	ExitCode[ExitCode["Failure"] = 1] = "Failure";
})(ExitCode || (ExitCode = {}));
function setSecret(secret) {
	issueCommand("add-mask", {}, secret);
}
function getInput(name, options) {
	const val = process.env[`INPUT_${name.replace(/ /g, "_").toUpperCase()}`] || "";
	if (options && options.required && !val) throw new Error(`Input required and not supplied: ${name}`);
	if (options && options.trimWhitespace === false) return val;
	return val.trim();
}
function setOutput(name, value) {
	if (process.env["GITHUB_OUTPUT"] || "") return issueFileCommand("OUTPUT", prepareKeyValueMessage(name, value));
	process.stdout.write(os.EOL);
	issueCommand("set-output", { name }, toCommandValue(value));
}
function error(message, properties = {}) {
	issueCommand("error", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
function warning(message, properties = {}) {
	issueCommand("warning", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
function info(message) {
	process.stdout.write(message + os.EOL);
}
function startGroup(name) {
	issue("group", name);
}
function endGroup() {
	issue("endgroup");
}

// action/shared/warnings.ts
function createWarnings(show, log) {
	const held = [];
	let shown = 0;
	return {
		warn: (message, place) => {
			if (shown < 9) {
				shown += 1;
				show(message, place);
				return;
			}
			held.push([message, place]);
			log(`warning: ${place === void 0 ? "" : `${place.title}: `}${message}`);
		},
		end: () => {
			const [last, ...more] = held;
			if (last === void 0) return;
			if (more.length === 0) show(...last);
			else show(`${held.length} more warnings are in the log of this step`, { title: "More warnings" });
		}
	};
}

// action/shared/host.ts
const warnings = createWarnings((message, place) => warning(message, place && propertiesOf(place)), (line) => info(inertLine(line)));
const endWarnings = warnings.end;
const runnerHost = {
	input: (name) => getInput(name, { trimWhitespace: false }),
	output: setOutput,
	mask: (secret) => {
		if (secret.trim() !== "") setSecret(secret);
	},
	group: async (title, body) => {
		startGroup(title);
		try {
			return await body();
		} finally {
			endGroup();
		}
	},
	info: (line) => info(inertLine(line)),
	list: (lines) => {
		if (lines.length > 0) info(lines.map(inertLine).join(EOL));
	},
	warning: warnings.warn,
	error: (message, place) => error(message, propertiesOf(place)),
	summary: async (markdown) => {
		await summary.addRaw(markdown, true).write();
	}
};
function propertiesOf({ title, file, line, column }) {
	return {
		title,
		...file === void 0 ? {} : { file },
		...line === void 0 ? {} : { startLine: line },
		...column === void 0 ? {} : { startColumn: column }
	};
}
function inertLine(text) {
	const line = text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").replaceAll("##[", "## [");
	return line.trimStart().startsWith("::") ? `- ${line}` : line;
}

// action/shared/main.ts
async function startAction(run) {
	const cancel = new AbortController();
	for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => cancel.abort());
	process.exitCode = await run({
		host: runnerHost,
		env: process.env,
		now: Date.now,
		random: Math.random,
		signal: cancel.signal
	});
	endWarnings();
}

// src/errors.ts
var SealiftError = class extends Error {
	code;
	hint;
	details;
	retryable;
	constructor(code, message, options = {}) {
		super(message, options.cause === void 0 ? void 0 : { cause: options.cause });
		this.name = new.target.name;
		this.code = code;
		this.hint = options.hint;
		this.details = options.details ?? {};
		this.retryable = options.retryable ?? false;
	}
};
var InputError = class extends SealiftError {};
var InvalidReferenceError = class extends SealiftError {};
var ContentError = class extends SealiftError {};
var RegistryError = class extends SealiftError {};
var ArchiveError = class extends SealiftError {};
function formatLocation({ file, line, column }) {
	return [
		file,
		line,
		column
	].filter((part) => part !== void 0).join(":");
}
var ResourceError = class extends SealiftError {
	location;
	constructor(code, message, location, options = {}) {
		super(code, `${formatLocation(location)}: ${message}`, options);
		this.location = location;
	}
};
var RenderError = class extends SealiftError {
	location;
	constructor(code, message, { location, ...options } = {}) {
		super(code, location === void 0 ? message : `${formatLocation(location)}: ${message}`, options);
		this.location = location;
	}
};
var SigningError = class extends SealiftError {};
var VerificationError = class extends SealiftError {
	candidates;
	constructor(code, message, candidates, options = {}) {
		super(code, message, options);
		this.candidates = candidates;
	}
};
var PolicyError = class extends SealiftError {
	candidates;
	constructor(code, message, { candidates = [], ...options } = {}) {
		super(code, message, options);
		this.candidates = candidates;
	}
};
var PromotionError = class extends SealiftError {};
var FailuresError = class extends AggregateError {
	code;
	constructor(errors, message) {
		super(errors, message);
		this.name = "FailuresError";
		this.code = errors[0].code;
	}
};
function isSealiftError(value) {
	return value instanceof SealiftError;
}
function errorCodeOf(value) {
	if (isSealiftError(value) || value instanceof FailuresError) return value.code;
}
function errorMessageOf(value, max = 1e3) {
	const line = (value instanceof Error ? value.message : String(value)).replaceAll(/\s+/gu, " ").replaceAll(/\p{Cc}/gu, "\ufffd").trim();
	return line.length > max ? `${line.slice(0, max - 1)}\u2026` : line;
}

// src/limits.ts
const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1e3;
const MINUTE = 60 * SECOND;
const ociLimits = {
	manifestBytes: 4 * MIB,
	bundleBytes: 128 * KIB,
	bundlesBytes: 8 * MIB,
	layerBytes: 16 * MIB,
	blobBytes: 8192 * MIB,
	referrers: 200,
	signatures: 256,
	pages: 128,
	listingBytes: 32 * MIB,
	tagsPerPage: 1e3,
	tags: 1e4,
	repositoryLength: 255,
	descriptors: 1e3
};
const actionLimits = {
	minTimeoutMs: SECOND,
	maxTimeoutMs: 1440 * MINUTE,
	retries: 20,
	credentialLength: 32 * KIB,
	eventBytes: 32 * MIB
};
const sourceLimits = {
	layoutDepth: 16,
	rangeLength: 256,
	filterSteps: 2e7
};
const copyLimits = {
	manifests: 2e4,
	blobs: 1e5,
	manifestBytes: 256 * MIB,
	depth: 32,
	referrers: 5e3,
	transfers: 6,
	roots: 24,
	calls: 16,
	sampledTags: 32
};
const httpLimits = {
	caBytes: MIB,
	settleMs: 150,
	errorBodyBytes: 64 * KIB,
	discardBytes: 64 * KIB,
	tries: 5,
	connectTimeoutMs: 30 * SECOND,
	responseTimeoutMs: 30 * SECOND,
	responseBytesPerSecond: 16 * MIB,
	idleTimeoutMs: 30 * SECOND,
	idleBytes: 16 * KIB,
	documentTimeoutMs: 2 * MINUTE,
	maxRetryDelayMs: 30 * SECOND,
	minRetryDelayMs: 200,
	redirects: 5,
	resumes: 50,
	fruitlessResumes: 3,
	uploads: 4,
	chunkBytes: 8 * MIB,
	maxChunkBytes: 16 * MIB,
	chunkTries: 4,
	connections: 16,
	largeBytes: 16 * MIB,
	readBytes: 256 * KIB,
	waitingReads: 4,
	headerBytes: 32 * KIB
};
const networkLimits = {
	noProxyLength: 64 * KIB,
	proxyLength: 4 * KIB,
	certificateFiles: 32,
	certificateBytes: MIB,
	hosts: 256,
	chainLength: 10,
	certificateNameLength: 200
};
const authLimits = {
	challengeLength: 8 * KIB,
	challenges: 16,
	challengeParameters: 32,
	scopes: 16,
	scopeLength: 4 * KIB,
	tokenAnswerBytes: 64 * KIB,
	tokenLength: 16 * KIB,
	tokenTimeoutMs: MINUTE,
	tokenLifetimeMs: MINUTE,
	maxTokenLifetimeMs: 60 * MINUTE,
	tokenMarginMs: 10 * SECOND,
	tokens: 1e3,
	repositories: 1e3,
	credentialLifetimeMs: 5 * MINUTE,
	credentialFileBytes: MIB,
	helperOutputBytes: 64 * KIB,
	helperErrorBytes: 4 * KIB,
	helperTimeoutMs: MINUTE,
	helperNameLength: 64
};
const collectLimits = {
	paths: 100,
	pathSteps: 5e7
};
const archiveLimits = {
	entries: 2e4,
	totalBytes: 16 * MIB,
	fileBytes: 2 * MIB,
	metadataBytes: 64 * KIB,
	pathBytes: 1024,
	nameBytes: 255,
	pathDepth: 32,
	folders: 2e4
};
const packLimits = {
	entries: archiveLimits.entries,
	totalBytes: archiveLimits.totalBytes,
	fileBytes: archiveLimits.fileBytes,
	layerBytes: ociLimits.layerBytes
};
const ignoreLimits = {
	bytes: 256 * KIB,
	patterns: 1e4,
	patternBytes: 1024,
	steps: 2e8
};
const resourceLimits = {
	documents: 1e4,
	resources: 2e4,
	depth: 100,
	aliasBytes: 3 * MIB,
	aliasNodeBytes: 64,
	resourceBytes: 3 * MIB,
	problems: 100
};
const renderLimits = {
	toolTimeoutMs: 2 * MINUTE,
	versionTimeoutMs: 30 * SECOND,
	outputBytes: 2 * archiveLimits.totalBytes,
	wordsBytes: 8 * KIB,
	documentBytes: 512 * KIB,
	kustomizations: 1e3,
	entries: 2e4,
	sourceBytes: 64 * MIB,
	depth: 32,
	values: 100,
	parents: 64
};
const patchLimits = {
	documents: 32,
	operations: 256,
	copiedBytes: resourceLimits.resourceBytes
};
const sopsLimits = {
	ageBytes: 64 * KIB,
	recipients: 64,
	identities: 64,
	tries: 4096,
	patternBytes: 1024,
	patternParts: 4096,
	patternSteps: 25e6
};
const schemaLimits = {
	nodes: 1e5,
	depth: 64,
	patternLength: 4096,
	patternParts: 5e5,
	patternsParts: 5e5,
	steps: 5e7,
	suggestions: 500,
	ruleSteps: 1e6,
	ruleCompiling: 5e3,
	ruleCharacter: 10,
	copiedValue: 20,
	ruleMessage: 400
};
const imageLimits = {
	referenceLength: 1024,
	fields: 5e4,
	lookups: 8,
	problems: 100,
	rewrites: 100,
	policies: 1e3,
	exclusions: 25,
	patternLength: 256,
	filterSteps: 3e7
};
const diffLimits = {
	fields: 100,
	edits: 2e3,
	steps: 2e8
};
const planLimits = {
	secretCharacters: 4,
	secrets: 5e4,
	maskSteps: 5e7,
	reportCharacters: 8 * MIB,
	reportBytes: 64 * MIB,
	commentCharacters: 6e4,
	summaryCharacters: 3e5,
	cellCharacters: 300,
	cellFields: 5,
	commentPages: 50
};
const githubLimits = {
	answerBytes: 32 * MIB,
	tries: 3,
	maxRetryDelayMs: MINUTE,
	totalMs: 3 * MINUTE,
	redirects: 3,
	descriptionCharacters: 140,
	environmentCharacters: 255,
	deployments: 100,
	superseded: 10
};
const signingLimits = {
	keyBytes: 64 * KIB,
	scryptMaxN: 1 << 20,
	scryptMaxR: 16,
	scryptMaxP: 4,
	scryptMaxMemory: 512 * MIB,
	clockSkewMs: 5 * MINUTE,
	begunReach: 100,
	heartbeatReferrers: 150,
	logEntries: 8,
	timestamps: 8,
	legacySignatures: 64,
	legacyPayloadBytes: 64 * KIB,
	trustRootBytes: 256 * KIB,
	identityLength: 2048,
	identityTokenBytes: 32 * KIB,
	signingConfigBytes: 64 * KIB,
	signingServices: 64,
	serviceAnswerBytes: 256 * KIB,
	serviceTimeoutMs: MINUTE,
	certificateChain: 8,
	certificateSpareMs: MINUTE,
	signerTimeoutMs: 2 * MINUTE,
	signerOutputBytes: 16 * KIB,
	signerErrorBytes: 2 * KIB,
	predicateBytes: 64 * KIB
};
const provenanceLimits = { textLength: 2048 };
const longestDurationMs = 5256e4 * MINUTE;
const expressionLimits = {
	textLength: 4096,
	depth: 64,
	loops: 3,
	patternLength: 512,
	steps: 1e6,
	objectSteps: 5e4,
	deliveryTextLength: 16384
};
const judgingLimits = { policyFileBytes: 4 * MIB };

// src/oci/digest.ts
const SHA256 = /^sha256:[a-f0-9]{64}$/u;
function isDigest(text) {
	return SHA256.test(text);
}
function parseDigest(text) {
	if (isDigest(text)) return text;
	throw new InvalidReferenceError("DIGEST_INVALID", `digest ${JSON.stringify(text.slice(0, 100))} is not valid`, { hint: "Give it as sha256: followed by 64 lower-case hexadecimal digits." });
}
function digestHex(digest) {
	return digest.slice(7);
}
function computeDigest(bytes) {
	return finishDigest(startDigest().update(bytes));
}
function startDigest() {
	return createHash("sha256");
}
function finishDigest(hash) {
	return `sha256:${hash.digest("hex")}`;
}

// src/oci/media-types.ts
const mediaTypes = {
	manifest: "application/vnd.oci.image.manifest.v1+json",
	index: "application/vnd.oci.image.index.v1+json",
	dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
	dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
	empty: "application/vnd.oci.empty.v1+json",
	imageConfig: "application/vnd.oci.image.config.v1+json",
	fluxConfig: "application/vnd.cncf.flux.config.v1+json",
	fluxContent: "application/vnd.cncf.flux.content.v1.tar+gzip",
	sigstoreBundle: "application/vnd.dev.sigstore.bundle.v0.3+json",
	simpleSigning: "application/vnd.dev.cosign.simplesigning.v1+json"
};
const manifestTypes = /* @__PURE__ */ new Set([
	mediaTypes.manifest,
	mediaTypes.index,
	mediaTypes.dockerManifest,
	mediaTypes.dockerIndex
]);
function isManifestType(mediaType) {
	return manifestTypes.has(mediaType);
}
function isIndexType(mediaType) {
	return mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex;
}
const manifestAccept = [...manifestTypes].join(", ");

// src/oci/descriptor.ts
const digestSchema = string().refine((text) => isDigest(text), { error: "is not a sha256 digest" });
const mediaTypeSchema = string().max(255).regex(/^[A-Za-z0-9][\w!#$&^.+-]*\/[A-Za-z0-9][\w!#$&^.+-]*$/u, "is not a media type");
const annotationsSchema = record(string().max(1024), string().max(65536));
const descriptorSchema = object({
	mediaType: mediaTypeSchema,
	digest: digestSchema,
	size: int().nonnegative(),
	annotations: annotationsSchema.optional(),
	artifactType: string().max(255).optional()
});
function describe$1(mediaType, bytes) {
	return {
		mediaType,
		digest: computeDigest(bytes),
		size: bytes.byteLength
	};
}
const emptyContent = new TextEncoder().encode("{}");
const emptyDescriptor = describe$1(mediaTypes.empty, emptyContent);

// src/oci/manifest.ts
const manifestSchema = object({
	schemaVersion: literal(2),
	mediaType: string().max(255).optional(),
	artifactType: string().max(255).optional(),
	config: descriptorSchema,
	layers: array(descriptorSchema).max(ociLimits.descriptors),
	subject: descriptorSchema.optional(),
	annotations: annotationsSchema.optional()
});
const indexSchema = object({
	schemaVersion: literal(2),
	mediaType: string().max(255).optional(),
	artifactType: string().max(255).optional(),
	manifests: array(descriptorSchema).max(1e5),
	subject: descriptorSchema.optional(),
	annotations: annotationsSchema.optional()
});
function parseManifest(bytes) {
	return parse$1(manifestSchema, bytes, {
		name: "manifest",
		mediaType: mediaTypes.manifest,
		maxBytes: ociLimits.manifestBytes
	});
}
function parseIndex(bytes, maxBytes = ociLimits.manifestBytes) {
	return parse$1(indexSchema, bytes, {
		name: "index",
		mediaType: mediaTypes.index,
		maxBytes
	});
}
function formatManifest(manifest) {
	const { artifactType, config, layers, subject, annotations } = manifest;
	return encode(mediaTypes.manifest, {
		schemaVersion: 2,
		mediaType: mediaTypes.manifest,
		artifactType,
		config,
		layers,
		subject,
		annotations: sortedAnnotations(annotations)
	});
}
function formatIndex(manifests) {
	return encode(mediaTypes.index, {
		schemaVersion: 2,
		mediaType: mediaTypes.index,
		manifests
	});
}
function sortedAnnotations(annotations) {
	if (annotations === void 0) return void 0;
	return Object.fromEntries(Object.entries(annotations).sort(([a], [b]) => a < b ? -1 : 1));
}
function encode(mediaType, value) {
	const bytes = new TextEncoder().encode(JSON.stringify(value));
	return {
		descriptor: describe$1(mediaType, bytes),
		bytes
	};
}
function parse$1(schema, bytes, { name, mediaType, maxBytes }) {
	if (bytes.byteLength > maxBytes) throw new ContentError("SIZE_LIMIT", `${name} has ${bytes.byteLength} bytes, more than ${maxBytes}`);
	let value;
	try {
		value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
	} catch (cause) {
		throw new ContentError("MANIFEST_INVALID", `${name} is not JSON`, { cause });
	}
	const result = schema.safeParse(value);
	if (!result.success) {
		const issue = result.error.issues[0];
		throw new ContentError("MANIFEST_INVALID", `${name} is not valid: ${issue?.path.join(".")} ${issue?.message}`);
	}
	if (result.data.mediaType !== void 0 && result.data.mediaType !== mediaType) throw new ContentError("MEDIA_TYPE_UNEXPECTED", `${name} says that it is ${result.data.mediaType}, not ${mediaType}`);
	return result.data;
}

// src/artifact/entry-path.ts
function assertSafePath(path) {
	const reason = unsafeReason(path);
	if (reason !== void 0) throw new ArchiveError("ENTRY_UNSAFE_PATH", `entry ${JSON.stringify(path.slice(0, 200))} ${reason}`);
}
function unsafeReason(path) {
	if (path === "") return "has an empty path";
	if (Buffer.byteLength(path) > archiveLimits.pathBytes) return `has a path of more than ${archiveLimits.pathBytes} bytes`;
	if (path.startsWith("/") || /^[A-Za-z]:/u.test(path)) return "has an absolute path";
	if (/[\\\p{Cc}]/u.test(path)) return "has a back slash or control character in its path";
	const segments = path.split("/");
	if (segments.length > archiveLimits.pathDepth) return `lies deeper than ${archiveLimits.pathDepth} folders`;
	if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) return "has an empty, \".\" or \"..\" segment in its path";
	if (segments.some((segment) => Buffer.byteLength(segment) > archiveLimits.nameBytes)) return `has a name of more than ${archiveLimits.nameBytes} bytes`;
}
function createArchivePaths(maxFolders = archiveLimits.folders) {
	const root = /* @__PURE__ */ new Map();
	let folders = 0;
	function enter(parent, name, path) {
		const folded = fold(name);
		const known = parent.get(folded);
		if (known !== void 0) {
			if (known.name !== name || known.children === void 0) throw collision(path);
			return known.children;
		}
		folders += 1;
		if (folders > maxFolders) throw new ArchiveError("ENTRY_LIMIT", `archive has more than ${maxFolders} folders`);
		const children = /* @__PURE__ */ new Map();
		parent.set(folded, {
			name,
			children
		});
		return children;
	}
	const enterAll = (names, path) => names.reduce((parent, name) => enter(parent, name, path), root);
	return {
		addFile: (path) => {
			const names = path.split("/");
			const name = names.pop() ?? "";
			const parent = enterAll(names, path);
			const folded = fold(name);
			if (parent.has(folded)) throw collision(path);
			parent.set(folded, {
				name,
				children: void 0
			});
		},
		addFolder: (path) => void enterAll(path.split("/"), path)
	};
}
function fold(name) {
	if (/^[ -~]*$/u.test(name)) return name.toLowerCase();
	return name.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC");
}
function collision(path) {
	return new ArchiveError("ENTRY_UNSAFE_PATH", `entry ${JSON.stringify(path.slice(0, 200))} stands in the archive twice`);
}

// src/artifact/entry-rules.ts
function createEntryRules(limits) {
	const paths = createArchivePaths(limits.folders);
	let [entries, files, bytes] = [
		0,
		0,
		0
	];
	return {
		accept: (entry) => {
			entries += 1;
			if (entries > limits.entries) throw new ArchiveError("ENTRY_LIMIT", `layer has more than ${limits.entries} entries`);
			if (entry.type === "Directory") {
				acceptFolder(paths, entry.path);
				return;
			}
			if (entry.type !== "File" && entry.type !== "OldFile" && entry.type !== "ContiguousFile") throw refuseType(entry);
			const path = entry.path.replace(/^\.\//u, "");
			assertSafePath(path);
			paths.addFile(path);
			files += 1;
			bytes += entry.size;
			if (entry.size > limits.fileBytes || bytes > limits.totalBytes) throw new ArchiveError("ARCHIVE_TOO_LARGE", `layer's files are larger than its limits at ${JSON.stringify(path)}`);
			return path;
		},
		refuseType,
		totals: () => ({
			files,
			bytes
		})
	};
}
function acceptFolder(paths, path) {
	if (path === "./") return;
	const folder = path.replace(/^\.\//u, "").replace(/\/+$/u, "");
	assertSafePath(folder);
	paths.addFolder(folder);
}
function refuseType({ path, type }) {
	return new ArchiveError("ENTRY_UNSAFE_TYPE", `entry ${JSON.stringify(path.slice(0, 200))} is a ${type}`);
}

// src/artifact/plain-tar.ts
const BLOCK = 512;
const ENTRY_OVERHEAD = 4096;
async function* checkPlainTar(tar, limits) {
	const maxBytes = limits.totalBytes + limits.entries * ENTRY_OVERHEAD + 1048576;
	const walk = createWalk(limits.metadataBytes);
	let size = 0;
	for await (const chunk of tar) {
		size += chunk.byteLength;
		if (size > maxBytes) throw new ArchiveError("ARCHIVE_TOO_LARGE", `layer unpacks to more than ${maxBytes} bytes`);
		walk.take(chunk);
		yield chunk;
	}
	if (size === 0) throw new ArchiveError("ARCHIVE_EMPTY", "layer holds no file");
	walk.end();
}
function createWalk(maxMetadataBytes) {
	const rules = createHeaderRules();
	let head = Buffer.alloc(0);
	let bodyLeft = 0;
	let paddingLeft = 0;
	let metadata;
	function startEntry(block) {
		const entry = rules.readHeader(block);
		if (entry === void 0) return;
		if (entry.isMetadata && entry.size > maxMetadataBytes) throw invalid$3(`an extended header has ${entry.size} bytes, more than ${maxMetadataBytes}`);
		bodyLeft = entry.size;
		paddingLeft = (BLOCK - entry.size % BLOCK) % BLOCK;
		metadata = entry.isMetadata ? [] : void 0;
		if (bodyLeft === 0) endBody();
	}
	function endBody() {
		if (metadata !== void 0) rules.readMetadata(Buffer.concat(metadata));
		metadata = void 0;
	}
	return {
		take: (chunk) => {
			let at = 0;
			while (at < chunk.byteLength) if (bodyLeft > 0) {
				const part = chunk.subarray(at, at + bodyLeft);
				metadata?.push(Uint8Array.from(part));
				at += part.byteLength;
				bodyLeft -= part.byteLength;
				if (bodyLeft === 0) endBody();
			} else if (paddingLeft > 0) {
				const skipped = Math.min(paddingLeft, chunk.byteLength - at);
				at += skipped;
				paddingLeft -= skipped;
			} else {
				const part = chunk.subarray(at, at + BLOCK - head.byteLength);
				head = Buffer.concat([head, part]);
				at += part.byteLength;
				if (head.byteLength < BLOCK) continue;
				startEntry(head);
				head = Buffer.alloc(0);
			}
		},
		end: () => {
			if (bodyLeft > 0 || paddingLeft > 0 || head.byteLength > 0) throw invalid$3("archive is cut off");
			rules.end();
		}
	};
}
const METADATA_FLAGS = /* @__PURE__ */ new Set([
	"x",
	"g",
	"L",
	"K"
]);
function createHeaderRules() {
	let zeroBlocks = 0;
	let entries = 0;
	let flag = "";
	let names = 0;
	return {
		readHeader: (block) => {
			if (block.every((byte) => byte === 0)) {
				zeroBlocks += 1;
				return;
			}
			if (zeroBlocks > 0) throw invalid$3("an entry stands behind the end of the archive");
			if (block.subarray(257, 262).toString("latin1") !== "ustar") throw notTar();
			entries += 1;
			flag = block.subarray(156, 157).toString("latin1");
			for (const field of [block.subarray(0, 100), block.subarray(345, 500)]) decode(upToNul(field));
			const isMetadata = METADATA_FLAGS.has(flag);
			if (!isMetadata) names = 0;
			return {
				size: parseSize(block.subarray(124, 136)),
				isMetadata
			};
		},
		readMetadata: (body) => {
			if (flag === "K") return;
			const named = flag === "L" ? 1 : countNames(parsePax(decode(body)), flag === "g");
			if (flag === "L") decode(upToNul(body));
			names += named;
			if (names > 1) throw invalid$3("an entry is named more than once");
		},
		end: () => {
			if (entries === 0 && zeroBlocks > 0) throw new ArchiveError("ARCHIVE_EMPTY", "layer holds no file");
			if (zeroBlocks < 2) throw invalid$3("archive has no end");
		}
	};
}
function parseSize(field) {
	const text = field.toString("latin1");
	const digits = /^ *(?<digits>[0-7]{1,12})[ \0]*$/u.exec(text)?.groups?.["digits"];
	if (digits === void 0) throw invalid$3("size of an entry is not octal");
	return Number.parseInt(digits, 8);
}
function parsePax(text) {
	const bytes = Buffer.from(text);
	const keys = [];
	let at = 0;
	while (at < bytes.byteLength) {
		const space = bytes.indexOf(" ", at);
		const length = /^[1-9]\d{0,5}$/u.exec(bytes.toString("latin1", at, Math.max(at, space)))?.[0];
		const end = at + Number(length ?? 0);
		const equals = bytes.indexOf("=", space);
		if (!(length !== void 0 && equals > space && equals < end && bytes[end - 1] === 10)) throw invalid$3("an extended header is damaged");
		keys.push(bytes.toString("utf8", space + 1, equals));
		at = end;
	}
	return keys;
}
function countNames(keys, isForAll) {
	const named = keys.filter((key) => key === "path").length;
	const isRefused = (key) => key === "size" || key.startsWith("GNU.") || isForAll && (key === "path" || key === "linkpath");
	const refused = keys.find(isRefused);
	if (refused !== void 0) throw invalid$3(`an extended header sets ${JSON.stringify(refused.slice(0, 50))}`);
	return named;
}
function upToNul(field) {
	const nul = field.indexOf(0);
	return nul < 0 ? field : field.subarray(0, nul);
}
function decode(bytes) {
	try {
		return new TextDecoder("utf-8", {
			fatal: true,
			ignoreBOM: true
		}).decode(bytes);
	} catch (cause) {
		throw new ArchiveError("ARCHIVE_INVALID", "a name in the archive is not UTF-8", { cause });
	}
}
function invalid$3(what) {
	return new ArchiveError("ARCHIVE_INVALID", what);
}
function notTar() {
	return invalid$3("layer is not one whole tar archive inside gzip");
}

// src/artifact/read-layer.ts
const CHUNK_BYTES = 262144;
async function readLayer(compressed, sink, limits = archiveLimits) {
	const tar = createTarReader(sink, limits);
	for await (const chunk of checkPlainTar(decompress(compressed), limits)) await tar.write(chunk);
	const totals = await tar.end();
	if (totals.files === 0) throw new ArchiveError("ARCHIVE_EMPTY", "layer holds no file");
	return totals;
}
async function assertLayerHolds(compressed, { digest, size }) {
	const hash = startDigest();
	let taken = 0;
	for await (const chunk of decompress(compressed)) {
		taken += chunk.byteLength;
		if (taken > size) break;
		hash.update(chunk);
	}
	if (taken !== size || finishDigest(hash) !== digest) throw new ArchiveError("ARCHIVE_INVALID", `layer does not unpack to ${digest}`);
}
async function* decompress(compressed) {
	const gunzip = createGunzip({
		chunkSize: CHUNK_BYTES,
		rejectGarbageAfterEnd: true
	});
	const fed = pipeline(Readable.from(compressed, { objectMode: false }), gunzip);
	fed.catch(() => void 0);
	try {
		for await (const chunk of gunzip) {
			if (!(chunk instanceof Uint8Array)) throw new TypeError("gunzip gave no bytes");
			yield chunk;
		}
		await fed;
	} catch (cause) {
		const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
		if (!code.startsWith("Z_") && code !== "ERR_TRAILING_JUNK_AFTER_STREAM_END") throw cause;
		throw new ArchiveError("ARCHIVE_INVALID", "layer is not one whole gzip stream", { cause });
	}
}
function createTarReader(sink, limits) {
	const rules = createEntryRules(limits);
	const { promise: failed, reject } = Promise.withResolvers();
	failed.catch(() => void 0);
	const fail = (error) => reject(asArchiveError(error));
	let filled = Promise.resolve();
	const parser = new Parser({
		strict: true,
		maxMetaEntrySize: limits.metadataBytes,
		onReadEntry: (entry) => {
			try {
				const path = rules.accept(entry);
				if (path === void 0) entry.resume();
				else {
					filled = filled.then(() => fill(entry, path, sink));
					filled.catch(reject);
				}
			} catch (error) {
				fail(error);
				entry.resume();
			}
		}
	});
	parser.on("ignoredEntry", (entry) => fail(rules.refuseType(entry)));
	parser.on("error", fail);
	const ended = once$2(parser, "end");
	ended.catch(fail);
	return {
		write: async (chunk) => {
			if (!feed(() => parser.write(Buffer.from(chunk)), fail)) await Promise.race([once$2(parser, "drain"), failed]);
			await Promise.race([failed, Promise.resolve()]);
		},
		end: async () => {
			feed(() => parser.end(), fail);
			await Promise.race([ended, failed]);
			await Promise.race([filled, failed]);
			return rules.totals();
		}
	};
}
function feed(work, fail) {
	try {
		return work() !== false;
	} catch (error) {
		fail(error);
		return true;
	}
}
async function fill(entry, path, sink) {
	const file = await sink.startFile(path, entry.size);
	for await (const chunk of entry) await file.write(chunk);
	await file.end();
}
function asArchiveError(error) {
	if (isSealiftError(error)) return error;
	return new ArchiveError("ARCHIVE_INVALID", "layer is not a tar archive that can be read", { cause: error });
}

// src/artifact/unpack.ts
async function unpackLayer(compressed, limits = archiveLimits) {
	const files = [];
	await readLayer(compressed instanceof Uint8Array ? once$1(compressed) : compressed, { startFile: (path) => {
		const chunks = [];
		return {
			write: (chunk) => void chunks.push(chunk),
			end: () => void files.push({
				path,
				bytes: Buffer.concat(chunks)
			})
		};
	} }, limits);
	return files;
}
async function* once$1(bytes) {
	yield bytes;
}

// src/artifact/artifact.ts
async function pushArtifact(store, packed, signal) {
	const { config, layer } = packed;
	await Promise.all([store.push(config, signal), "bytes" in layer ? store.push(layer, signal) : store.pushBlob(layer.descriptor, layer.open, signal)]);
	await store.push(packed.manifest, signal);
}
function artifactLayer(manifest) {
	const [layer, ...more] = manifest.layers;
	if (layer === void 0 || more.length > 0) throw new ContentError("MANIFEST_INVALID", `artifact has ${manifest.layers.length} layers, not exactly one`);
	if (layer.mediaType !== mediaTypes.fluxContent) throw new ContentError("MEDIA_TYPE_UNEXPECTED", `artifact's layer is ${layer.mediaType}, not ${mediaTypes.fluxContent}`);
	return layer;
}
async function fetchArtifact(source, manifest, signal) {
	const layer = artifactLayer(parseManifest(manifest.bytes));
	return unpackLayer(fetchLayer(source, layer, signal));
}
function fetchLayer(source, layer, signal) {
	if (layer.size > ociLimits.layerBytes) throw new ContentError("SIZE_LIMIT", `layer has ${layer.size} bytes, more than ${ociLimits.layerBytes}`);
	return source.fetch(layer, signal);
}

// src/oci/reference.ts
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/u;
const TAG = /^\w[\w.-]{0,127}$/u;
const HOST = /^(?:\[[0-9a-f:]{2,45}\]|[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::\d{1,5})?$/u;
function parseTag(text) {
	if (TAG.test(text)) return text;
	throw new InvalidReferenceError("TAG_INVALID", `tag ${JSON.stringify(text.slice(0, 140))} is not valid`, { hint: "A tag has at most 128 letters, digits, \"_\", \".\" and \"-\", and starts with neither \".\" nor \"-\"." });
}
function parseRepositoryName(text) {
	if (text.length <= ociLimits.repositoryLength && REPOSITORY.test(text)) return text;
	const lower = text.toLowerCase();
	throw invalid$2(`repository ${JSON.stringify(text.slice(0, 260))} is not valid`, lower !== text && REPOSITORY.test(lower) ? `Use lower case: ${lower}.` : void 0);
}
function parseReference(text) {
	const bare = text.startsWith("oci://") ? text.slice(6) : text;
	if (bare.includes("://")) throw invalid$2(`reference ${quote(text)} has another scheme than oci://`);
	const slash = bare.indexOf("/");
	if (slash <= 0) throw invalid$2(`reference ${quote(text)} names no registry`, "Write it as HOST/REPOSITORY:TAG.");
	const registry = bare.slice(0, slash).toLowerCase();
	if (!HOST.test(registry) || !URL.canParse(`https://${registry}/`)) throw invalid$2(`registry host ${quote(registry)} is not valid`);
	const [beforeDigest = "", digest, ...more] = bare.slice(slash + 1).split("@");
	if (more.length > 0) throw invalid$2(`reference ${quote(text)} has more than one "@"`);
	const colon = beforeDigest.indexOf(":");
	return {
		registry,
		repository: parseRepositoryName(colon < 0 ? beforeDigest : beforeDigest.slice(0, colon)),
		...colon < 0 ? {} : { tag: parseTag(beforeDigest.slice(colon + 1)) },
		...digest === void 0 ? {} : { digest: parseDigest(digest) }
	};
}
function formatReference({ registry, repository, tag, digest }) {
	return `${registry}/${repository}${tag === void 0 ? "" : `:${tag}`}${digest === void 0 ? "" : `@${digest}`}`;
}
function registryHostname(registry) {
	return registry.replace(/^(\[[^\]]*\]|[^:]*):\d+$/u, "$1").replaceAll(/[[\]]/gu, "");
}
function isLoopback(registry) {
	const host = registryHostname(registry);
	return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/u.test(host);
}
function quote(text) {
	return JSON.stringify(text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/@]*@(?=[^/]*\/|[^/]*$)(?!sha256:)/iu, "$1\u2026@").slice(0, 300));
}
function invalid$2(message, hint) {
	return new InvalidReferenceError("REFERENCE_INVALID", message, hint === void 0 ? {} : { hint });
}

// src/resources/resource.ts
const DNS_NAME_MAX = 253;
function isTemplate(text) {
	return text?.includes("${") === true;
}
function isNamespaceText(text) {
	if (isTemplate(text)) return /^[^%\s\p{Cc}]+$/u.test(text);
	return text.length <= 63 && /^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$/u.test(text);
}
const stringMap = record(string().max(400), string());
const resourceSchema = looseObject({
	apiVersion: string().max(317).regex(/^(?:[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?v?[a-z0-9]+$/u, "is not GROUP/VERSION or VERSION"),
	kind: string().max(63).regex(/^[A-Za-z][A-Za-z0-9]*$/u, "is not a kind"),
	metadata: looseObject({
		name: string("must be text; generateName is not supported, since every apply would make another object").min(1).max(DNS_NAME_MAX).regex(/^[^/%\s\p{Cc}]+$/u, "has characters that a name can not have").refine((name) => name !== "." && name !== "..", { error: "is not a name" }),
		namespace: string().max(253).refine(isNamespaceText, { error: "is not a namespace name" }).nullish(),
		labels: stringMap.nullish(),
		annotations: stringMap.nullish()
	})
});
function parseApiVersion(apiVersion) {
	const slash = apiVersion.indexOf("/");
	return slash < 0 ? {
		group: "",
		version: apiVersion
	} : {
		group: apiVersion.slice(0, slash),
		version: apiVersion.slice(slash + 1)
	};
}
function identityOf(resource) {
	const { name, namespace } = resource.metadata;
	return {
		...parseApiVersion(resource.apiVersion),
		kind: resource.kind,
		...namespace === void 0 || namespace === null || namespace === "" ? {} : { namespace },
		name
	};
}
function identityKey({ group, kind, namespace, name }) {
	return `${group}/${kind}/${namespace ?? ""}/${name}`;
}
function formatIdentity({ group, kind, namespace, name }) {
	return `${kind}${group === "" ? "" : `.${group}`} ${namespace === void 0 ? "" : `${namespace}/`}${name}`;
}

// src/resources/kubernetes-schema.ts
var import_dist = require_dist();
const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/u;
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/u;
const NULL = /^(?:~|null|Null|NULL)?$/u;
const NUMBER_LIKE = /^[-+.0-9][-+.0-9a-fA-FoOxX_]*$/u;
const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/u;
const SIGNED_BINARY = /^0b[-+][01]+$/u;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/u;
const POINT_FLOAT = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/u;
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/u;
var UnrepresentableScalarError = class extends Error {};
const scalarProblems = {
	size: "integer is too large to be carried exactly; quote it",
	notFinite: "value is not a number that JSON has; quote it",
	tag: "value is not what its tag says"
};
function isScalarProblem(message) {
	return Object.values(scalarProblems).includes(message);
}
function parseInteger(text) {
	const isNegative = text.startsWith("-") || text.startsWith("0b-");
	const digits = text.replace(/^[-+]/u, "").replace(/^0b[-+]/u, "0b");
	const isOldOctal = /^0[0-7]+$/u.test(digits);
	const size = BigInt(isOldOctal ? `0o${digits.slice(1)}` : digits);
	const number = Number(isNegative ? -size : size);
	if (!Number.isSafeInteger(number)) throw new UnrepresentableScalarError(scalarProblems.size);
	return number === 0 ? 0 : number;
}
function isIntegerText(text) {
	const plain = text.replaceAll("_", "");
	return !/^[._]/u.test(text) && (INTEGER.test(plain) || SIGNED_BINARY.test(plain));
}
function readNumber(text) {
	const plain = text.replaceAll("_", "");
	if (isIntegerText(text)) return parseInteger(plain);
	const number = (text.startsWith(".") ? POINT_FLOAT.test(text) : FLOAT.test(plain)) ? Number(plain) : NaN;
	return Number.isFinite(number) ? number : text;
}
const tagPrefix$1 = "tag:yaml.org,2002:";
function scalarTag(name, test, resolve) {
	return {
		tag: `${tagPrefix$1}${name}`,
		default: true,
		test,
		resolve
	};
}
function explicitTag(name, accepts) {
	return {
		tag: `${tagPrefix$1}${name}`,
		resolve: (text) => {
			if (accepts(text)) return readNumber(text);
			throw new UnrepresentableScalarError(scalarProblems.tag);
		}
	};
}
const kubernetesTags = [
	scalarTag("null", NULL, () => null),
	scalarTag("bool", TRUE, () => true),
	scalarTag("bool", FALSE, () => false),
	scalarTag("float", NOT_FINITE, () => {
		throw new UnrepresentableScalarError(scalarProblems.notFinite);
	}),
	scalarTag("number", NUMBER_LIKE, readNumber),
	explicitTag("int", isIntegerText),
	explicitTag("float", (text) => typeof readNumber(text) === "number")
];

// src/resources/dialect.ts
const keyLength = 1e3;
const lookBehind = 200;
const escape = /\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\s\S]))/gu;
function findDialectProblem(spot) {
	const { node, isKey } = spot;
	if ((0, import_dist.isPair)(node) || !(0, import_dist.isScalar)(node) || !node.range) return void 0;
	return findScalarProblem(spot, node, node.range) ?? (isKey ? findKeyProblem(spot, node) : void 0);
}
function findScalarProblem(spot, node, [begin, end]) {
	const { text, isInFlow } = spot;
	const source = text.slice(begin, end);
	if (node.type === import_dist.Scalar.QUOTE_DOUBLE) return findEndProblem(source, "\\") ?? findEscapeProblem(source);
	if (node.type === import_dist.Scalar.QUOTE_SINGLE) return findEndProblem(source, "'");
	if (node.type === import_dist.Scalar.BLOCK_LITERAL || node.type === import_dist.Scalar.BLOCK_FOLDED) return findBlockProblem(text, begin, end);
	if (node.tag !== void 0 && source === "") return "tag stands before nothing; write \"\" behind it";
	return isInFlow ? findFlowProblem(source, text, end) : findIndentProblem(spot, source);
}
function findIndentProblem({ text, parent }, source) {
	if (!source.includes("\n") || !(0, import_dist.isMap)(parent) && !(0, import_dist.isSeq)(parent) || !parent.range) return void 0;
	const [begin] = parent.range;
	const column = begin - (text.lastIndexOf("\n", begin - 1) + 1);
	return [...source.matchAll(/\n( *)[^ \n]/gu)].every(([, spaces = ""]) => spaces.length > column) ? void 0 : "text goes on in a line that is not indented; quote it";
}
function findEndProblem(source, escapedBy) {
	let before = source.length - 1;
	while (before > 1 && source[before - 1] === escapedBy) before -= 1;
	return (source.length - 1 - before) % 2 === 1 ? "quoted text goes on in a line that is not indented" : void 0;
}
function findBlockProblem(text, begin, end) {
	const source = text.slice(begin, end);
	if (!/^[|>][-+]?[0-9]/u.test(source)) return void 0;
	let behind = end;
	while (/\s/u.test(text[behind] ?? "")) behind += 1;
	const lastBreak = text.lastIndexOf("\n", behind);
	const trailing = text.slice(begin + source.trimEnd().length, behind < text.length ? lastBreak + 1 : behind);
	return trailing.slice(trailing.indexOf("\n") + 1).includes(" ") ? "block with an indentation indicator ends in lines of spaces" : void 0;
}
function findEscapeProblem(source) {
	for (const { 0: whole, 1: short, 2: long, 3: other, index } of source.matchAll(escape)) {
		if (other === "\n" && /^[ \t]*\n/u.test(source.slice(index + whole.length, index + keyLength))) return "escaped end of a line stands before an empty line, which kubectl reads as a break";
		if (other === "/") return "kubectl knows no escape \\/; write / alone";
		const code = Number.parseInt(short ?? long ?? "0", 16);
		if (code >= 55296 && code <= 57343) return "kubectl knows no escaped surrogate pairs; write the character itself, or \\U and eight digits";
	}
}
function findFlowProblem(source, text, end) {
	if (/^:|\?/u.test(source)) return "text with ? or with : in front must be quoted within [] or {}";
	const colon = /[ \t]*:\S/uy;
	colon.lastIndex = end;
	return colon.test(text) ? "key within {} needs a space behind its colon" : void 0;
}
function findKeyProblem({ text, isInFlow }, { range, anchor = "" }) {
	if (!range) return void 0;
	const [begin, end] = range;
	const behind = isInFlow ? /[ \t]*([:,\]}\n]|$)/uy : /[ \t]*(:(?=\s))/uy;
	behind.lastIndex = end;
	const next = behind.exec(text)?.[1];
	if (next === ":") {
		if (end - begin + anchor.length > keyLength) return `key has more than ${keyLength} characters`;
		return text.slice(begin, end).includes("\n") ? "key has more than one line" : void 0;
	}
	if (isInFlow && (next === "," || next === "]" || next === "}")) return void 0;
	return "key has no colon on its line; keys with ? are not supported";
}
const tabbedLine = /^ *(?:[-?:] +)*(?:[-?:] *)?\t/gmu;
function findBadTab(text, spans) {
	let next = 0;
	let allows = (_tab) => false;
	for (const { 0: lead, index } of text.matchAll(tabbedLine)) {
		const tab = index + lead.length - 1;
		const known = next;
		while (endOf(spans[next]) <= tab) next += 1;
		const span = spans[next];
		if (span === void 0 || !span.range || span.range[0] >= tab) return tab;
		if (next !== known || next === 0) allows = tabRuleOf(text, span);
		if (!allows(tab)) return tab;
	}
}
function endOf(node) {
	return node === void 0 ? 1e400 : node.range?.[1] ?? 0;
}
function isTabSpan(node) {
	if ((0, import_dist.isMap)(node) || (0, import_dist.isSeq)(node)) return node.flow === true;
	return (0, import_dist.isScalar)(node) && node.type !== import_dist.Scalar.PLAIN;
}
function isBlockScalar(node) {
	return (0, import_dist.isScalar)(node) && (node.type === import_dist.Scalar.BLOCK_LITERAL || node.type === import_dist.Scalar.BLOCK_FOLDED);
}
function tabRuleOf(text, span) {
	if (isBlockScalar(span)) return blockRuleOf(text, span);
	if ((0, import_dist.isScalar)(span)) return () => true;
	return (tab) => {
		const lineBegin = text.lastIndexOf("\n", tab) + 1;
		return /[[\]{},:"']\s*$/u.test(text.slice(Math.max(0, lineBegin - lookBehind), lineBegin));
	};
}
function blockRuleOf(text, { range }) {
	if (!range || /^[|>][-+]?[0-9]/u.test(text.slice(range[0], range[0] + 3))) return () => false;
	const shown = /\n( *)[^ \n]/gu;
	shown.lastIndex = range[0];
	const first = shown.exec(text);
	if (first === null) return () => false;
	const [firstBegin, indent] = [first.index + 1, first[1]?.length ?? 0];
	return (tab) => {
		const lineBegin = text.lastIndexOf("\n", tab) + 1;
		const spaces = text.slice(lineBegin, tab).search(/[^ ]|$/u);
		return lineBegin > firstBegin && spaces >= indent;
	};
}

// src/resources/nodes.ts
var NodeError = class extends Error {
	code;
	offset;
	constructor(code, message, node) {
		super(message);
		this.code = code;
		this.offset = offsetOf(node);
	}
};
function offsetOf(node) {
	return isNode(node) ? node.range?.[0] : void 0;
}
function isNode(value) {
	return typeof value === "object" && value !== null && "range" in value;
}
const tagPrefix = "tag:yaml.org,2002:";
const knownTags = new Set([
	"str",
	"int",
	"float",
	"bool",
	"null",
	"map",
	"seq"
].map((name) => `${tagPrefix}${name}`));
const anchorName = /^[0-9A-Za-z_-]+$/u;
function isMergeKey(key) {
	return (0, import_dist.isScalar)(key) && key.value === "<<" && key.type === "PLAIN" && key.tag === void 0;
}
function inspectNodes(root, text) {
	const aliases = /* @__PURE__ */ new Map();
	const anchors = /* @__PURE__ */ new Map();
	const spans = [];
	const open = [{
		node: root,
		depth: 1,
		isInFlow: false,
		isKey: false,
		parent: void 0
	}];
	for (let next = open.pop(); next !== void 0; next = open.pop()) {
		const { node, depth } = next;
		if (depth > resourceLimits.depth) {
			const message = `document is nested deeper than ${resourceLimits.depth} levels`;
			throw new NodeError("RESOURCE_LIMIT", message, root);
		}
		if ((0, import_dist.isAlias)(node)) {
			aliases.set(node, findAnchor(node, anchors));
			continue;
		}
		inspectMarks(node, anchors);
		if (text !== void 0) {
			const problem = findDialectProblem({
				...next,
				text
			});
			if (problem !== void 0) throw new NodeError("YAML_INVALID", problem, node);
			if (!next.isInFlow && isTabSpan(node)) spans.push(node);
		}
		for (const visit of visitsBelow(next)) open.push(visit);
	}
	inspectTabs(text, spans);
	return aliases;
}
function visitsBelow({ node, depth, isInFlow }) {
	if (!(0, import_dist.isSeq)(node) && !(0, import_dist.isMap)(node)) return [];
	const below = {
		parent: node,
		depth: depth + 1,
		isInFlow: isInFlow || node.flow === true
	};
	if ((0, import_dist.isSeq)(node)) return node.items.map((item) => ({
		...below,
		node: item,
		isKey: false
	})).toReversed();
	inspectKeys(node.items.map(({ key }) => key));
	return node.items.flatMap(({ key, value }) => [{
		...below,
		node: key,
		isKey: true
	}, {
		...below,
		node: value,
		isKey: false
	}]).toReversed();
}
function inspectTabs(text, spans) {
	const tab = text?.includes("	") === true ? findBadTab(text, spans) : void 0;
	if (tab === void 0) return;
	throw new NodeError("YAML_INVALID", "tab stands where lines are indented; use spaces", { range: [tab] });
}
function findAnchor(alias, anchors) {
	const found = anchors.get(alias.source);
	if (found !== void 0) return found;
	throw new NodeError("YAML_INVALID", "alias has no anchor before it; quote the text if it is none", alias);
}
function inspectMarks(node, anchors) {
	if (!(0, import_dist.isScalar)(node) && !(0, import_dist.isMap)(node) && !(0, import_dist.isSeq)(node)) return;
	const { tag, anchor } = node;
	if (tag !== void 0 && !knownTags.has(tag)) throw new NodeError("YAML_INVALID", "tag is not known; quote the text if it is none", node);
	if (anchor === void 0) return;
	if (!anchorName.test(anchor)) throw new NodeError("YAML_INVALID", "anchor has other characters than letters, digits, _ and -", node);
	anchors.set(anchor, node);
}
function inspectKeys(keys) {
	const seen = /* @__PURE__ */ new Set();
	for (const key of keys) {
		const text = isMergeKey(key) ? "<< of a merge" : keyText(key);
		if (seen.has(text)) {
			const message = `key ${JSON.stringify(text.slice(0, 100))} stands in the map twice`;
			throw new NodeError("YAML_INVALID", message, key);
		}
		seen.add(text);
	}
}
function keyText(key) {
	if (!(0, import_dist.isScalar)(key)) throw new NodeError("YAML_INVALID", "key is not plain text", key);
	const problem = keyProblem(key);
	if (problem !== void 0) throw new NodeError("YAML_INVALID", problem, key);
	return String(key.value);
}
function keyProblem({ value, source, tag }) {
	if (tag !== void 0) return "key has a tag";
	if (value === null) return "key is null; quote it";
	if (typeof value === "number" && !isIntegerText(source ?? "")) return "key is a broken number; quote it";
	return value === "__proto__" ? "key __proto__ is not allowed" : void 0;
}

// src/resources/split.ts
const guessLength = 4096;
const separator = /^---.*$/gmu;
const plainSeparator = /^---[ \t]*(?:#.*)?$/u;
const controls = /[^\P{Cc}\t\n]/u;
const otherUnreadable = /[\u{FEFF}\u{FFFE}\u{FFFF}]/u;
const otherLineBreaks = /[\u{2028}\u{2029}]/u;
function splitDocuments(bytes) {
	let text;
	try {
		text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).replaceAll("\r\n", "\n");
	} catch {
		return refused$1("", { message: "file is not UTF-8 text" });
	}
	const unreadable = controls.exec(text) ?? otherUnreadable.exec(text);
	if (unreadable !== null) return refused$1(text, {
		message: "file has control characters",
		offset: unreadable.index
	});
	const documents = [];
	let begin = 0;
	for (const { 0: line, index } of text.matchAll(separator)) {
		if (!plainSeparator.test(line)) return refused$1(text, {
			message: "line begins with --- and has more than a comment behind it; kubectl refuses that",
			offset: index
		});
		if (index > begin) documents.push(documentAt(text, begin, index));
		begin = index + line.length + 1;
	}
	if (begin < text.length) documents.push(documentAt(text, begin, text.length));
	for (const document of documents) {
		const problem = document.isJson ? void 0 : findYamlProblem(document);
		if (problem !== void 0) return refused$1(text, problem);
	}
	return {
		text,
		documents
	};
}
function findYamlProblem({ text, offset }) {
	const separated = otherLineBreaks.exec(text);
	if (separated !== null) return {
		message: "line or paragraph separator (U+2028, U+2029) breaks lines for kubectl only; write it as an escape",
		offset: offset + separated.index
	};
	const directive = /^%/mu.exec(text);
	if (directive === null) return void 0;
	return {
		message: "line begins with %, which kubectl takes for a directive and refuses",
		offset: offset + directive.index
	};
}
function refused$1(text, problem) {
	return {
		text,
		documents: [],
		problem
	};
}
function documentAt(whole, begin, end) {
	const text = whole.slice(begin, end);
	return {
		text: text.endsWith("\n") ? text : `${text}\n`,
		offset: begin,
		isJson: begin === 0 && isJson(text)
	};
}
function isJson(text) {
	if (!/^\s*\{/u.test(text.slice(0, guessLength))) return false;
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

// src/resources/values.ts
function readNodes(root, text) {
	return readNode(root, {
		aliases: inspectNodes(root, text),
		open: /* @__PURE__ */ new Set(),
		depth: 0,
		aliasWeight: 0
	});
}
function readNode(node, reading) {
	addWeight(node, reading);
	if ((0, import_dist.isAlias)(node)) return expand(node, reading, (target) => readNode(target, reading));
	return deeper(node, reading, () => readKind(node, reading));
}
function deeper(node, reading, read) {
	reading.depth += 1;
	if (reading.depth > resourceLimits.depth) throw new NodeError("RESOURCE_LIMIT", `aliases nest deeper than ${resourceLimits.depth} levels`, node);
	const value = read();
	reading.depth -= 1;
	return value;
}
function readKind(node, reading) {
	if ((0, import_dist.isMap)(node)) return toObject(readMembers(node, reading));
	if ((0, import_dist.isSeq)(node)) return node.items.map((item) => readNode(item, reading));
	if ((0, import_dist.isScalar)(node)) return readScalar(node);
	return null;
}
function addWeight(node, reading) {
	if (reading.open.size === 0) return;
	reading.aliasWeight += resourceLimits.aliasNodeBytes;
	if ((0, import_dist.isScalar)(node) && typeof node.value === "string") reading.aliasWeight += node.value.length;
	if (reading.aliasWeight > resourceLimits.aliasBytes) {
		const message = `aliases of the document add more than ${resourceLimits.aliasBytes} bytes`;
		throw new NodeError("RESOURCE_LIMIT", message, node);
	}
}
function expand(alias, reading, read) {
	const target = reading.aliases.get(alias);
	if (target === void 0 || reading.open.has(target)) throw new NodeError("YAML_INVALID", "alias stands within its own anchor", alias);
	reading.open.add(target);
	const value = deeper(alias, reading, () => read(target));
	reading.open.delete(target);
	return value;
}
function readScalar(node) {
	const { value } = node;
	if (typeof value === "string" && !value.isWellFormed()) throw new NodeError("YAML_INVALID", "text has half a surrogate pair", node);
	if (value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "string") return value;
	throw new NodeError("YAML_INVALID", "value is none that JSON has", node);
}
function readMembers(map, reading) {
	const members = /* @__PURE__ */ new Map();
	for (const { key, value } of map.items) {
		if (isMergeKey(key)) {
			for (const [text, member] of readMerge(value, reading)) {
				if (members.has(text)) {
					const message = `merge brings key ${JSON.stringify(text.slice(0, 100))}, which stands before it; put << first`;
					throw new NodeError("YAML_INVALID", message, key);
				}
				members.set(text, member);
			}
			continue;
		}
		const text = keyText(key);
		addWeight(key, reading);
		const keyType = (0, import_dist.isScalar)(key) ? typeof key.value : "none";
		const merged = members.get(text);
		if (merged !== void 0 && merged.keyType !== keyType) throw new NodeError("YAML_INVALID", `key ${JSON.stringify(text)} is merged as another type`, key);
		members.set(text, {
			value: readNode(value, reading),
			keyType
		});
	}
	return members;
}
function readMerge(source, reading) {
	if (!(0, import_dist.isSeq)(source)) return readMergedMap(source, reading);
	const members = /* @__PURE__ */ new Map();
	for (const item of source.items.toReversed()) for (const [text, member] of readMergedMap(item, reading)) {
		const other = members.get(text);
		if (other !== void 0 && other.keyType !== member.keyType) throw new NodeError("YAML_INVALID", `key ${JSON.stringify(text)} is merged as another type`, item);
		members.set(text, member);
	}
	return members;
}
function readMergedMap(source, reading) {
	addWeight(source, reading);
	if ((0, import_dist.isMap)(source)) return deeper(source, reading, () => readMembers(source, reading));
	if (!(0, import_dist.isAlias)(source)) throw new NodeError("YAML_INVALID", "merge takes a map or a list of maps", source);
	return expand(source, reading, (target) => {
		if (!(0, import_dist.isMap)(target)) throw new NodeError("YAML_INVALID", "merge takes a map or a list of maps", source);
		return readMembers(target, reading);
	});
}
function toObject(members) {
	return Object.fromEntries([...members].map(([key, { value }]) => [key, value]));
}

// src/resources/documents.ts
function readDocuments(file, bytes) {
	const split = splitDocuments(bytes);
	const locate = locatorOf(file, split);
	if (split.problem !== void 0) {
		const { message, offset } = split.problem;
		return {
			documents: [],
			problems: [new ResourceError("YAML_INVALID", message, locate(offset))]
		};
	}
	if (split.documents.length > resourceLimits.documents) {
		const message = `file has more than ${resourceLimits.documents} documents`;
		return {
			documents: [],
			problems: [new ResourceError("RESOURCE_LIMIT", message, { file })]
		};
	}
	const documents = [];
	const problems = [];
	for (const part of split.documents) {
		const locateIn = (offset) => locate(offset === void 0 ? void 0 : part.offset + offset);
		try {
			documents.push(...readDocument(part, locateIn));
		} catch (error) {
			problems.push(...problemsOf$1(error, locateIn));
		}
	}
	return {
		documents,
		problems
	};
}
function locatorOf(file, { text }) {
	const lines = new import_dist.LineCounter();
	let isCounted = false;
	return (offset) => {
		if (offset === void 0) return { file };
		if (!isCounted) {
			lines.addNewLine(0);
			for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines.addNewLine(at + 1);
			isCounted = true;
		}
		const { line, col } = lines.linePos(offset);
		return {
			file,
			line,
			column: col
		};
	};
}
var SyntaxProblems = class extends Error {
	issues;
	constructor(issues) {
		super("document is not valid");
		this.issues = issues;
	}
};
function readDocument({ text, isJson }, locate) {
	const [document, more] = parseYaml(text);
	const issues = document === void 0 ? [] : [...document.errors, ...document.warnings.filter(isProblem)];
	if (issues.length > 0) throw new SyntaxProblems(issues);
	if (more !== void 0) throw new NodeError("YAML_INVALID", "text stands behind the end of the document", more);
	const root = document?.contents ?? null;
	const value = root === null ? null : readNodes(root, isJson ? void 0 : text);
	if (root === null || value === null) {
		inspectNothing(text);
		return [];
	}
	if (isJson && JSON.stringify(value) !== JSON.stringify(JSON.parse(text))) throw new NodeError("YAML_INVALID", "document is another one as JSON than as YAML", root);
	return [{
		value,
		root,
		locate
	}];
}
function isProblem({ code }) {
	return code !== "BAD_INDENT";
}
function inspectNothing(text) {
	const mark = /^\.\.\./mu.exec(text) ?? /^ *\t/mu.exec(text);
	if (mark === null) return;
	throw new NodeError("YAML_INVALID", "document is empty, but not for kubectl", { range: [mark.index] });
}
function parseYaml(text) {
	const documents = (0, import_dist.parseAllDocuments)(text, {
		schema: "failsafe",
		customTags: [...kubernetesTags],
		merge: false,
		uniqueKeys: false,
		resolveKnownTags: false,
		strict: true,
		stringKeys: false,
		prettyErrors: false
	});
	return Array.isArray(documents) ? documents : [];
}
function problemsOf$1(error, locate) {
	if (error instanceof SyntaxProblems) return error.issues.map((issue) => new ResourceError("YAML_INVALID", describe(issue), locate(issue.pos[0])));
	if (error instanceof NodeError) return [new ResourceError(error.code, error.message, locate(error.offset))];
	const name = error instanceof Error ? error.name : typeof error;
	return [new ResourceError("YAML_INVALID", `document can not be read (${name})`, locate(0))];
}
function describe({ code, message }) {
	if (code === "TAG_RESOLVE_FAILED" || code === "BAD_COLLECTION_TYPE") return isScalarProblem(message) ? message : "tag is not known; quote the text if it is none";
	if (code === "BAD_DQ_ESCAPE") return "Invalid escape sequence in double quotes";
	if (code === "BAD_SCALAR_START") return "Plain value cannot start with a reserved character; quote it";
	return message.replace(/(?<=\S): .*$/su, "");
}

// src/resources/parse.ts
function parseFile(file, bytes) {
	const { documents, problems } = readDocuments(file, bytes);
	const found = documents.flatMap(objectsOf).map(readObject);
	return {
		resources: found.flatMap((part) => part.resources),
		problems: [...problems, ...found.flatMap((part) => part.problems)]
	};
}
function locateFields(file, bytes, wanted, part = "key") {
	const candidates = /* @__PURE__ */ new Map();
	for (const candidate of readDocuments(file, bytes).documents.flatMap(objectsOf)) candidates.set(placeKey(candidate.locate(offsetOf(candidate.node))), candidate);
	return wanted.map(({ location, path }) => {
		const found = candidates.get(placeKey(location));
		return found === void 0 ? location : found.locate(findField(found.node, path, part));
	});
}
function locatePath({ root, locate }, path, part) {
	return locate(findField(root, path, part));
}
function placeKey({ line, column }) {
	return `${line}:${column}`;
}
function objectsOf({ value, root, locate }) {
	const found = [];
	const open = [{
		value,
		node: root,
		locate
	}];
	for (let next = open.pop(); next !== void 0; next = open.pop()) {
		const { value, node } = next;
		if (!isList(value)) {
			found.push(next);
			continue;
		}
		const items = (0, import_dist.isMap)(node) ? node.get("items", true) : void 0;
		const candidates = (value.items ?? []).map((item, index) => {
			const child = (0, import_dist.isSeq)(items) ? items.items[index] : void 0;
			return {
				value: item,
				node: isNode(child) ? child : node,
				locate
			};
		});
		for (const candidate of candidates.toReversed()) open.push(candidate);
	}
	return found;
}
function readObject({ value, node, locate }) {
	const location = locate(offsetOf(node));
	const result = resourceSchema.safeParse(value);
	if (!result.success) {
		const problems = result.error.issues.map((issue) => {
			const path = issue.path.map(String);
			const what = path.length === 0 ? "document" : path.join(".");
			const place = locate(findField(node, path, "value"));
			if (isEncrypted(value, path)) return new ResourceError("RESOURCE_INVALID", `${what}: is encrypted`, place, { hint: inClear });
			return new ResourceError("RESOURCE_INVALID", `${what}: ${issue.message}`, place);
		});
		return {
			resources: [],
			problems: [...new Map(problems.map((problem) => [problem.message, problem])).values()]
		};
	}
	const bytes = Buffer.byteLength(JSON.stringify(result.data));
	if (bytes > resourceLimits.resourceBytes) {
		const message = `object has ${bytes} bytes, more than the API server takes (${resourceLimits.resourceBytes})`;
		return {
			resources: [],
			problems: [new ResourceError("RESOURCE_LIMIT", message, location)]
		};
	}
	return {
		resources: [{
			resource: result.data,
			location
		}],
		problems: []
	};
}
const inClear = "Leave apiVersion, kind and metadata in clear: sops encrypt --encrypted-regex '^(data|stringData)$'.";
function isEncrypted(value, path) {
	let here = value;
	for (const step of path) here = (typeof here === "object" && here !== null ? Object.entries(here) : []).find(([name]) => name === step)?.[1];
	return typeof here === "string" && here.startsWith("ENC[AES256_GCM,");
}
function findField(node, path, part) {
	let offset = offsetOf(node);
	let here = node;
	for (const step of path) {
		if ((0, import_dist.isAlias)(here)) break;
		if ((0, import_dist.isSeq)(here)) {
			here = here.items[Number(step)];
			offset = offsetOf(here) ?? offset;
			continue;
		}
		const pair = (0, import_dist.isMap)(here) ? here.items.find(({ key }) => (0, import_dist.isScalar)(key) && String(key.value) === step) : void 0;
		if (pair === void 0) break;
		here = pair.value;
		offset = offsetOf(part === "key" ? pair.key : pair.value) ?? offset;
	}
	return offset;
}
function isList(value) {
	if (typeof value !== "object" || value === null) return false;
	const { kind, items } = value;
	return typeof kind === "string" && kind.endsWith("List") && (Array.isArray(items) || items === null);
}

// src/resources/validate.ts
const SOURCE = /(?:^|\/)(?:kustomization\.ya?ml|Kustomization|Chart\.yaml)$/u;
function isSource(path) {
	return SOURCE.test(path);
}
function isResourceFile(path) {
	return /\.(?:ya?ml|json)$/iu.test(path) || isSource(path);
}
function readResources(files) {
	return joinFiles(files.map(readFile$1));
}
function readFile$1({ path, bytes }) {
	if (!isSource(path)) return parseFile(path, bytes);
	return {
		resources: [],
		problems: [new ResourceError("NOT_RENDERED", "file must be rendered before it is published", { file: path }, { hint: "Publish the folder that it lies in, which renders it, or what kustomize or helm make of it." })]
	};
}
function joinFiles(files) {
	const resources = files.flatMap((file) => file.resources);
	const problems = [...files.flatMap((file) => file.problems), ...findDuplicates(resources)];
	if (resources.length > resourceLimits.resources) {
		const message = `artifact has ${resources.length} objects, more than ${resourceLimits.resources}`;
		problems.push(new ResourceError("RESOURCE_LIMIT", message, { file: "." }));
	}
	if (resources.length === 0 && problems.length === 0) problems.push(new ResourceError("RESOURCE_INVALID", "there is no object in the files", { file: "." }));
	throwProblems(problems);
	return resources;
}
function findDuplicates(resources) {
	const seen = /* @__PURE__ */ new Map();
	const problems = [];
	for (const parsed of resources) {
		const identity = identityOf(parsed.resource);
		const key = identityKey(identity);
		const first = seen.get(key);
		if (first === void 0) seen.set(key, parsed);
		else {
			const { file, line } = first.location;
			const message = `${formatIdentity(identity)} stands already in ${file}:${line ?? 1}`;
			problems.push(new ResourceError("RESOURCE_DUPLICATE", message, parsed.location));
		}
	}
	return problems;
}
function throwProblems(problems) {
	const [first, ...rest] = problems.slice(0, resourceLimits.problems);
	if (first === void 0) return;
	const count = problems.length;
	throw new FailuresError([first, ...rest], `${count} problem${count === 1 ? "" : "s"} in the files`);
}

// src/operations/ports.ts
function formatTime(ms) {
	return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

// src/oci/content-store.ts
async function fetchBytes(source, descriptor, maxBytes, signal) {
	if (descriptor.size > maxBytes) throw new ContentError("SIZE_LIMIT", `${descriptor.digest} has ${descriptor.size} bytes, more than ${maxBytes}`);
	const chunks = [];
	for await (const chunk of source.fetch(descriptor, signal)) chunks.push(chunk);
	return Buffer.concat(chunks);
}
function assertContent({ descriptor, bytes }) {
	if (bytes.byteLength !== descriptor.size) throw new ContentError("SIZE_MISMATCH", `${descriptor.digest} has ${bytes.byteLength} bytes, not ${descriptor.size}`);
	const digest = computeDigest(bytes);
	if (digest !== descriptor.digest) throw new ContentError("DIGEST_MISMATCH", `content has digest ${digest}, not ${descriptor.digest}`);
}
function assertBlob({ mediaType, digest }) {
	if (!isManifestType(mediaType)) return;
	throw new ContentError("MEDIA_TYPE_UNEXPECTED", `${digest} is a manifest (${mediaType}), no blob`);
}
function verifyStream(descriptor, chunks) {
	const { digest, size } = descriptor;
	const known = checked.get(chunks);
	if (known?.isOpen === false && known.digest === digest && known.size === size) return chunks;
	return seal({
		digest,
		size
	}, check(descriptor, chunks));
}
function watchStream(chunks, watch) {
	const known = checked.get(chunks);
	const watched = passOn$1(chunks, watch);
	return known?.isOpen === false ? seal(known, watched) : watched;
}
const checked = /* @__PURE__ */ new WeakMap();
function seal({ digest, size }, inner) {
	const state = {
		digest,
		size,
		isOpen: false
	};
	const sealed = Object.freeze({ [Symbol.asyncIterator]() {
		if (state.isOpen) throw new ContentError("SIZE_MISMATCH", `${digest} has been read already`);
		state.isOpen = true;
		return inner[Symbol.asyncIterator]();
	} });
	checked.set(sealed, state);
	return sealed;
}
async function* passOn$1(chunks, watch) {
	try {
		for await (const chunk of chunks) {
			watch.onBytes(chunk.byteLength);
			yield chunk;
		}
	} catch (error) {
		watch.onError?.(error);
		throw error;
	}
}
async function* check(descriptor, chunks) {
	const hash = startDigest();
	let size = 0;
	for await (const chunk of chunks) {
		size += chunk.byteLength;
		if (size > descriptor.size) throw new ContentError("SIZE_MISMATCH", `${descriptor.digest} is longer than its ${descriptor.size} bytes`);
		hash.update(chunk);
		yield chunk;
	}
	if (size !== descriptor.size) throw new ContentError("SIZE_MISMATCH", `${descriptor.digest} has ${size} bytes, not ${descriptor.size}`);
	const digest = finishDigest(hash);
	if (digest !== descriptor.digest) throw new ContentError("DIGEST_MISMATCH", `content has digest ${digest}, not ${descriptor.digest}`);
}

// src/oci/attached-tags.ts
const suffixes = [
	"sig",
	"att",
	"sbom"
];
const ATTACHED = /^sha256-(?<hex>[a-f0-9]{64})(?<suffix>\.(?:sig|att|sbom))?$/u;
function referrersTagOf(digest) {
	return `sha256-${digestHex(digest)}`;
}
function attachedTagsOf(digest) {
	return suffixes.map((suffix) => `${referrersTagOf(digest)}.${suffix}`);
}
function parseAttachedTag(tag) {
	const groups = ATTACHED.exec(tag)?.groups;
	const hex = groups?.["hex"];
	if (hex === void 0) return void 0;
	return {
		subject: `sha256:${hex}`,
		isReferrersTag: groups?.["suffix"] === void 0
	};
}

// src/api/common.ts
const apiGroup = "sealift.dev";
const objectRuleDomains = [apiGroup, "kustomize.toolkit.fluxcd.io"];
const objectRuleNames = [
	"ssa",
	"force",
	"prune",
	"reconcile",
	"substitute"
];
const aggregationLabel = `${apiGroup}/aggregate-to-puller`;
function described(description, extras = {}) {
	return {
		description,
		...extras
	};
}
const durationSchema = string().max(32).regex(/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/u);
function parseDurationMs(text) {
	const unitMs = {
		ms: 1,
		s: 1e3,
		m: 6e4,
		h: 36e5
	};
	let total = 0;
	for (const [, amount, unit] of text.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)/gu)) if (unit === "ms" || unit === "s" || unit === "m" || unit === "h") total += Number(amount) * unitMs[unit];
	return total;
}
const nameSchema = string().min(1).max(253).regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/u);
const namespaceSchema = string().min(1).max(63).regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/u);
const tagSchema = string().min(1).max(128).regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/u);
const digestTextSchema = string().max(71).regex(/^sha256:[a-f0-9]{64}$/u);
const counterSchema = int().min(0).max(Number.MAX_SAFE_INTEGER).meta({ format: "int64" });
const conditionSchema = object({
	type: string().max(316),
	status: _enum([
		"True",
		"False",
		"Unknown"
	]),
	reason: string().min(1).max(1024),
	message: string().max(32768),
	lastTransitionTime: string().meta({ format: "date-time" }),
	observedGeneration: int().min(0).meta({ format: "int64" }).optional()
});
const conditionsSchema = array(conditionSchema).max(16).meta({
	description: "What is known of the object now, one entry a type.",
	"x-kubernetes-list-type": "map",
	"x-kubernetes-list-map-keys": ["type"]
});
const metadataSchema = looseObject({
	name: string(),
	namespace: string().optional(),
	uid: string(),
	resourceVersion: string(),
	generation: int().optional(),
	annotations: record(string(), string()).optional(),
	finalizers: array(string()).optional(),
	deletionTimestamp: string().optional()
});

// src/registry/redact.ts
function redactUrl(url) {
	return `${url.protocol}//${url.host}${url.pathname}${url.search === "" ? "" : "?\u2026"}`;
}

// src/registry/http.ts
function describeRequest({ method, url }) {
	return `${method} ${redactUrl(url)}`;
}
function protocolError(request, what) {
	return new RegistryError("REGISTRY_PROTOCOL", `${describeRequest(request)} ${what}`);
}

// src/registry/tls-errors.ts
const seen = /* @__PURE__ */ new WeakMap();
function watchCertificate(socket) {
	let raw;
	const isOursShown = Object.keys(socket.getCertificate() ?? {}).length > 0;
	socket.prependOnceListener("secure", () => {
		raw = rawOf(socket);
	});
	socket.once("error", (error) => {
		seen.set(error, {
			certificate: raw === void 0 ? void 0 : parse(raw),
			isOursShown
		});
	});
}
function rawOf(socket) {
	return socket.getPeerCertificate()?.raw;
}
function parse(raw) {
	try {
		return new X509Certificate(raw);
	} catch {
		return;
	}
}
const tlsCodes = /^(?:ERR_TLS|ERR_SSL|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_PURPOSE|INVALID_CA|PATH_LENGTH|ERROR_IN_CERT|EPROTO)/u;
function tlsFailureOf(error, host) {
	const code = codeOf$1(error);
	if (!(error instanceof Error)) return void 0;
	if (code.startsWith("HPE_")) return speaksTls(error) ? tlsOnPlainHttp(host) : void 0;
	if (!tlsCodes.test(code)) return void 0;
	const { certificate, isOursShown = false } = seen.get(error) ?? {};
	const reason = opensslReason(error.message);
	const { words, hint } = (certificate === void 0 ? void 0 : certificateFailure(code, host, certificate)) ?? handshakeFailure(reason, host, isOursShown) ?? {
		words: `TLS failed: ${code} ${reason ?? errorMessageOf(error.message, 200)}`,
		hint: `\`sealift doctor\` shows how ${host} speaks TLS.`
	};
	return {
		words,
		hint,
		details: certificate === void 0 ? {} : factsOf(certificate)
	};
}
function tlsOnPlainHttp(host) {
	return {
		words: `${host} answers plain HTTP with TLS`,
		hint: "It is asked without TLS because of --plain-http or its loopback address; leave --plain-http out.",
		details: {}
	};
}
function describeCertificate(certificate) {
	const { subject, issuer, validFrom, validTo } = factsOf(certificate);
	return `certificate of ${subject}, signed by ${issuer}, valid from ${validFrom} to ${validTo}`;
}
function factsOf(certificate) {
	const line = (text = "") => errorMessageOf(text.replaceAll("\n", ", "), networkLimits.certificateNameLength);
	return {
		subject: line(certificate.subject) || "nobody",
		issuer: line(certificate.issuer) || "nobody",
		names: line(certificate.subjectAltName?.replaceAll("IP Address:", "").replaceAll("DNS:", "")),
		validFrom: timeOf(certificate.validFromDate),
		validTo: timeOf(certificate.validToDate)
	};
}
function timeOf(date) {
	return Number.isNaN(date.getTime()) ? "an unknown time" : date.toISOString().replace(".000Z", "Z");
}
function certificateFailure(code, host, certificate) {
	const described = describeCertificate(certificate);
	const { issuer, names, subject } = factsOf(certificate);
	switch (code) {
		case "CERT_HAS_EXPIRED":
		case "CERT_NOT_YET_VALID": return {
			words: `${host} shows a certificate that is ${code === "CERT_HAS_EXPIRED" ? "not valid any more" : "not valid yet"}, or one of its chain is not: ${described}`,
			hint: "Have the registry's certificate renewed; see whether this machine's clock is right."
		};
		case "ERR_TLS_CERT_ALTNAME_INVALID": return {
			words: `${host} shows a certificate for ${names || "no name"} and not for itself: ${described}`,
			hint: "Write the registry by a name of its certificate, or have one made for this name."
		};
		case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
		case "UNABLE_TO_GET_ISSUER_CERT":
		case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
		case "SELF_SIGNED_CERT_IN_CHAIN":
		case "DEPTH_ZERO_SELF_SIGNED_CERT": return {
			words: `${host} shows a certificate that nobody trusted has signed, but ${issuer === subject ? "itself" : issuer}: ${described}`,
			hint: "Give the registry's CA; for one that the operating system trusts, set NODE_USE_SYSTEM_CA=1."
		};
		default: return;
	}
}
function handshakeFailure(reason, host, isOursShown) {
	if (reason === void 0) return void 0;
	if (/wrong version number|packet length too long|http request|record layer failure/u.test(reason)) return {
		words: `${host} speaks no TLS`,
		hint: "Where it is meant to speak plain HTTP, say so with --plain-http."
	};
	if (isOursShown && /alert [a-z ]*(?:certificate|ca\b|handshake failure)/u.test(reason)) return {
		words: `${host} does not take the client certificate (${reason})`,
		hint: "See whether the registry knows the CA that signed it, and whether it is still valid."
	};
	if (/alert [a-z ]*(?:certificate|handshake failure)/u.test(reason)) return {
		words: `${host} ends the handshake (${reason}), as those do that want a client certificate`,
		hint: "Give a client certificate and its key, or put them into certs.d."
	};
	if (/protocol version|unsupported protocol/u.test(reason)) return {
		words: `${host} speaks no TLS 1.2 (${reason})`,
		hint: "Older versions are not safe and are not spoken; the registry needs an update."
	};
}
function opensslReason(message) {
	const reason = /:SSL routines:[^:]*:([^:]{1,200}):/u.exec(message)?.[1];
	return reason === void 0 ? void 0 : errorMessageOf(reason, 100);
}
function codeOf$1(error) {
	return error instanceof Error && "code" in error ? String(error.code) : "";
}
function speaksTls(error) {
	const packet = "rawPacket" in error ? error.rawPacket : void 0;
	return packet instanceof Uint8Array && (packet[0] === 21 || packet[0] === 22) && packet[1] === 3;
}

// src/registry/network-errors.ts
function timeoutError(request, timeoutMs) {
	return new RegistryError("REGISTRY_TIMEOUT", `${describeRequest(request)} got nowhere within ${timeoutMs} ms`, {
		retryable: true,
		hint: "See whether the registry and what lies between answer at all; a proxy may hold the connection."
	});
}
function networkError(request, error) {
	if (request.signal?.aborted === true) return abortError(request.signal, error);
	if (error instanceof RegistryError) return error;
	return connectionError(request.url, error, `${describeRequest(request)} failed: `);
}
function connectionError(url, error, prefix = "") {
	const tls = tlsFailureOf(error, url.host);
	if (tls !== void 0) {
		const { words, hint, details } = tls;
		return new RegistryError("REGISTRY_TLS", `${prefix}${words}`, {
			cause: error,
			hint,
			details
		});
	}
	const code = error instanceof Error && "code" in error ? String(error.code) : "";
	return new RegistryError("REGISTRY_NETWORK", `${prefix}${code} ${wordsOf$1(error)}`, {
		cause: error,
		retryable: true,
		...hintOf$1(code, url)
	});
}
function wordsOf$1(error) {
	if (error instanceof AggregateError) return error.errors.map((each) => errorMessageOf(each, 200)).join("; ");
	return error instanceof Error ? error.message : String(error);
}
function hintOf$1(code, url) {
	if (code === "ENOTFOUND" || code === "EAI_AGAIN") return { hint: `The name ${url.hostname} is not known here; where a proxy leads there, set HTTPS_PROXY.` };
	if (url.protocol === "http:" && (code === "ECONNRESET" || code.startsWith("HPE_"))) return { hint: "It was asked by plain HTTP: see whether it speaks TLS." };
	return {};
}
function abortError({ reason }, error) {
	for (const candidate of [error, reason]) if (candidate instanceof Error && candidate.name === "AbortError") return candidate;
	return new DOMException("request was aborted", {
		name: "AbortError",
		cause: reason
	});
}
const ofSources = /* @__PURE__ */ new WeakSet();
function markSourceError(error) {
	if (error instanceof Error) ofSources.add(error);
	return error;
}
function isSourceError(error) {
	return error instanceof Error && ofSources.has(error);
}
function mayGoWellAgain(error, signal) {
	if (signal?.aborted === true || isSourceError(error)) return false;
	return error instanceof RegistryError && error.retryable;
}

// src/registry/retry.ts
const retriedStatuses = /* @__PURE__ */ new Set([
	408,
	429,
	500,
	502,
	503,
	504
]);
const retriedMethods = /* @__PURE__ */ new Set([
	"GET",
	"HEAD",
	"PUT",
	"POST",
	"DELETE"
]);
const usualRetries = {
	random: () => randomInt(2 ** 32) / 2 ** 32,
	sleep: async (ms, signal) => setTimeout$1(ms, void 0, signal === void 0 ? {} : { signal })
};
function withRetry(send, options) {
	const { tries = httpLimits.tries } = options;
	return async (request) => {
		for (let attempt = 1;; attempt += 1) {
			const outcome = await attemptOnce(send, request, options.now);
			if (attempt >= tries || !outcome.isRetryable || outcome.askedMs > httpLimits.maxRetryDelayMs) {
				if ("error" in outcome) throw outcome.error;
				return outcome.answer;
			}
			if ("answer" in outcome) outcome.answer.discard();
			await options.sleep(retryDelayMs(attempt, outcome.askedMs, options.random), request.signal);
		}
	};
}
function retryDelayMs(failures, askedMs, random) {
	const { minRetryDelayMs, maxRetryDelayMs } = httpLimits;
	if (askedMs > 0) return Math.min(askedMs + random() * minRetryDelayMs, maxRetryDelayMs);
	return random() * Math.min(minRetryDelayMs * 2 ** (failures - 1), maxRetryDelayMs);
}
async function pauseAfter({ error, count, signal, isRepeatable = mayGoWellAgain(error, signal) }, { random, sleep, tries = Number.POSITIVE_INFINITY }) {
	const askedMs = error instanceof RegistryError ? Number(error.details["retryAfterMs"] ?? 0) : 0;
	if (!isRepeatable || count >= tries || askedMs > httpLimits.maxRetryDelayMs) throw error;
	await sleep(retryDelayMs(count, askedMs, random), signal);
}
async function attemptOnce(send, request, now) {
	const isResent = retriedMethods.has(request.method) && request.isSentOnce !== true;
	try {
		const answer = await send(request);
		return {
			answer,
			isRetryable: isResent && retriedStatuses.has(answer.status) && request.signal?.aborted !== true,
			askedMs: retryAfterMs(answer, now) ?? 0
		};
	} catch (error) {
		return {
			error,
			isRetryable: isResent && mayGoWellAgain(error, request.signal),
			askedMs: 0
		};
	}
}
function retryAfterMs(answer, now) {
	const value = answer.header("retry-after")?.trim() ?? "";
	if (/^\d{1,15}(?:\.\d{1,15})?$/u.test(value)) return Math.ceil(Number(value) * 1e3);
	if (!/^[A-Z][a-z]{2}.{0,40}\bGMT$/u.test(value)) return void 0;
	const sentMs = Date.parse(answer.header("date") ?? "");
	const waitMs = Date.parse(value) - (Number.isNaN(sentMs) ? now?.() ?? NaN : sentMs);
	return Number.isNaN(waitMs) ? void 0 : Math.max(0, waitMs);
}

// src/registry/inflow.ts
function createInflow({ resume, isChunkLent }) {
	const pieces = [];
	const spare = [];
	let lent;
	let failure;
	let proceed = () => void 0;
	function lastWithRoom() {
		const last = pieces.at(-1);
		if (last !== void 0 && last.filled < last.memory.byteLength) return last;
		const piece = {
			memory: spare.pop() ?? Buffer.allocUnsafeSlow(httpLimits.readBytes),
			filled: 0
		};
		pieces.push(piece);
		return piece;
	}
	return {
		put(bytes) {
			for (let start = 0; start < bytes.byteLength;) {
				const piece = lastWithRoom();
				const part = bytes.subarray(start, start + piece.memory.byteLength - piece.filled);
				piece.memory.set(part, piece.filled);
				piece.filled += part.byteLength;
				start += part.byteLength;
			}
			setImmediate(proceed);
			return pieces.length < httpLimits.waitingReads;
		},
		async next() {
			if (lent !== void 0) spare.push(lent);
			lent = void 0;
			for (;;) {
				const piece = pieces.shift();
				if (piece !== void 0) {
					if (isChunkLent) lent = piece.memory;
					return piece.memory.subarray(0, piece.filled);
				}
				if (failure !== void 0) throw failure.error;
				await new Promise((resolve) => {
					proceed = resolve;
					resume();
				});
			}
		},
		fail(error) {
			failure ??= { error };
			proceed();
		}
	};
}

// src/registry/content-tap.ts
const taps = /* @__PURE__ */ new WeakMap();
const scratch = Buffer.allocUnsafeSlow(httpLimits.readBytes);
function tapped(connect) {
	const tap = { sink: (bytes) => passOn(stream, bytes) };
	const callback = (count) => tap.sink(scratch.subarray(0, count));
	const stream = connect({
		buffer: scratch,
		callback
	});
	if (stream) taps.set(stream, tap);
	return stream;
}
function passOn(stream, bytes) {
	if (stream?.listenerCount("data") === 0) stream.destroy();
	else stream?.emit("data", Buffer.from(bytes));
	return true;
}
function tapContent(response, isChunkLent) {
	const tap = taps.get(response.socket);
	const { "content-length": length = "", "transfer-encoding": coding } = response.headers;
	if (tap === void 0 || response.destroyed || coding !== void 0) return void 0;
	return /^\d{1,15}$/u.test(length) ? receive$1(response, tap, {
		byteCount: Number(length),
		isChunkLent
	}) : void 0;
}
async function* receive$1(response, tap, { byteCount, isChunkLent }) {
	const { socket } = response;
	const inflow = createInflow({
		resume: () => socket.resume(),
		isChunkLent
	});
	response.on("error", inflow.fail);
	response.once("close", () => inflow.fail(/* @__PURE__ */ new Error("connection ended within the body")));
	try {
		tap.sink = inflow.put;
		const parsed = response.read();
		if (parsed instanceof Uint8Array) inflow.put(parsed);
		for (let left = byteCount; left > 0;) {
			const chunk = await inflow.next();
			yield chunk.subarray(0, left);
			left -= chunk.byteLength;
		}
	} finally {
		tap.sink = () => false;
		response.destroy();
	}
}

// src/registry/credentials/credential.ts
const tokenUser = "<token>";
function createSecret(text) {
	return { reveal: () => text };
}
function passwordCredential(user, password) {
	if (user === "<token>") return tokenCredential("identity token", password);
	if (user === "" || /[:\p{Cc}]/u.test(user)) throw new RegistryError("CREDENTIALS_INVALID", "user name is empty, or has a colon or a control character");
	return {
		kind: "password",
		user,
		password: createSecret(password)
	};
}
function tokenCredential(kind, token) {
	if (!/^[!-~]+$/u.test(token)) throw new RegistryError("CREDENTIALS_INVALID", `${kind} is empty or has characters that no token has`);
	return {
		kind,
		token: createSecret(token)
	};
}
function formatBasic(user, password) {
	return `Basic ${Buffer.from(`${user}:${password.reveal()}`, "utf8").toString("base64")}`;
}
function fingerprint(credential) {
	if (credential === void 0) return "anonymous";
	const [user, secret] = credential.kind === "password" ? [credential.user, credential.password] : ["", credential.token];
	return createHash("sha256").update(JSON.stringify([
		credential.kind,
		user,
		secret.reveal()
	])).digest("hex");
}

// src/registry/no-proxy.ts
const loopback$1 = listOf("127.0.0.0", 8);
loopback$1.addAddress("::1", "ipv6");
function parseNoProxy(text) {
	const entries = text.slice(0, networkLimits.noProxyLength).split(/[,\s]+/u).map((entry) => parseEntry(entry.toLowerCase())).filter((entry) => entry !== void 0);
	return { find: (url) => {
		const place = placeOf$1(url);
		if (isOwn(place.host)) return place.host;
		return entries.find(({ matches }) => matches(place))?.text;
	} };
}
function isOwnMachine(url) {
	return isOwn(placeOf$1(url).host);
}
function isOwn(host) {
	return host === "localhost" || host.endsWith(".localhost") || isIn(loopback$1, host);
}
function placeOf$1({ hostname, port, protocol }) {
	return {
		host: hostname.replace(/^\[|\]$|\.$/gu, "").toLowerCase(),
		port: port === "" ? protocol === "http:" ? "80" : "443" : port
	};
}
function parseEntry(text) {
	if (text === "") return void 0;
	if (text === "*") return {
		text,
		matches: () => true
	};
	if (text.includes("/")) {
		const network = parseNetwork(text);
		return network && {
			text,
			matches: ({ host }) => isIn(network, host)
		};
	}
	const { host, port } = splitPort(text);
	if (host === "") return void 0;
	const isHost = matcherOf(host);
	return {
		text,
		matches: (place) => isHost(place.host) && (port === void 0 || port === place.port)
	};
}
function splitPort(text) {
	const [, bracketed, plain = text, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{0,5}))?$/u.exec(text) ?? [];
	return {
		host: bracketed ?? plain,
		...port === void 0 || port === "" ? {} : { port: String(Number(port)) }
	};
}
function matcherOf(host) {
	const version = isIP(host);
	if (version !== 0) {
		const list = new BlockList();
		list.addAddress(host, version === 4 ? "ipv4" : "ipv6");
		return (candidate) => isIn(list, candidate);
	}
	const name = host.replace(/^\*(?=\.)/u, "").replace(/\.$/u, "");
	const suffix = name.startsWith(".") ? name : `.${name}`;
	return (candidate) => isIP(candidate) === 0 && (candidate === name || candidate.endsWith(suffix));
}
function parseNetwork(text) {
	const [address = "", prefix = "", ...more] = text.split("/");
	const version = isIP(address);
	const isPrefix = /^\d{1,3}$/u.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
	return version === 0 || !isPrefix || more.length > 0 ? void 0 : listOf(address, Number(prefix));
}
function listOf(address, prefix) {
	const list = new BlockList();
	list.addSubnet(address, prefix, isIP(address) === 4 ? "ipv4" : "ipv6");
	return list;
}
function isIn(list, host) {
	const version = isIP(host);
	return version !== 0 && list.check(host, version === 4 ? "ipv4" : "ipv6");
}

// src/registry/proxy.ts
const noProxies = () => ({
	proxy: void 0,
	why: "no proxy is given"
});
function environmentProxies(env) {
	const [exemption, noProxyName] = firstOf(env, ["no_proxy", "NO_PROXY"]);
	const noProxy = parseNoProxy(exemption);
	const parse = cached((text, name) => parseProxy(text, name));
	return (url) => {
		const [text, name] = firstOf(env, namesFor(url, env));
		if (text === "") return {
			proxy: void 0,
			why: "no proxy is set"
		};
		const entry = noProxy.find(url);
		if (entry !== void 0) return {
			proxy: void 0,
			why: whyNot(url, noProxyName, entry)
		};
		return {
			proxy: parse(text, name),
			why: name
		};
	};
}
function nameProxy({ url }) {
	return `proxy ${url.origin}`;
}
function whyNot(url, name, entry) {
	return isOwnMachine(url) ? "this machine is never reached by a proxy" : `${name} has ${entry}`;
}
function namesFor({ protocol }, env) {
	if (protocol === "https:") return [
		"https_proxy",
		"HTTPS_PROXY",
		"all_proxy",
		"ALL_PROXY"
	];
	return [
		"http_proxy",
		...(env["REQUEST_METHOD"] ?? "") !== "" ? [] : ["HTTP_PROXY"],
		"all_proxy",
		"ALL_PROXY"
	];
}
function firstOf(env, names) {
	const name = names.find((candidate) => (env[candidate]?.trim() ?? "") !== "") ?? "";
	return [env[name]?.trim() ?? "", name];
}
function parseProxy(address, source) {
	const text = address.trim();
	const [, scheme = "http"] = /^([a-z][a-z0-9+.-]{0,30}):\/\//iu.exec(text) ?? [];
	if (/^socks/iu.test(scheme)) throw invalid$1(`${source} names a SOCKS proxy, which is not supported`);
	const full = text.includes("://") ? text : `http://${text}`;
	if (text.length > networkLimits.proxyLength || !URL.canParse(full)) throw invalid$1(`${source} is no address of a proxy`);
	const url = new URL(full);
	if (url.protocol !== "http:" && url.protocol !== "https:") throw invalid$1(`${source} names a proxy of the scheme ${url.protocol}//, not http:// or https://`);
	return {
		url: new URL(url.origin),
		authorization: authorizationOf$1(url, source)
	};
}
function authorizationOf$1({ username, password }, source) {
	if (username === "" && password === "") return void 0;
	let user;
	let secret;
	try {
		[user, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
	} catch {
		throw invalid$1(`${source} has a user or a password with a % that is no part of an escape`);
	}
	if (user.includes(":") || /\p{Cc}/u.test(user + secret)) throw invalid$1(`${source} has a user with a colon, or a control character`);
	return createSecret(formatBasic(user, createSecret(secret)));
}
function invalid$1(message) {
	return new InputError("INPUT_INVALID", message, { hint: "Write the proxy as http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT with special characters as %XX." });
}
function cached(parse) {
	const known = /* @__PURE__ */ new Map();
	return (text, name) => {
		const proxy = known.get(text) ?? parse(text, name);
		known.set(text, proxy);
		return proxy;
	};
}

// src/registry/tls.ts
const pemBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/gu;
function secureSettings({ ca, clientCertificate }, host = {}) {
	const authorities = ca ?? (host.ca === void 0 ? void 0 : withUsual(host.ca));
	const shown = clientCertificate ?? host.clientCertificate;
	if (ca !== void 0) parseCertificates(ca, "CA file");
	if (shown !== void 0) checkPair(shown);
	return {
		secureContext: createSecureContext({
			minVersion: "TLSv1.2",
			...authorities === void 0 ? {} : { ca: authorities },
			...shown === void 0 ? {} : {
				cert: shown.certificate,
				key: shown.key
			}
		}),
		rejectUnauthorized: true
	};
}
function proxySettings({ ca }) {
	return secureSettings({}, ca === void 0 ? {} : { ca });
}
function parseCertificates(pem, what) {
	const [first, ...more] = (pem.match(pemBlock) ?? []).map((block) => parseBlock(block, what));
	if (first !== void 0) return [first, ...more];
	throw invalid(`${what} has no certificate`, "A certificate starts with -----BEGIN CERTIFICATE-----.");
}
function parseBlock(block, what) {
	try {
		return new X509Certificate(block);
	} catch {
		throw invalid(`${what} has a certificate that can not be read`);
	}
}
function withUsual(pem) {
	parseCertificates(pem, "CA file");
	return [pem, ...getCACertificates("default")].join("\n");
}
function checkPair({ certificate, key }) {
	const [leaf] = parseCertificates(certificate, "client certificate");
	if (!leaf.checkPrivateKey(parseKey(key))) throw invalid(`client certificate of ${leaf.subject.replaceAll("\n", ", ")} and key do not belong together`, "The key's own certificate comes first in its file, its chain behind it.");
}
function parseKey(pem) {
	if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/mu.test(pem)) throw invalid("key of the client certificate is encrypted", "Decrypt it: nobody can be asked for its password.");
	try {
		return createPrivateKey(pem);
	} catch {
		throw invalid("key of the client certificate can not be read", "It is to be PEM: PKCS#8, PKCS#1 or SEC1.");
	}
}
function invalid(message, hint) {
	return new InputError("INPUT_INVALID", message, hint === void 0 ? {} : { hint });
}

// src/registry/proxy-errors.ts
function proxyRefusal(proxy, target, status) {
	const name = nameProxy(proxy);
	if (status === 407) {
		const what = proxy.authorization !== void 0 ? "does not take its user and password" : "wants a user and a password";
		return new RegistryError("REGISTRY_NETWORK", `${name} ${what} (407)`, {
			details: { status },
			hint: "Write them into the address of the proxy: http://USER:PASSWORD@HOST:PORT."
		});
	}
	const isTemporary = status === 429 || status >= 500;
	return new RegistryError(isTemporary ? "REGISTRY_UNAVAILABLE" : "REGISTRY_NETWORK", `${name} opens no tunnel to ${target}: it answered ${status}`, {
		details: { status },
		retryable: isTemporary,
		hint: isTemporary ? "See whether the proxy reaches the registry; one that is near is excepted with NO_PROXY." : "Have the proxy allow this host and port, or except the registry with NO_PROXY."
	});
}
function proxyNetworkError(proxy, error) {
	const name = nameProxy(proxy);
	const tls = tlsFailureOf(error, name);
	if (tls !== void 0) return new RegistryError("REGISTRY_TLS", tls.words, {
		cause: error,
		hint: tls.hint,
		details: tls.details
	});
	const code = error instanceof Error && "code" in error ? String(error.code) : "";
	if (code.startsWith("HPE_")) return new RegistryError("REGISTRY_PROTOCOL", `${name} answers with no HTTP (${code})`, { cause: error });
	const message = error instanceof Error ? error.message : String(error);
	return new RegistryError("REGISTRY_NETWORK", `${name} can not be reached: ${code} ${message}`, {
		cause: error,
		retryable: true,
		hint: "See whether its address is right (HTTPS_PROXY, HTTP_PROXY), or except the registry with NO_PROXY."
	});
}

// src/registry/tunnel.ts
function connectProxy(options) {
	const event = options.proxy.url.protocol === "https:" ? "secureConnect" : "connect";
	return reach(options, ({ socket, resolve }) => socket.once(event, () => resolve(socket)));
}
function openTunnel(options, target) {
	const { proxy } = options;
	return reach(options, ({ socket, resolve, fail }) => {
		const message = request({
			createConnection: () => socket,
			method: "CONNECT",
			path: target,
			setHost: false,
			headers: {
				host: target,
				"user-agent": "sealift",
				...authorizationOf(proxy)
			},
			maxHeaderSize: httpLimits.headerBytes
		});
		message.once("connect", (answer, _socket, rest) => {
			const error = refusalOf$3({
				proxy,
				target,
				status: answer.statusCode ?? 0,
				rest
			});
			if (error === void 0) resolve(socket);
			else fail(error);
		});
		message.on("error", (error) => fail(proxyNetworkError(proxy, error)));
		message.end();
	});
}
function authorizationOf({ authorization }) {
	return authorization === void 0 ? {} : { "proxy-authorization": authorization.reveal() };
}
function reach(options, arrange) {
	const { proxy, timeoutMs, signal } = options;
	const { promise, resolve, reject } = Promise.withResolvers();
	const socket = startConnection(options);
	const fail = (error) => {
		reject(error);
		socket.destroy();
	};
	socket.on("error", (error) => fail(proxyNetworkError(proxy, error)));
	const timer = setTimeout(() => fail(silence(proxy, timeoutMs)), timeoutMs);
	const onAbort = () => fail(signal.reason);
	signal.addEventListener("abort", onAbort);
	if (signal.aborted) onAbort();
	else arrange({
		socket,
		resolve,
		fail
	});
	return promise.finally(() => {
		clearTimeout(timer);
		signal.removeEventListener("abort", onAbort);
	});
}
function startConnection({ proxy: { url }, secure, lookup }) {
	const isSecure = url.protocol === "https:";
	const host = url.hostname.replaceAll(/[[\]]/gu, "");
	const place = {
		host,
		port: url.port === "" ? isSecure ? 443 : 80 : Number(url.port),
		...lookup === void 0 ? {} : { lookup }
	};
	if (!isSecure) return connect$1({
		...place,
		noDelay: true
	});
	const socket = connect$2({
		...place,
		...secure(),
		servername: isIP(host) === 0 ? host : ""
	});
	watchCertificate(socket);
	return socket;
}
function refusalOf$3({ proxy, target, status, rest }) {
	if (status < 200 || status > 299) return proxyRefusal(proxy, target, status);
	if (rest.byteLength === 0) return void 0;
	return new RegistryError("REGISTRY_PROTOCOL", `${nameProxy(proxy)} sent bytes of its own into the tunnel to ${target}`);
}
function silence(proxy, timeoutMs) {
	return new RegistryError("REGISTRY_TIMEOUT", `${nameProxy(proxy)} let nobody through within ${timeoutMs} ms`, {
		retryable: true,
		hint: "See whether the proxy answers at all, and whether it reaches the registry."
	});
}

// src/registry/agents.ts
function createAgents(options = {}, connectMs = httpLimits.connectTimeoutMs) {
	const { chooseProxy = noProxies, lookup } = options;
	const ending = new AbortController();
	const agents = /* @__PURE__ */ new Set();
	const keep = (agent) => {
		agents.add(agent);
		return agent;
	};
	const common = once(() => secureSettings(options));
	const secureProxies = once(() => proxySettings(options));
	const throughOf = (proxy) => {
		return {
			proxy,
			secure: secureProxies,
			lookup,
			timeoutMs: connectMs,
			signal: ending.signal
		};
	};
	const pool = poolOptions(options);
	const plain = byProxy((proxy) => {
		if (proxy === void 0) return keep(new PlainAgent(pool));
		return keep(new WaitingAgent(pool, () => connectProxy(throughOf(proxy))));
	});
	const secureAgent = (proxy, host) => {
		const settings = {
			...pool,
			...host === void 0 ? common() : secureSettings(options, host)
		};
		if (proxy === void 0) return keep(new SecureAgent(settings));
		return keep(new SecureAgent(settings, (target) => openTunnel(throughOf(proxy), target)));
	};
	const secure = byProxy((proxy) => secureAgent(proxy));
	const ofHosts = hostAgents(options.hostTls, secureAgent);
	if (options.ca !== void 0 || options.clientCertificate !== void 0) common();
	return {
		routeTo: async (url) => {
			const { proxy } = chooseProxy(url);
			if (url.protocol === "https:") return {
				agent: await ofHosts(url.host, proxy) ?? secure(proxy),
				proxy,
				request: {}
			};
			return {
				agent: plain(proxy),
				proxy,
				request: proxy === void 0 ? {} : absoluteForm(url, proxy)
			};
		},
		close: () => {
			ending.abort();
			for (const agent of agents) agent.destroy();
		}
	};
}
function poolOptions({ lookup }) {
	const { connections, idleTimeoutMs } = httpLimits;
	return {
		keepAlive: true,
		maxSockets: connections,
		maxFreeSockets: connections,
		timeout: idleTimeoutMs,
		...lookup === void 0 ? {} : { lookup }
	};
}
function absoluteForm(url, proxy) {
	return {
		path: `${url.origin}${url.pathname}${url.search}`,
		headers: authorizationOf(proxy)
	};
}
function hostAgents(hostTls, create) {
	const known = /* @__PURE__ */ new Map();
	return async (host, proxy) => {
		if (hostTls === void 0) return void 0;
		const before = known.get(host);
		if (before !== void 0) return before;
		const agent = hostTls(host).then((tls) => tls && create(proxy, tls));
		agent.catch(() => known.delete(host));
		known.set(host, agent);
		const [oldest] = known.keys();
		if (known.size > networkLimits.hosts && oldest !== void 0) known.delete(oldest);
		return agent;
	};
}
function byProxy(create) {
	const known = /* @__PURE__ */ new Map();
	return (proxy) => {
		const found = known.get(proxy) ?? create(proxy);
		known.set(proxy, found);
		return found;
	};
}
function once(create) {
	let created;
	return () => (created ??= { value: create() }).value;
}
function poolName(name, { isTapped } = {}) {
	return isTapped === true ? `${name}:tapped` : name;
}
var PlainAgent = class extends Agent {
	getName(options) {
		return poolName(super.getName(options), options);
	}
	createConnection(options) {
		return connect(options, (how) => super.createConnection(how));
	}
};
var WaitingAgent = class extends Agent {
	#connect;
	constructor(options, connect) {
		super(options);
		this.#connect = connect;
	}
	createConnection(_options, created) {
		this.#connect().then((socket) => created?.(null, socket), (error) => created?.(toError(error), new Socket()));
	}
};
var SecureAgent = class extends Agent$1 {
	#tunnel;
	constructor(options, tunnel) {
		super(options);
		this.#tunnel = tunnel;
	}
	getName(options) {
		return poolName(super.getName(options), options);
	}
	createConnection(options, created) {
		if (this.#tunnel === void 0) return watched(connect(options, (how) => super.createConnection(how)));
		this.#tunnel(targetOf(options)).then((socket) => {
			const overTunnel = {
				...options,
				socket
			};
			created?.(null, watched(super.createConnection(overTunnel)) ?? socket);
		}, (error) => created?.(toError(error), new Socket()));
	}
};
function connect(options, create) {
	return options.isTapped === true ? tapped((onread) => create({
		...options,
		onread
	})) : create(options);
}
function watched(stream) {
	if (stream instanceof TLSSocket) watchCertificate(stream);
	return stream;
}
function targetOf({ host, port }) {
	const name = host ?? "";
	return `${isIP(name) === 6 ? `[${name}]` : name}:${port ?? 443}`;
}
function toError(error) {
	return error instanceof Error ? error : new Error(String(error));
}

// src/registry/deadlines.ts
const usualDeadlines = {
	connectMs: httpLimits.connectTimeoutMs,
	responseMs: httpLimits.responseTimeoutMs,
	idleMs: httpLimits.idleTimeoutMs,
	idleBytes: httpLimits.idleBytes,
	documentMs: httpLimits.documentTimeoutMs
};
function createDeadline(expire) {
	let timer;
	return {
		start: (ms) => {
			clearTimeout(timer);
			timer = setTimeout(() => expire(ms), ms).unref();
		},
		stop: () => clearTimeout(timer)
	};
}
function watchPace({ deadlines, now }, expire) {
	const { idleMs, idleBytes } = deadlines;
	const deadline = createDeadline(() => expire(idleMs));
	let waitedMs = 0;
	let bytes = 0;
	let sinceMs = 0;
	return {
		wait: () => {
			sinceMs = now();
			deadline.start(Math.max(0, idleMs - waitedMs));
		},
		moved: (byteCount) => {
			deadline.stop();
			waitedMs += now() - sinceMs;
			bytes += byteCount;
			if (bytes < idleBytes) return;
			waitedMs = 0;
			bytes = 0;
		},
		stop: deadline.stop
	};
}

// src/registry/incoming.ts
function toAnswer(request, response, { message, ...timing }) {
	const status = response.statusCode ?? 0;
	const isContent = request.hasLongAnswer === true && (status === 200 || status === 206);
	const deadline = createDeadline((ms) => response.destroy(timeoutError(request, ms)));
	if (!isContent) deadline.start(timing.deadlines.documentMs);
	response.once("close", () => {
		deadline.stop();
		if (!message.writableEnded) message.destroy();
	});
	return {
		status,
		header: (name) => {
			const value = response.headers[name];
			return Array.isArray(value) ? value.join(", ") : value;
		},
		body: readBody$1(request, response, timing),
		discard: () => discard(response)
	};
}
async function* readBody$1(request, response, timing) {
	const pace = watchPace(timing, (ms) => response.destroy(timeoutError(request, ms)));
	const isLent = request.isChunkLent === true;
	try {
		const tap = request.hasLargeAnswer === true ? tapContent(response, isLent) : void 0;
		pace.wait();
		for await (const chunk of tap ?? response) {
			if (!(chunk instanceof Uint8Array)) throw protocolError(request, "gave text where bytes were expected");
			pace.moved(chunk.byteLength);
			yield chunk;
			if (isLent && tap === void 0) release(chunk);
			pace.wait();
		}
	} catch (error) {
		throw networkError(request, error);
	} finally {
		pace.stop();
	}
}
function release({ buffer, byteLength }) {
	if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
function discard(response) {
	let bytes = 0;
	response.on("error", () => void 0);
	response.on("data", (chunk) => {
		bytes += chunk.byteLength;
		if (bytes > httpLimits.discardBytes) response.destroy();
	});
}

// src/registry/outgoing.ts
const sliceBytes = 65536;
function startUpload(message, request, body, timing) {
	const stopping = new AbortController();
	const stop = () => stopping.abort();
	message.once("close", stop);
	const pace = watchPace(timing, (ms) => message.destroy(timeoutError(request, ms)));
	const signals = [stopping.signal, ...request.signal === void 0 ? [] : [request.signal]];
	const handOver = createHandOver(message, stopping);
	const send = async () => {
		const source = body.open(AbortSignal.any(signals), { isChunkLent: true });
		for await (const chunk of readSource$1(source, stopping.signal)) {
			for (let start = 0; start < chunk.byteLength; start += sliceBytes) {
				const slice = chunk.subarray(start, start + sliceBytes);
				pace.wait();
				await handOver(slice);
				pace.moved(slice.byteLength);
			}
			if (stopping.signal.aborted) return;
		}
		if (!stopping.signal.aborted) message.end();
	};
	return {
		sent: send().finally(pace.stop),
		stop
	};
}
function streamBytes(bytes) {
	return {
		byteLength: bytes.byteLength,
		open: async function* open() {
			yield bytes;
		}
	};
}
async function* readSource$1(source, stopped) {
	try {
		for await (const chunk of source) {
			if (stopped.aborted) return;
			yield chunk;
		}
	} catch (error) {
		if (stopped.aborted) return;
		throw markSourceError(error);
	}
}
function createHandOver(message, stopping) {
	let proceed = () => void 0;
	stopping.signal.addEventListener("abort", () => proceed());
	return (slice) => new Promise((resolve) => {
		proceed = resolve;
		if (stopping.signal.aborted) {
			resolve();
			return;
		}
		message.write(slice, (error) => {
			if (error instanceof Error) stopping.abort();
			resolve();
		});
	});
}

// src/registry/transport.ts
function createTransport(options = {}) {
	const { deadlines, now = () => performance.now() } = options;
	const timing = {
		deadlines: {
			...usualDeadlines,
			...deadlines
		},
		now
	};
	const agents = createAgents(options, timing.deadlines.connectMs);
	return {
		send: async (request) => exchange$2(request, await agents.routeTo(request.url), timing),
		close: agents.close
	};
}
function exchange$2(request, route, timing) {
	return new Promise((resolve, reject) => {
		const { deadlines } = timing;
		const body = streamedBodyOf(request);
		const onAbort = () => reject(networkError(request, request.signal?.reason));
		request.signal?.addEventListener("abort", onAbort, { once: true });
		if (request.signal?.aborted === true) {
			onAbort();
			return;
		}
		const message = openMessage(request, route);
		const deadline = createDeadline((ms) => message.destroy(timeoutError(request, ms)));
		let upload;
		message.once("socket", () => {
			if (body === void 0) {
				deadline.start(deadlines.connectMs);
				return;
			}
			upload = startUpload(message, request, body, timing);
			upload.sent.catch((error) => {
				reject(error);
				message.destroy();
			});
		});
		message.once("finish", () => deadline.start(deadlines.responseMs + committingMs(request)));
		message.once("response", (response) => {
			deadline.stop();
			takeAnswer(request, response, {
				...timing,
				message,
				upload,
				route
			}).then(resolve, reject);
		});
		message.once("close", () => {
			deadline.stop();
			request.signal?.removeEventListener("abort", onAbort);
		});
		message.on("error", (error) => reject(networkError(request, error)));
		if (body === void 0) message.end(request.body);
	});
}
function openMessage(request$2, route) {
	const { method, url, body, headers, signal, hasLargeAnswer = false } = request$2;
	const open = url.protocol === "http:" ? request : request$1;
	const { path, headers: added } = route.request;
	return open(url, {
		method,
		agent: route.agent,
		isTapped: hasLargeAnswer,
		...path === void 0 ? {} : { path },
		maxHeaderSize: httpLimits.headerBytes,
		headers: {
			"user-agent": "sealift",
			"accept-encoding": "identity",
			...body === void 0 ? {} : { "content-length": body.byteLength },
			...headers,
			...added
		},
		...signal === void 0 ? {} : { signal }
	});
}
function streamedBodyOf({ body }) {
	if (!(body instanceof Uint8Array)) return body;
	return body.byteLength > 65536 ? streamBytes(body) : void 0;
}
function committingMs({ body }) {
	return (body?.byteLength ?? 0) / httpLimits.responseBytesPerSecond * 1e3;
}
async function takeAnswer(request, response, { message, upload, route: { proxy }, ...timing }) {
	if (response.statusCode === 407 && proxy !== void 0 && request.url.protocol === "http:") {
		response.destroy();
		throw proxyRefusal(proxy, request.url.host, 407);
	}
	const encoding = response.headers["content-encoding"];
	if (encoding !== void 0) {
		response.destroy();
		throw protocolError(request, `answered with content-encoding ${encoding}`);
	}
	const answer = toAnswer(request, response, {
		...timing,
		message
	});
	if (answer.status < 300) await upload?.sent;
	else upload?.stop();
	return answer;
}

// src/signing/keyless/ask.ts
function openServices({ ca, chooseProxy, random, tries, sleep = wait }) {
	const transport = createTransport({
		chooseProxy,
		ca: ca === void 0 ? void 0 : [ca, ...getCACertificates("default")].join("\n")
	});
	const send = withRetry(transport.send, {
		random,
		tries,
		sleep
	});
	return (request, signal) => ask(send, request, signal);
}
const wait = async (ms, signal) => setTimeout$1(ms, void 0, signal === void 0 ? {} : { signal });
async function ask(send, request, signal) {
	const { status, header, body } = await exchange$1(send, request, signal);
	if (status >= 200 && status < 300 || status === request.alsoAccepted) return {
		status,
		header,
		body
	};
	const words = wordsOf(body);
	throw serviceError(request, `answered ${status}`, {
		retryable: status === 429 || status >= 500,
		details: { status },
		...words === "" ? {} : { cause: /* @__PURE__ */ new Error(`it says: ${words}`) }
	});
}
async function exchange$1(send, request, signal) {
	const deadline = AbortSignal.timeout(signingLimits.serviceTimeoutMs);
	const { method, url, headers = {}, body } = request;
	try {
		const either = signal === void 0 ? deadline : AbortSignal.any([signal, deadline]);
		const answer = await send({
			method,
			url,
			headers,
			...body === void 0 ? {} : { body },
			signal: either
		});
		return {
			status: answer.status,
			header: answer.header,
			body: await readBody(answer, request)
		};
	} catch (cause) {
		if (signal?.aborted === true || cause instanceof SigningError) throw cause;
		if (deadline.aborted) throw serviceError(request, `gave no answer within ${signingLimits.serviceTimeoutMs} ms`, { retryable: true });
		throw serviceError(request, "could not be reached", {
			cause: new Error(errorMessageOf(cause, 300)),
			retryable: cause instanceof RegistryError && cause.retryable
		});
	}
}
async function readBody(answer, request) {
	const chunks = [];
	let size = 0;
	for await (const chunk of answer.body) {
		size += chunk.byteLength;
		if (size > signingLimits.serviceAnswerBytes) throw serviceError(request, `answered with more than ${signingLimits.serviceAnswerBytes} bytes`);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}
function serviceError({ service, code, url, hint }, what, options = {}) {
	return new SigningError(code, `${service} ${url.host} ${what}`, {
		...hint === void 0 ? {} : { hint },
		...options
	});
}
function wordsOf(body) {
	const text = body.subarray(0, 4096).toString("utf8");
	let words = text;
	try {
		const json = JSON.parse(text);
		if (typeof json === "object" && json !== null && "message" in json) words = String(json.message);
	} catch {}
	return errorMessageOf(words.replaceAll(/[\w-]*eyJ[\w-]+(?:\.[\w-]*)*/gu, "\u2026"), 300);
}

// src/signing/keyless/identity-token.ts
const jwt = /^[\w-]+\.[\w-]+\.[\w-]+$/u;
function parseIdentityToken(text, place) {
	const token = text.trim();
	if (token.length <= signingLimits.identityTokenBytes && jwt.test(token)) return token;
	throw new SigningError("IDENTITY_TOKEN_UNAVAILABLE", `${place} holds no identity token`, { hint: "An identity token is a JWT: three parts of base64url with dots between them." });
}
function githubTokenEndpoint(env) {
	const url = env["ACTIONS_ID_TOKEN_REQUEST_URL"];
	const token = env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
	return url === void 0 || token === void 0 || url === "" || token === "" ? void 0 : {
		url,
		token
	};
}
const answerSchema$3 = object({ value: string() });
async function fetchGithubToken(ask, endpoint, signal) {
	const url = URL.canParse(endpoint.url) ? new URL(endpoint.url) : void 0;
	if (url === void 0 || url.protocol !== "https:") throw new SigningError("IDENTITY_TOKEN_UNAVAILABLE", "ACTIONS_ID_TOKEN_REQUEST_URL is no https URL");
	url.searchParams.set("audience", "sigstore");
	const request = {
		service: "token issuer",
		code: "IDENTITY_TOKEN_UNAVAILABLE",
		hint: "See that the job has `permissions: id-token: write`.",
		method: "GET",
		url,
		headers: {
			authorization: `bearer ${endpoint.token}`,
			accept: "application/json"
		}
	};
	const { body } = await ask(request, signal);
	try {
		return parseIdentityToken(answerSchema$3.parse(JSON.parse(body.toString("utf8"))).value, "answer");
	} catch {
		throw serviceError(request, "gave no identity token");
	}
}

// action/shared/context.ts
function repositoryOf({ repository }) {
	const [, owner, repo] = /^([^/]+)\/([^/]+)$/u.exec(repository ?? "") ?? [];
	return owner === void 0 || repo === void 0 ? void 0 : {
		owner,
		repo
	};
}
function readContext(env) {
	const read = (name) => {
		const value = env[`GITHUB_${name}`];
		return value === "" ? void 0 : value;
	};
	const workspace = read("WORKSPACE");
	if (workspace === void 0 || !isAbsolute(workspace)) throw new InputError("INPUT_MISSING", "environment variable GITHUB_WORKSPACE names no directory", { hint: "This is an action: it runs in a step of a workflow. Outside of one, use the sealift command." });
	const [serverUrl, repository, runId] = [
		read("SERVER_URL"),
		read("REPOSITORY"),
		read("RUN_ID")
	];
	return {
		workspace,
		serverUrl,
		apiUrl: read("API_URL") ?? "https://api.github.com",
		repository,
		refName: read("REF_NAME"),
		refType: read("REF_TYPE"),
		commit: read("SHA"),
		eventName: read("EVENT_NAME"),
		eventPath: read("EVENT_PATH"),
		runUrl: serverUrl === void 0 || repository === void 0 || runId === void 0 ? void 0 : `${serverUrl}/${repository}/actions/runs/${runId}/attempts/${read("RUN_ATTEMPT") ?? "1"}`,
		tokenEndpoint: githubTokenEndpoint(env)
	};
}

// action/shared/deadline.ts
function withDeadline(world, timeoutMs) {
	return {
		...world,
		signal: AbortSignal.any([world.signal, AbortSignal.timeout(timeoutMs)])
	};
}
function reportEnd(host, { reason }) {
	if (reason instanceof DOMException && reason.name === "TimeoutError") host.error("the action took longer than the input timeout allows", { title: "Timed out" });
	else host.error("the run was cancelled", { title: "Cancelled" });
}

// src/registry/challenge.ts
const separators = /[\s,]*/uy;
const schemePattern = /([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100})(?=[\s,]|$)[ \t]*/uy;
const token68Pattern = /([A-Za-z0-9._~+/-]+=*)[ \t]*(?=,|$)/uy;
const parameterPattern = /([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/suy;
function parseChallenges(header) {
	const text = header ?? "";
	if (text.length > authLimits.challengeLength) return [];
	const found = [];
	let at = skip$1(text, 0);
	while (at < text.length && found.length < authLimits.challenges) {
		const scheme = matchAt(schemePattern, text, at);
		if (scheme === void 0) break;
		at += scheme[0].length;
		const token68 = matchAt(token68Pattern, text, at);
		const { parameters, end } = token68 === void 0 ? readParameters(text, at) : {
			parameters: /* @__PURE__ */ new Map(),
			end: at + token68[0].length
		};
		found.push({
			scheme: (scheme[1] ?? "").toLowerCase(),
			parameters,
			...token68?.[1] === void 0 ? {} : { token68: token68[1] }
		});
		at = skip$1(text, end);
	}
	return found;
}
function readParameters(text, start) {
	const parameters = /* @__PURE__ */ new Map();
	let at = start;
	for (let count = 0; count < authLimits.challengeParameters; count += 1) {
		const next = skip$1(text, at);
		const parameter = matchAt(parameterPattern, text, next);
		if (parameter === void 0) break;
		const [whole, name = "", quoted, plain = ""] = parameter;
		const key = name.toLowerCase();
		if (!parameters.has(key)) parameters.set(key, quoted?.replaceAll(/\\(.)/gsu, "$1") ?? plain);
		at = next + whole.length;
	}
	return {
		parameters,
		end: at
	};
}
function skip$1(text, at) {
	return at + (matchAt(separators, text, at)?.[0].length ?? 0);
}
function matchAt(pattern, text, at) {
	pattern.lastIndex = at;
	return pattern.exec(text) ?? void 0;
}

// src/registry/scopes.ts
const noScopes = /* @__PURE__ */ new Map();
function parseScopes(text) {
	const scopes = /* @__PURE__ */ new Map();
	for (const part of (text ?? "").slice(0, authLimits.scopeLength).split(/\s+/u)) {
		const [, resource, actions = ""] = /^([!-9;-~]+:[!-~]+):([!-9;-~]*)$/u.exec(part) ?? [];
		if (resource === void 0 || scopes.size >= authLimits.scopes) continue;
		const known = scopes.get(resource) ?? /* @__PURE__ */ new Set();
		for (const action of actions.split(",")) if (action !== "") known.add(action);
		scopes.set(resource, known);
	}
	return scopes;
}
function formatScopes(scopes) {
	return [...scopes].map(([resource, actions]) => `${resource}:${[...actions].sort().join(",")}`).sort();
}
function boundedJoin(first, ...others) {
	const joined = /* @__PURE__ */ new Map();
	for (const [resource, actions] of [first, ...others].flatMap((scopes) => [...scopes])) {
		const known = joined.get(resource) ?? /* @__PURE__ */ new Set();
		for (const action of actions) known.add(action);
		joined.set(resource, known);
	}
	return joined.size > authLimits.scopes ? first : joined;
}
const actionsOf = {
	GET: "pull",
	HEAD: "pull",
	POST: "pull,push",
	PUT: "pull,push",
	PATCH: "pull,push",
	DELETE: "pull"
};
function scopesOf({ method, url }, repository) {
	const from = url.searchParams.get("from");
	const isMount = method === "POST" && from !== null && url.searchParams.has("mount");
	return parseScopes(`repository:${repository}:${actionsOf[method]}${isMount ? ` repository:${from}:pull` : ""}`);
}

// src/registry/credentials/keychain.ts
function createKeychain(sources) {
	const trace = async (place, signal) => {
		const looks = [];
		for (const source of sources) {
			const look = await source.look(place, signal);
			looks.push(look);
			if (look.found !== void 0) break;
		}
		return looks;
	};
	return {
		trace,
		find: async (place, signal) => (await trace(place, signal)).at(-1)?.found
	};
}
const noCredentials = createKeychain([]);
function givenCredential(source, credential, registry) {
	return { look: async (place) => {
		if (registry !== void 0 && place.registry !== registry.toLowerCase()) return {
			source,
			words: `for ${registry} only`
		};
		return foundIn(source, credential);
	} };
}
function foundIn(source, credential) {
	return {
		source,
		words: describeCredential(credential),
		found: {
			credential,
			source
		}
	};
}
function describeCredential(credential) {
	return credential.kind === "password" ? `password of ${credential.user}` : credential.kind;
}

// src/registry/status.ts
const errorsSchema = object({ errors: array(object({
	code: string().max(100),
	message: string().max(2e3).optional()
})).min(1).max(50) });
async function expectStatus(request, answer, ...statuses) {
	if (!statuses.includes(answer.status)) throw await refusalOf$2(request, answer);
}
async function refusalOf$2(request, answer) {
	const { status } = answer;
	const body = await readErrorBody(request, answer);
	if (status === 400 && request.url.protocol === "http:" && wantsTls.test(body.toString("latin1"))) {
		const { words, hint } = tlsOnPlainHttp(request.url.host);
		return new RegistryError("REGISTRY_TLS", `${describeRequest(request)} failed: ${words}`, { hint });
	}
	const wire = parseWireErrors(body);
	const code = codeOf(status, wire.codes);
	const askedMs = retryAfterMs(answer);
	const codes = wire.codes.slice(0, 3).join(", ");
	return new RegistryError(code, `${describeRequest(request)} answered ${status}${codes && ` ${codes}`}`, {
		retryable: code === "REGISTRY_UNAVAILABLE" || code === "REGISTRY_RATE_LIMITED",
		details: {
			status,
			...askedMs === void 0 ? {} : { retryAfterMs: askedMs }
		},
		...wire.words === "" ? {} : { cause: /* @__PURE__ */ new Error(`registry says: ${wire.words}`) },
		...hintOf(code, request)
	});
}
const wantsTls = /HTTP request to an HTTPS server|HTTP request was sent to HTTPS port|plain HTTP to an SSL-enabled/u;
async function readBounded(answer, maxBytes) {
	const chunks = [];
	let size = 0;
	for await (const chunk of answer.body) {
		size += chunk.byteLength;
		chunks.push(chunk);
		if (size > maxBytes) break;
	}
	return Buffer.concat(chunks).subarray(0, maxBytes);
}
async function readErrorBody({ signal }, answer) {
	try {
		return await readBounded(answer, httpLimits.errorBodyBytes);
	} catch (error) {
		if (signal?.aborted === true) throw error;
		return Buffer.alloc(0);
	}
}
function parseWireErrors(body) {
	try {
		const { errors } = errorsSchema.parse(JSON.parse(body.toString("utf8")));
		return {
			codes: errors.map(({ code }) => code).filter((code) => /^[A-Z_]{1,60}$/u.test(code)),
			words: errors.flatMap(({ message }) => message ?? []).join("; ").slice(0, 500)
		};
	} catch {
		return {
			codes: [],
			words: ""
		};
	}
}
const statusCodes = /* @__PURE__ */ new Map([
	[401, "REGISTRY_UNAUTHORIZED"],
	[403, "REGISTRY_DENIED"],
	[404, "REGISTRY_NOT_FOUND"],
	[405, "REGISTRY_UNSUPPORTED"],
	[408, "REGISTRY_UNAVAILABLE"],
	[409, "REGISTRY_CONFLICT"],
	[429, "REGISTRY_RATE_LIMITED"],
	[501, "REGISTRY_UNSUPPORTED"]
]);
function codeOf(status, wireCodes) {
	if (status === 400 && wireCodes.includes("UNSUPPORTED")) return "REGISTRY_UNSUPPORTED";
	return statusCodes.get(status) ?? (status >= 500 ? "REGISTRY_UNAVAILABLE" : "REGISTRY_PROTOCOL");
}
function hintOf(code, { method, url }) {
	if (code === "REGISTRY_UNAUTHORIZED" || code === "REGISTRY_DENIED") return { hint: `Run \`sealift login ${url.host}\`, or \`sealift doctor REF\` to see which credentials are used.` };
	if (code === "REGISTRY_NOT_FOUND" && method === "POST") return { hint: "Some registries want a repository to be created before anything is pushed to it." };
	if (code === "REGISTRY_RATE_LIMITED") return { hint: "Wait as long as the registry asks; many registries allow more to those who log in." };
	return {};
}

// src/registry/token.ts
const answerSchema$2 = object({
	token: string().max(authLimits.tokenLength).nullish(),
	access_token: string().max(authLimits.tokenLength).nullish(),
	expires_in: number().nonnegative().nullish().catch(void 0)
});
async function fetchToken(send, ask, signal) {
	const request = buildRequest(ask, signal);
	const answer = await send(request);
	if (answer.status !== 200) await refuse(request, answer, ask);
	const body = await readBounded(answer, authLimits.tokenAnswerBytes + 1);
	if (body.byteLength > authLimits.tokenAnswerBytes) throw protocolError(request, `answered with more than ${authLimits.tokenAnswerBytes} bytes`);
	return parseToken(request, body);
}
function buildRequest({ realm, service, scopes, login }, signal) {
	const url = new URL(realm);
	const scopeTexts = formatScopes(scopes);
	if (login?.credential.kind === "identity token") {
		const form = new URLSearchParams({
			grant_type: "refresh_token",
			client_id: "sealift",
			...service === void 0 ? {} : { service },
			scope: scopeTexts.join(" "),
			refresh_token: login.credential.token.reveal()
		});
		return {
			method: "POST",
			url,
			headers: {
				"content-type": "application/x-www-form-urlencoded",
				accept: "application/json"
			},
			body: Buffer.from(form.toString(), "utf8"),
			signal
		};
	}
	if (service !== void 0) url.searchParams.append("service", service);
	for (const scope of scopeTexts) url.searchParams.append("scope", scope);
	const headers = { accept: "application/json" };
	if (login?.credential.kind !== "password") return {
		method: "GET",
		url,
		headers,
		signal
	};
	const { user, password } = login.credential;
	return {
		method: "GET",
		url,
		headers: {
			...headers,
			authorization: formatBasic(user, password)
		},
		signal
	};
}
function parseToken(request, body) {
	let answer;
	try {
		answer = answerSchema$2.parse(JSON.parse(body.toString("utf8")));
	} catch {
		throw protocolError(request, "answered with no token");
	}
	const text = [answer.token, answer.access_token].find((member) => typeof member === "string" && member !== "");
	if (typeof text !== "string" || !/^[!-~]+$/u.test(text)) throw protocolError(request, "answered with no token");
	const lifetimeMs = typeof answer.expires_in === "number" ? answer.expires_in * 1e3 : authLimits.tokenLifetimeMs;
	return {
		value: createSecret(text),
		lifetimeMs: Math.min(lifetimeMs, authLimits.maxTokenLifetimeMs)
	};
}
async function refuse(request, answer, ask) {
	const { status } = answer;
	const isRedirect = status >= 300 && status < 400;
	const code = isRedirect ? "TOKEN_REALM_REFUSED" : refusalOf$1(status, ask);
	if (code === void 0) {
		await expectStatus(request, answer, 200);
		throw protocolError(request, `answered ${status}`);
	}
	answer.discard();
	if (code === "CREDENTIALS_MISSING") throw missingCredentials(ask.registry);
	const what = isRedirect ? "redirects to another place" : `refuses ${describeLogin(ask.login)}`;
	throw new RegistryError(code, `token server of ${ask.registry} ${what}: ${describeRequest(request)}`, {
		details: { status },
		...isRedirect ? {} : refusedHint(ask.registry)
	});
}
function refusalOf$1(status, { login }) {
	const isRefusal = status === 401 || status === 403;
	if (login === void 0) return isRefusal ? "CREDENTIALS_MISSING" : void 0;
	if (status === 403) return "REGISTRY_DENIED";
	const isGrantRefusal = login.credential.kind === "identity token" && [
		400,
		404,
		405
	].includes(status);
	return isRefusal || isGrantRefusal ? "REGISTRY_UNAUTHORIZED" : void 0;
}
function describeLogin(login) {
	return login === void 0 ? "no credential" : `${describeCredential(login.credential)} from ${login.source}`;
}
function refusedHint(registry) {
	return { hint: `Log in again with \`sealift login ${registry}\`; \`sealift doctor\` says which credential wins.` };
}
function missingCredentials(registry) {
	return new RegistryError("CREDENTIALS_MISSING", `registry ${registry} wants credentials and there are none for it`, { hint: `Log in with \`sealift login ${registry}\`.` });
}

// src/registry/token-cache.ts
function createTokenCache(options) {
	const held = /* @__PURE__ */ new Map();
	const underway = /* @__PURE__ */ new Map();
	const startFetch = (key, ask) => {
		const fetching = fetchHeld(ask, options).then((token) => {
			keep(held, key, token);
			return token;
		}).finally(() => underway.delete(key));
		fetching.catch(() => void 0);
		underway.set(key, fetching);
		return fetching;
	};
	return { obtain: async (ask, { refused, signal } = {}) => {
		const key = keyOf$1(ask);
		const known = held.get(key);
		if (known !== void 0 && known !== refused && options.now() < known.endsAtMs) return {
			token: known,
			isNew: false
		};
		held.delete(key);
		return {
			token: await orAbort(underway.get(key) ?? startFetch(key, ask), signal),
			isNew: true
		};
	} };
}
async function fetchHeld(ask, { send, now, onToken, timeoutMs = authLimits.tokenTimeoutMs }) {
	const signal = AbortSignal.timeout(timeoutMs);
	let token;
	try {
		token = await fetchToken(send, ask, signal);
	} catch (error) {
		if (!signal.aborted) throw error;
		throw new RegistryError("REGISTRY_TIMEOUT", `token server of ${ask.registry} gave no token within ${timeoutMs} ms`, {
			cause: error,
			retryable: true
		});
	}
	onToken?.({
		realm: redactUrl(ask.realm),
		service: ask.service,
		scopes: formatScopes(ask.scopes),
		source: ask.login?.source,
		lifetimeMs: token.lifetimeMs
	});
	const marginMs = Math.min(authLimits.tokenMarginMs, token.lifetimeMs / 4);
	return {
		...token,
		endsAtMs: now() + token.lifetimeMs - marginMs
	};
}
function keyOf$1({ realm, registry, service, scopes, login }) {
	return JSON.stringify([
		realm.href,
		registry,
		service,
		formatScopes(scopes),
		fingerprint(login?.credential)
	]);
}
function keep(held, key, token) {
	held.set(key, token);
	const [oldest] = held.keys();
	if (held.size > authLimits.tokens && oldest !== void 0) held.delete(oldest);
}
async function orAbort(shared, signal) {
	if (signal === void 0) return shared;
	signal.throwIfAborted();
	const { promise, reject } = Promise.withResolvers();
	const onAbort = () => reject(signal.reason);
	signal.addEventListener("abort", onAbort, { once: true });
	try {
		return await Promise.race([shared, promise]);
	} finally {
		signal.removeEventListener("abort", onAbort);
	}
}

// src/registry/login-memory.ts
function createMemories(now) {
	const memories = /* @__PURE__ */ new WeakMap();
	return { of: (place) => {
		const known = memories.get(place.keychain) ?? /* @__PURE__ */ new Map();
		memories.set(place.keychain, known);
		const key = `${place.url.origin} ${place.repository ?? ""}`;
		const memory = known.get(key) ?? createMemory(place, now);
		known.delete(key);
		known.set(key, memory);
		const [oldest] = known.keys();
		if (known.size > authLimits.repositories && oldest !== void 0) known.delete(oldest);
		return memory;
	} };
}
function createMemory({ registry, repository, keychain }, now) {
	let held;
	const start = () => {
		const lookup = {
			endsAtMs: now() + authLimits.credentialLifetimeMs,
			found: keychain.find({
				registry,
				repository
			})
		};
		lookup.found.catch(() => {
			if (held === lookup) held = void 0;
		});
		held = lookup;
		return lookup;
	};
	return {
		wanted: void 0,
		logIn: async (refused, signal) => {
			const kept = held;
			const isNew = kept === void 0 || kept === refused?.lookup || now() >= kept.endsAtMs;
			const lookup = isNew ? start() : kept;
			return {
				found: await orAbort(lookup.found, signal),
				isNew,
				lookup
			};
		}
	};
}

// src/registry/realm.ts
const loopback = blockListOf("127.0.0.0/8", "::1/128");
const reserved = blockListOf("0.0.0.0/8", "169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "168.63.129.16/32", "100.100.100.200/32", "224.0.0.0/3", "ff00::/8", "::/96", "64:ff9b::/32", "2002::/16", "2001::/32", "::ffff:0:0:0/96");
const privateAddresses = blockListOf("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fec0::/10", "198.18.0.0/15");
function checkRealm(realm, registry) {
	const url = realm.length <= authLimits.challengeLength && URL.canParse(realm) ? new URL(realm) : void 0;
	if (url === void 0) throw refused(registry, "that is no URL");
	if (url.protocol !== "https:" && url.protocol !== "http:") throw refused(registry, `by ${url.protocol}`);
	if (url.username !== "" || url.password !== "" || url.hash !== "") throw refused(registry, "with a user part or a fragment");
	const isOwnHost = url.hostname === registry.hostname;
	const [there, here] = [reachOf(url.hostname), reachOf(registry.hostname)];
	if (url.protocol === "http:" && !isPlainAllowed({
		registry,
		isOwnHost,
		there,
		here
	})) throw refused(registry, `at ${url.host} by plain HTTP`);
	if (isOwnHost || isReachable(there, here)) return url;
	throw refused(registry, `at the ${there} address ${url.host}`);
}
function isPlainAllowed({ registry, isOwnHost, there, here }) {
	return registry.protocol === "http:" && (isOwnHost || there === "loopback" && here === "loopback");
}
function isReachable(there, here) {
	if (there === "public") return true;
	if (there === "private") return here === "private" || here === "loopback";
	return there === "loopback" && here === "loopback";
}
function mayLeadTo(hostname, registryHostname) {
	const there = reachOf(hostname);
	if (there === "reserved") return false;
	return there !== "loopback" || reachOf(registryHostname) === "loopback";
}
function reachOf(hostname) {
	const host = hostname.replace(/^\[|\]$|\.$/gu, "");
	if (host === "localhost" || host.endsWith(".localhost")) return "loopback";
	const version = isIP(host);
	if (version === 0) return "public";
	const family = version === 4 ? "ipv4" : "ipv6";
	if (loopback.check(host, family)) return "loopback";
	if (reserved.check(host, family)) return "reserved";
	return privateAddresses.check(host, family) ? "private" : "public";
}
function blockListOf(...networks) {
	const list = new BlockList();
	for (const network of networks) {
		const [address = "", prefix = ""] = network.split("/");
		list.addSubnet(address, Number(prefix), isIP(address) === 4 ? "ipv4" : "ipv6");
	}
	return list;
}
function refused(registry, where) {
	return new RegistryError("TOKEN_REALM_REFUSED", `registry ${registry.host} sends to a token server ${where}, which is not called`, { hint: "Ask who runs the registry: its token server must be reached by HTTPS, under a name." });
}

// src/registry/auth.ts
function createAuth(options) {
	const tokens = createTokenCache(options);
	const memories = createMemories(options.now);
	return (next, target) => {
		const context = {
			tokens,
			target,
			memory: memories.of(target),
			onChallenge: options.onChallenge
		};
		return (request) => request.url.origin === target.url.origin ? exchange(next, request, context) : next(request);
	};
}
const maxAnswers = 2;
async function exchange(next, request, context) {
	let sent = await prepare(request, context);
	let answer = await next(withHeader(request, sent));
	for (let count = 0; count < maxAnswers && isUnauthorized(answer) && sent?.isNew !== true; count += 1) {
		const challenges = parseChallenges(answer.header("www-authenticate"));
		if (challenges.length === 0 && context.memory.wanted === void 0) return answer;
		answer.discard();
		sent = await respond(choose(request, challenges, context), {
			request,
			context,
			refused: sent
		});
		answer = await next(withHeader(request, sent));
	}
	if (isUnauthorized(answer) && sent !== void 0) {
		answer.discard();
		throw refusalOf(request, sent, {
			answer,
			registry: context.target.registry
		});
	}
	if (sent !== void 0) context.memory.wanted = sent.answers;
	return answer;
}
function isUnauthorized(answer) {
	return answer.status === 401 && answer.from === void 0;
}
function withHeader(request, sent) {
	if (sent === void 0) return request;
	return {
		...request,
		headers: {
			...request.headers,
			authorization: sent.header
		}
	};
}
async function prepare(request, context) {
	const { wanted } = context.memory;
	if (wanted === void 0) return void 0;
	try {
		return {
			...await respond(widen(wanted, request, context), {
				request,
				context,
				refused: void 0
			}),
			isNew: false
		};
	} catch (error) {
		if (isRefusal(error)) return void 0;
		throw error;
	}
}
function widen(wanted, request, { target }) {
	if (wanted.scheme === "basic") return wanted;
	return {
		...wanted,
		scopes: boundedJoin(wanted.scopes, guessScopes(request, wanted.scopes, target))
	};
}
function choose(request, challenges, context) {
	const { target, memory } = context;
	const bearer = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
	if (challenges.length > 0) context.onChallenge?.(toEvent(target.registry, challenges, bearer));
	if (challenges.length === 0 && memory.wanted !== void 0) return widen(memory.wanted, request, context);
	if (bearer !== void 0) return readBearer(request, bearer, context);
	if (challenges.some(({ scheme }) => scheme === "basic")) return { scheme: "basic" };
	if (challenges.some(({ scheme }) => scheme === "bearer")) return {
		scheme: "bearer",
		scopes: noScopes
	};
	const schemes = challenges.map(({ scheme }) => scheme).join(", ");
	throw protocolError(request, `answered 401 and asks for ${schemes}, which is neither Basic nor Bearer`);
}
function readBearer(request, { parameters }, { target, memory }) {
	const [realm, service] = [parameters.get("realm"), parameters.get("service")];
	const asked = parseScopes(parameters.get("scope"));
	const known = memory.wanted;
	const isSame = known?.scheme === "bearer" && known.realm === realm && known.service === service;
	const guessed = guessScopes(request, asked, target);
	return {
		scheme: "bearer",
		realm,
		service,
		scopes: boundedJoin(asked, guessed, isSame ? known.scopes : noScopes)
	};
}
function guessScopes(request, asked, { repository }) {
	if (repository === void 0) return noScopes;
	return asked.size === 0 || asked.has(`repository:${repository}`) ? scopesOf(request, repository) : noScopes;
}
function respond(wanted, response) {
	return wanted.scheme === "basic" ? respondBasic(wanted, response) : respondBearer(wanted, response);
}
async function respondBasic(wanted, { request, context, refused }) {
	const { target, memory } = context;
	const refusedLogin = refused?.answers.scheme === "basic" ? refused.login : void 0;
	const login = await memory.logIn(refusedLogin, request.signal);
	if (login.found === void 0) throw missingCredentials(target.registry);
	const { credential } = login.found;
	if (credential.kind !== "password") throw new RegistryError("REGISTRY_UNAUTHORIZED", `registry ${target.registry} takes passwords only, and there is the ${describeLogin(login.found)}`, refusedHint(target.registry));
	const header = formatBasic(credential.user, credential.password);
	if (refused?.header === header) throw refusalOf(request, refused, { registry: target.registry });
	return {
		header,
		login,
		answers: wanted,
		isNew: login.isNew
	};
}
async function respondBearer(wanted, { request, context, refused }) {
	const { target, memory } = context;
	const realm = wanted.realm === void 0 ? void 0 : checkRealm(wanted.realm, target.url);
	const isGivenRefused = refused?.login.found?.credential.kind === "registry token";
	const login = await memory.logIn(isGivenRefused ? refused.login : void 0, request.signal);
	if (login.found?.credential.kind === "registry token") {
		const header = `Bearer ${login.found.credential.token.reveal()}`;
		if (refused?.header === header) throw refusalOf(request, refused, { registry: target.registry });
		return {
			header,
			login,
			answers: wanted,
			isNew: login.isNew
		};
	}
	if (realm === void 0) throw protocolError(request, "answered 401 and asks for Bearer without a realm");
	const obtained = await obtainToken({
		realm,
		registry: target.registry,
		service: wanted.service,
		scopes: wanted.scopes
	}, login, {
		request,
		context,
		refused
	});
	return {
		header: `Bearer ${obtained.token.value.reveal()}`,
		...obtained,
		answers: wanted
	};
}
async function obtainToken(ask, login, { request, context: { tokens, memory }, refused }) {
	const options = {
		refused: refused?.token,
		signal: request.signal
	};
	try {
		return {
			...await tokens.obtain({
				...ask,
				login: login.found
			}, options),
			login
		};
	} catch (error) {
		if (login.isNew || !isRefusal(error)) throw error;
		const again = await memory.logIn(login, request.signal);
		if (fingerprint(again.found?.credential) === fingerprint(login.found?.credential)) throw error;
		return {
			...await tokens.obtain({
				...ask,
				login: again.found
			}, options),
			login: again
		};
	}
}
function isRefusal(error) {
	return error instanceof RegistryError && refusalCodes.has(error.code);
}
const refusalCodes = /* @__PURE__ */ new Set([
	"CREDENTIALS_MISSING",
	"REGISTRY_UNAUTHORIZED",
	"REGISTRY_DENIED"
]);
function refusalOf(request, { login }, { answer, registry }) {
	if (login.found === void 0) return missingCredentials(registry);
	const isScope = parseChallenges(answer?.header("www-authenticate")).some(({ parameters }) => parameters.get("error") === "insufficient_scope");
	return new RegistryError(isScope ? "REGISTRY_DENIED" : "REGISTRY_UNAUTHORIZED", `${describeRequest(request)} is not ${isScope ? "allowed" : "answered"} to the ${describeLogin(login.found)}`, {
		details: { status: 401 },
		...refusedHint(registry)
	});
}
function toEvent(registry, challenges, bearer) {
	const realm = bearer?.parameters.get("realm") ?? "";
	return {
		registry,
		schemes: challenges.map(({ scheme }) => scheme),
		realm: URL.canParse(realm) ? redactUrl(new URL(realm)) : void 0,
		service: bearer?.parameters.get("service"),
		scope: bearer?.parameters.get("scope")
	};
}

// src/registry/login.ts
function watchedKeychain(found) {
	let isAsked = false;
	return {
		keychain: createKeychain([{ look: async () => {
			isAsked = true;
			return {
				source: found.source,
				words: "given",
				found
			};
		} }]),
		wasAsked: () => isAsked
	};
}
async function ping(send, registry, signal) {
	const request = {
		method: "GET",
		url: new URL("/v2/", registry),
		signal
	};
	const answer = await send(request);
	await expectStatus(request, answer, 200);
	answer.discard();
}

// src/registry/context.ts
function contentRequest({ base }, { mediaType, digest }) {
	const isManifest = isManifestType(mediaType);
	return {
		url: new URL(`${isManifest ? "manifests" : "blobs"}/${digest}`, base),
		headers: isManifest ? { accept: mediaType } : {}
	};
}
async function expectContent(request, answer, what, ...statuses) {
	try {
		await expectStatus(request, answer, ...statuses);
	} catch (cause) {
		if (!(cause instanceof RegistryError) || cause.code !== "REGISTRY_NOT_FOUND") throw cause;
		throw new ContentError("CONTENT_MISSING", `${what} is not in ${request.url.host}${request.url.pathname.replace(/\/(?:manifests|blobs)\/.*/u, "").replace("/v2", "")}`, { cause });
	}
}
function expectLength(answer, { digest, size }) {
	const length = contentLengthOf(answer);
	if (length === void 0 || length === size) return;
	throw new ContentError("SIZE_MISMATCH", `${digest} has ${length} bytes, not ${size}`);
}
function contentLengthOf(answer) {
	const text = answer.header("content-length") ?? "";
	return /^\d{1,15}$/u.test(text) ? Number(text) : void 0;
}

// src/registry/content-check.ts
async function hasContent(context, descriptor, signal) {
	const request = {
		method: "HEAD",
		...contentRequest(context, descriptor),
		signal
	};
	const answer = await context.send(request);
	answer.discard();
	if (answer.status === 404) return false;
	await expectStatus(request, answer, 200);
	expectLength(answer, descriptor);
	return true;
}

// src/registry/download.ts
function fetchContent(context, descriptor, signal, options = {}) {
	return verifyStream(descriptor, receive(context, descriptor, {
		...options,
		signal
	}));
}
async function* receive(context, descriptor, reading) {
	let position = 0;
	let fruitless = 0;
	for (let resumes = 0;; resumes += 1) {
		const start = position;
		const { answer, body } = await openAt(context, descriptor, {
			...reading,
			position
		});
		try {
			for await (const chunk of body) {
				position += chunk.byteLength;
				yield chunk;
			}
			if (answer.status === 200 || position >= descriptor.size || position === start) return;
		} catch (error) {
			if (position >= descriptor.size) return;
			fruitless = position > start ? 0 : fruitless + 1;
			if (resumes >= httpLimits.resumes || fruitless >= httpLimits.fruitlessResumes) throw error;
			await pauseAfter({
				error,
				count: Math.max(1, fruitless),
				signal: reading.signal
			}, context.retries);
		}
	}
}
async function openAt(context, descriptor, { position, signal, isChunkLent }) {
	const { url, headers } = contentRequest(context, descriptor);
	const request = {
		method: "GET",
		url,
		headers: position === 0 ? headers : {
			...headers,
			range: `bytes=${position}-`
		},
		signal,
		hasLongAnswer: true,
		hasLargeAnswer: descriptor.size - position >= httpLimits.largeBytes,
		isChunkLent
	};
	const answer = await context.send(request);
	await expectContent(request, answer, descriptor.digest, ...position === 0 ? [200] : [200, 206]);
	try {
		if (answer.status === 206) {
			expectRange(request, answer, {
				position,
				size: descriptor.size
			});
			return {
				answer,
				body: answer.body
			};
		}
		expectLength(answer, descriptor);
		return {
			answer,
			body: position === 0 ? answer.body : skip(answer.body, position)
		};
	} catch (error) {
		answer.discard();
		throw error;
	}
}
function expectRange(request, answer, { position, size }) {
	const text = answer.header("content-range") ?? "";
	const range = parseRange(text);
	const isRight = range?.first === position && range.last < size && (range.total ?? size) === size;
	const count = range === void 0 ? 0 : range.last - range.first + 1;
	if (isRight && count > 0 && (contentLengthOf(answer) ?? count) === count) return;
	throw protocolError(request, `gave the range ${JSON.stringify(text.slice(0, 100))}, not one from ${position} of ${size}`);
}
function parseRange(text) {
	const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/u.exec(text);
	if (match === null) return void 0;
	const [first = 0, last = 0, total = NaN] = match.slice(1).map(Number);
	return {
		first,
		last,
		total: Number.isNaN(total) ? void 0 : total
	};
}
async function* skip(chunks, count) {
	let left = count;
	for await (const chunk of chunks) {
		const skipped = Math.min(left, chunk.byteLength);
		left -= skipped;
		if (skipped < chunk.byteLength) yield chunk.subarray(skipped);
	}
}

// src/registry/document.ts
async function fetchDocument({ send, retries }, request, maxBytes) {
	for (let attempt = 1;; attempt += 1) {
		const answer = await send(request);
		if (answer.status !== 200) return {
			answer,
			bytes: Buffer.alloc(0)
		};
		try {
			const bytes = await readBounded(answer, maxBytes + 1);
			if (bytes.byteLength <= maxBytes) return {
				answer,
				bytes
			};
		} catch (error) {
			if (attempt >= httpLimits.fruitlessResumes) throw error;
			await pauseAfter({
				error,
				count: attempt,
				signal: request.signal
			}, retries);
			continue;
		}
		throw new ContentError("SIZE_LIMIT", `${describeRequest(request)} answered with more than ${maxBytes} bytes`);
	}
}
function mediaTypeOf(answer) {
	return answer.header("content-type")?.split(";")[0]?.trim() ?? "";
}

// src/registry/manifests.ts
function manifestUrl({ base }, tagOrDigest) {
	return new URL(`manifests/${isDigest(tagOrDigest) ? tagOrDigest : parseTag(tagOrDigest)}`, base);
}
async function resolveManifest(context, tagOrDigest, signal) {
	const request = {
		method: "GET",
		url: manifestUrl(context, tagOrDigest),
		headers: { accept: manifestAccept },
		signal
	};
	const { answer, bytes } = await fetchDocument(context, request, ociLimits.manifestBytes);
	await expectContent(request, answer, tagOrDigest, 200);
	const mediaType = mediaTypeOf(answer);
	if (!isManifestType(mediaType)) throw protocolError(request, `gave ${JSON.stringify(mediaType.slice(0, 100))}, no manifest`);
	if (isDigest(tagOrDigest) && computeDigest(bytes) !== tagOrDigest) throw new ContentError("DIGEST_MISMATCH", `manifest has digest ${computeDigest(bytes)}, not ${tagOrDigest}`);
	return {
		descriptor: describe$1(mediaType, bytes),
		bytes
	};
}
async function peekTag(context, tag, { known, signal }) {
	const isAsked = known !== void 0 && isDigest(known);
	const request = headOf(context, parseTag(tag), signal, isAsked ? { "if-none-match": `"${known}"` } : {});
	const answer = await context.send(request);
	answer.discard();
	if (answer.status === 304 && isAsked) return known;
	if (answer.status === 404) return void 0;
	await expectStatus(request, answer, 200);
	return saidDigest(answer) ?? (await resolveManifest(context, tag, signal)).descriptor.digest;
}
async function glanceManifest(context, tagOrDigest, signal) {
	const request = headOf(context, tagOrDigest, signal);
	const answer = await context.send(request);
	answer.discard();
	if (answer.status === 404) return void 0;
	await expectStatus(request, answer, 200);
	const [mediaType, digest, size] = [
		mediaTypeOf(answer),
		saidDigest(answer),
		contentLengthOf(answer) ?? 0
	];
	const isRight = !isDigest(tagOrDigest) || tagOrDigest === digest;
	if (isManifestType(mediaType) && digest !== void 0 && isRight && size > 0) return {
		mediaType,
		digest,
		size
	};
	return (await resolveManifest(context, tagOrDigest, signal)).descriptor;
}
function headOf(context, tagOrDigest, signal, headers = {}) {
	return {
		method: "HEAD",
		url: manifestUrl(context, tagOrDigest),
		headers: {
			accept: manifestAccept,
			...headers
		},
		signal
	};
}
function saidDigest(answer) {
	const digest = answer.header("docker-content-digest");
	return digest !== void 0 && isDigest(digest) ? digest : void 0;
}
async function putManifest(context, content, tagOrDigest, signal) {
	const request = {
		method: "PUT",
		url: manifestUrl(context, tagOrDigest),
		headers: { "content-type": content.descriptor.mediaType },
		body: content.bytes,
		signal
	};
	const answer = await context.send(request);
	await expectStatus(request, answer, 201);
	answer.discard();
}
async function deleteTag(context, tag, signal) {
	return remove(context, parseTag(tag), signal);
}
async function deleteManifest(context, digest, signal) {
	return remove(context, digest, signal);
}
async function remove(context, tagOrDigest, signal) {
	const request = {
		method: "DELETE",
		url: manifestUrl(context, tagOrDigest),
		signal
	};
	const answer = await context.send(request);
	if (answer.status === 404 || [
		200,
		202,
		204
	].includes(answer.status)) {
		answer.discard();
		return answer.status !== 404;
	}
	const refusal = await refusalOf$2(request, answer);
	const knowsNoTags = !isDigest(tagOrDigest) && refusal.message.endsWith(" DIGEST_INVALID");
	if (refusal.code !== "REGISTRY_UNSUPPORTED" && !knowsNoTags) throw refusal;
	throw new RegistryError("REGISTRY_UNSUPPORTED", refusal.message, {
		cause: refusal,
		details: refusal.details,
		hint: isDigest(tagOrDigest) ? "Allow it in the registry (distribution: REGISTRY_STORAGE_DELETE_ENABLED=true), or delete with its own tools." : "This registry deletes no tags; delete the manifest, or the tag with the registry's own tools."
	});
}

// src/registry/upload-session.ts
async function openUpload(context, signal) {
	const request = {
		method: "POST",
		url: new URL("blobs/uploads/", context.base),
		signal
	};
	const answer = await context.send(request);
	await expectStatus(request, answer, 202);
	answer.discard();
	const minimum = answer.header("oci-chunk-min-length") ?? "";
	return {
		url: uploadUrl(context, request, answer),
		minChunkBytes: /^\d{1,15}$/u.test(minimum) ? Number(minimum) : 0
	};
}
function uploadUrl({ base }, request, answer) {
	const location = answer.header("location") ?? "";
	if (location === "") throw protocolError(request, "answered without Location");
	if (!URL.canParse(location, request.url.href)) throw protocolError(request, "answered with a Location that is no URL");
	const url = new URL(location, request.url);
	if (base.protocol === "https:" && url.protocol === "http:") url.protocol = "https:";
	if (url.origin !== base.origin) throw protocolError(request, "sent the upload to another host");
	if (url.username !== "" || url.password !== "") throw protocolError(request, "answered with a Location that holds credentials");
	return url;
}
function withDigest(url, digest) {
	const text = url.href.replace(/#.*$/su, "").replace(/\?$/u, "");
	return new URL(`${text}${text.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`);
}

// src/registry/mount.ts
const refusals = /* @__PURE__ */ new Set([
	401,
	403,
	408,
	429
]);
async function mountBlob(context, from, { digest }, signal) {
	if (context.base.origin !== from.base.origin) return false;
	const url = new URL("blobs/uploads/", context.base);
	url.searchParams.set("mount", digest);
	url.searchParams.set("from", from.base.pathname.slice(4, -1));
	const request = {
		method: "POST",
		url,
		signal
	};
	const answer = await sendUnlessDenied(context, request);
	if (answer === void 0) return false;
	const { status } = answer;
	if (status >= 400 && status < 500 && !refusals.has(status)) {
		answer.discard();
		return false;
	}
	await expectStatus(request, answer, 201, 202);
	answer.discard();
	if (status === 202) await cancelUpload(context, request, answer);
	return status === 201;
}
async function sendUnlessDenied({ send }, request) {
	try {
		return await send(request);
	} catch (error) {
		if (error instanceof RegistryError && error.code === "REGISTRY_DENIED") return void 0;
		throw error;
	}
}
async function cancelUpload(context, request, opened) {
	const { signal } = request;
	try {
		const url = uploadUrl(context, request, opened);
		(await context.send({
			method: "DELETE",
			url,
			signal,
			isSentOnce: true
		})).discard();
	} catch (error) {
		if (signal?.aborted === true) throw error;
	}
}

// src/registry/referrers-tag.ts
const indexTries = 20;
const { settleMs } = httpLimits;
async function listByTag(context, subject, signal) {
	const content = await resolveIndex(context, {
		subject,
		signal
	});
	return content === void 0 ? [] : parseIndex(content.bytes).manifests;
}
async function addToTag(context, subject, entry) {
	await settle(context, subject, addition([entry]));
}
async function addAllToTag(context, subject, entries) {
	return writeChange(context, subject, addition(entries));
}
function addition(added) {
	return (entries) => {
		const known = new Set(entries.map(({ digest }) => digest));
		const lacking = added.filter(({ digest }) => !known.has(digest));
		return lacking.length === 0 ? void 0 : [...entries, ...lacking];
	};
}
async function removeFromTag(context, subject, digest) {
	const remove = (entries) => {
		const kept = entries.filter((entry) => entry.digest !== digest);
		return kept.length === entries.length ? void 0 : kept;
	};
	const content = await resolveIndex(context, subject);
	if (content === void 0 || changed(content, remove) === void 0) return;
	await settle(context, subject, remove);
}
const entriesSchema$1 = looseObject({ manifests: array(looseObject({ digest: string() })) });
async function settle(context, { subject, signal }, change) {
	for (let attempt = 0; attempt < indexTries; attempt += 1) {
		await writeChange(context, {
			subject,
			signal
		}, change);
		const waitMs = settleMs + randomInt(settleMs * (attempt + 1));
		await setTimeout$1(waitMs, void 0, signal === void 0 ? {} : { signal });
		if (changed(await resolveIndex(context, {
			subject,
			signal
		}) ?? formatIndex([]), change) === void 0) return;
	}
	throw new RegistryError("REGISTRY_UNAVAILABLE", `referrers tag of ${subject} is overwritten by others again and again`, { retryable: true });
}
async function writeChange(context, subject, change) {
	const next = changed(await resolveIndex(context, subject) ?? formatIndex([]), change);
	if (next === void 0) return false;
	await writeIndex(context, subject, next);
	return true;
}
function changed(content, change) {
	parseIndex(content.bytes);
	const index = entriesSchema$1.parse(JSON.parse(Buffer.from(content.bytes).toString("utf8")));
	const manifests = change(index.manifests);
	if (manifests === void 0) return void 0;
	const bytes = new TextEncoder().encode(JSON.stringify({
		...index,
		manifests
	}));
	return {
		descriptor: describe$1(mediaTypes.index, bytes),
		bytes
	};
}
async function writeIndex(context, { subject, signal }, content) {
	try {
		await putManifest(context, content, referrersTagOf(subject), signal);
	} catch (error) {
		if (!(error instanceof RegistryError) || error.code !== "REGISTRY_CONFLICT") throw error;
	}
}
async function resolveIndex(context, { subject, signal }) {
	let content;
	try {
		content = await resolveManifest(context, referrersTagOf(subject), signal);
	} catch (error) {
		if (error instanceof ContentError && error.code === "CONTENT_MISSING") return void 0;
		throw error;
	}
	if (content.descriptor.mediaType !== mediaTypes.index) throw new ContentError("MEDIA_TYPE_UNEXPECTED", `tag ${referrersTagOf(subject)} is ${content.descriptor.mediaType}, no index of referrers`, { hint: "A copy without referrers overwrote it; copy the artifact anew with `oras cp -r` or publish it again." });
	return content;
}

// src/oci/manifest-facts.ts
const dockerManifestSchema = object({
	schemaVersion: literal(2),
	mediaType: literal(mediaTypes.dockerManifest),
	config: descriptorSchema,
	layers: array(descriptorSchema).max(ociLimits.descriptors)
});
const dockerIndexSchema = object({
	schemaVersion: literal(2),
	mediaType: literal(mediaTypes.dockerIndex),
	manifests: array(descriptorSchema).max(ociLimits.descriptors)
});
function readManifestFacts({ descriptor, bytes }) {
	switch (descriptor.mediaType) {
		case mediaTypes.manifest: {
			const { config, layers, subject, annotations, artifactType } = parseManifest(bytes);
			return {
				subject,
				annotations,
				artifactType: artifactType || config.mediaType,
				blobs: [config, ...layers],
				manifests: []
			};
		}
		case mediaTypes.index: {
			const { manifests, subject, annotations, artifactType } = parseIndex(bytes);
			return {
				subject,
				annotations,
				artifactType: artifactType || void 0,
				blobs: [],
				manifests
			};
		}
		case mediaTypes.dockerManifest: {
			const { config, layers } = parseDocker(dockerManifestSchema, bytes);
			return {
				blobs: [config, ...layers],
				manifests: []
			};
		}
		case mediaTypes.dockerIndex: return {
			blobs: [],
			manifests: parseDocker(dockerIndexSchema, bytes).manifests
		};
		default: throw new ContentError("MEDIA_TYPE_UNEXPECTED", `${descriptor.mediaType} is not a manifest's media type`);
	}
}
function describeReferrer(descriptor, { artifactType, annotations }) {
	return {
		...descriptor,
		...artifactType === void 0 ? {} : { artifactType },
		...annotations === void 0 ? {} : { annotations }
	};
}
function parseDocker(schema, bytes) {
	if (bytes.byteLength > ociLimits.manifestBytes) throw new ContentError("SIZE_LIMIT", `manifest has ${bytes.byteLength} bytes`);
	let value;
	try {
		value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
	} catch (cause) {
		throw new ContentError("MANIFEST_INVALID", "manifest is not JSON", { cause });
	}
	const result = schema.safeParse(value);
	if (result.success) return result.data;
	const issue = result.error.issues[0];
	throw new ContentError("MANIFEST_INVALID", `manifest is not valid: ${issue?.path.join(".")} ${issue?.message}`);
}

// src/registry/pages.ts
function nextPage(request, answer) {
	const link = answer.header("link");
	const target = /<([^<>]{1,4096})>\s*;[^,]{0,200}\brel="?next"?/u.exec(link ?? "")?.[1];
	if (target === void 0) return void 0;
	if (!URL.canParse(target, request.url.href)) throw protocolError(request, "linked its next page with no URL");
	const url = new URL(target, request.url);
	if (request.url.protocol === "https:" && url.protocol === "http:") url.protocol = "https:";
	if (url.origin !== request.url.origin) throw protocolError(request, "linked its next page to another host");
	return url;
}
function createPageReader(context) {
	const seen = /* @__PURE__ */ new Set();
	let leftBytes = ociLimits.listingBytes;
	return { async read(request) {
		if (seen.has(request.url.href)) throw protocolError(request, "linked its pages in a circle");
		if (seen.size >= ociLimits.pages) throw new ContentError("SIZE_LIMIT", `${describeRequest(request)} has more than ${ociLimits.pages} pages`);
		seen.add(request.url.href);
		const page = await fetchDocument(context, request, Math.min(ociLimits.manifestBytes, leftBytes));
		leftBytes -= page.bytes.byteLength;
		return page;
	} };
}

// src/registry/referrers-api.ts
const digestsToLack = 8;
const wordsBytes = 16384;
const seenBy = /* @__PURE__ */ new WeakMap();
function isKnownToLackApi(work) {
	const seen = work === void 0 ? void 0 : seenBy.get(work);
	return seen !== void 0 && !seen.hasApi && seen.lacking.size >= digestsToLack;
}
function learnOfApi(work) {
	if (work !== void 0) seenOf(work).hasApi = true;
}
async function learnOfLack(work, subject, answer) {
	if (work === void 0 || answer.status !== 404) {
		answer.discard();
		return;
	}
	const words = await readBounded(answer, wordsBytes).catch(() => void 0);
	if (words !== void 0 && !isAboutContent(words.toString("latin1"))) seenOf(work).lacking.add(subject);
}
function isAboutContent(words) {
	return /"errors"|_UNKNOWN/u.test(words);
}
function seenOf(work) {
	const seen = seenBy.get(work) ?? {
		hasApi: false,
		lacking: /* @__PURE__ */ new Set()
	};
	seenBy.set(work, seen);
	return seen;
}

// src/registry/referrers.ts
const withoutApi = /* @__PURE__ */ new Set([
	303,
	400,
	404,
	405,
	406
]);
async function listReferrers(context, question) {
	const { digest: subject, signal, mayHaveTag = true } = question;
	const listed = await listByApi(context, question) ?? [];
	if (!mayHaveTag) return listed;
	const tagged = await listByTag(context, subject, signal).catch((error) => {
		if (listed.length > 0 && error instanceof ContentError) return [];
		throw error;
	});
	const known = new Set(listed.map(({ digest }) => digest));
	const all = [...listed, ...tagged.filter(({ digest }) => !known.has(digest))];
	assertCount(subject, all.length);
	return all;
}
async function addReferrer(context, content, signal) {
	const { subject, ...facts } = subjectFacts(content);
	if (subject === void 0) return;
	const [lacking] = await unlistedByApi(context, {
		digest: subject,
		signal
	}, [content.descriptor]);
	if (lacking === void 0) return;
	await addToTag(context, {
		subject,
		signal
	}, describeReferrer(content.descriptor, facts));
}
async function attachReferrers(context, question, referrers) {
	const { digest: subject, signal } = question;
	const lacking = await unlistedByApi(context, question, referrers);
	return lacking.length > 0 && addAllToTag(context, {
		subject,
		signal
	}, lacking);
}
async function unlistedByApi(context, question, referrers) {
	const listed = new Set((await listByApi(context, question))?.map(({ digest }) => digest));
	return referrers.filter(({ digest }) => !listed.has(digest));
}
async function findSubject(context, digest, signal) {
	try {
		return subjectFacts(await resolveManifest(context, digest, signal)).subject;
	} catch (error) {
		if (error instanceof ContentError) return void 0;
		throw error;
	}
}
function subjectFacts(content) {
	const { mediaType } = content.descriptor;
	if (mediaType !== mediaTypes.manifest && mediaType !== mediaTypes.index) return { subject: void 0 };
	const { subject, artifactType, annotations } = readManifestFacts(content);
	return {
		subject: subject?.digest,
		artifactType,
		annotations
	};
}
async function listByApi(context, { digest: subject, signal, work }) {
	if (isKnownToLackApi(work)) return void 0;
	const found = /* @__PURE__ */ new Map();
	const pages = createPageReader(context);
	const first = new URL(`referrers/${subject}`, context.base);
	let url = first;
	while (url !== void 0) {
		const request = {
			method: "GET",
			url,
			headers: { accept: mediaTypes.index },
			signal,
			shownRedirects: [303]
		};
		const { answer, bytes } = await pages.read(request);
		const isOther = answer.status === 200 && mediaTypeOf(answer) !== mediaTypes.index;
		if (url === first && (withoutApi.has(answer.status) || isOther)) {
			await learnOfLack(work, subject, answer);
			return;
		}
		await expectStatus(request, answer, 200);
		learnOfApi(work);
		for (const entry of parseIndex(bytes).manifests) found.set(entry.digest, entry);
		assertCount(subject, found.size);
		url = nextPage(request, answer);
	}
	return [...found.values()];
}
function assertCount(subject, count) {
	if (count <= copyLimits.referrers) return;
	throw new ContentError("SIZE_LIMIT", `${subject} has more than ${copyLimits.referrers} referrers`);
}

// src/registry/tags.ts
const answerSchema$1 = object({ tags: array(string().max(128)).nullable() });
async function listTags(context, signal) {
	const pages = createPageReader(context);
	const list = new URL("tags/list", context.base);
	const tags = /* @__PURE__ */ new Set();
	let url = withQuery(list, { n: `${ociLimits.tagsPerPage}` });
	while (url !== void 0) {
		const request = {
			method: "GET",
			url,
			signal
		};
		const { answer, bytes } = await pages.read(request);
		if (answer.status === 404 && tags.size === 0) {
			answer.discard();
			break;
		}
		if (answer.status === 400 && tags.size === 0 && url.search !== "") {
			answer.discard();
			url = list;
			continue;
		}
		await expectStatus(request, answer, 200);
		const page = parsePage(request, bytes);
		const countBefore = tags.size;
		for (const tag of page) tags.add(tag);
		if (tags.size > ociLimits.tags) throw new ContentError("SIZE_LIMIT", `repository has more than ${ociLimits.tags} tags`);
		url = nextPage(request, answer) ?? (tags.size > countBefore ? pageAfter(list, page) : void 0);
	}
	return [...tags].sort();
}
function pageAfter(list, page) {
	const last = page.at(-1);
	if (last === void 0 || !isPageLength(page.length)) return void 0;
	return withQuery(list, {
		n: `${ociLimits.tagsPerPage}`,
		last
	});
}
function isPageLength(count) {
	return count % 10 === 0 || count % 16 === 0;
}
function withQuery(list, parameters) {
	return new URL(`?${new URLSearchParams(parameters).toString()}`, list);
}
function parsePage(request, body) {
	try {
		return answerSchema$1.parse(JSON.parse(body.toString("utf8"))).tags ?? [];
	} catch {
		throw protocolError(request, "answered with no list of tags");
	}
}

// src/registry/chunks.ts
async function sendChunks(context, { url, minChunkBytes }, { body, signal }) {
	const chunkBytes = Math.max(httpLimits.chunkBytes, minChunkBytes);
	if (chunkBytes > httpLimits.maxChunkBytes) throw new RegistryError("REGISTRY_UNSUPPORTED", `${url.host} wants chunks of at least ${minChunkBytes} bytes, more than ${httpLimits.maxChunkBytes}`);
	let place = {
		url,
		position: 0
	};
	for await (const chunk of inChunks(body, chunkBytes, signal)) place = await sendChunk(context, {
		...place,
		chunk,
		signal
	});
	return place.url;
}
async function sendChunk(context, { chunk, signal, ...begin }) {
	const end = begin.position + chunk.byteLength;
	let place = begin;
	for (let attempt = 1;; attempt += 1) {
		try {
			const rest = chunk.subarray(place.position - begin.position);
			place = await patch(context, {
				...place,
				chunk: rest,
				signal
			});
		} catch (error) {
			const isElsewhere = error instanceof RegistryError && error.details["status"] === 416;
			if (attempt >= httpLimits.chunkTries) throw error;
			const isRepeatable = isElsewhere || mayGoWellAgain(error, signal);
			await pauseAfter({
				error,
				count: attempt,
				signal,
				isRepeatable
			}, context.retries);
			place = await askPlace(context, place.url, signal);
		}
		if (place.position === end) return place;
		if (attempt >= httpLimits.chunkTries || place.position < begin.position || place.position > end) throw new RegistryError("REGISTRY_CONFLICT", `upload to ${begin.url.host} stands at byte ${place.position}, not at ${end}`, { retryable: true });
	}
}
async function patch(context, { url, position, chunk, signal }) {
	const end = position + chunk.byteLength;
	const request = {
		method: "PATCH",
		url,
		headers: {
			"content-type": "application/octet-stream",
			"content-range": `${position}-${end - 1}`
		},
		body: chunk,
		signal
	};
	const answer = await context.send(request);
	await expectStatus(request, answer, 202);
	answer.discard();
	return {
		url: uploadUrl(context, request, answer),
		position: positionOf(answer, end) ?? end
	};
}
async function askPlace(context, url, signal) {
	const request = {
		method: "GET",
		url,
		signal
	};
	const answer = await context.send(request);
	await expectStatus(request, answer, 204, 202, 200);
	answer.discard();
	const position = positionOf(answer);
	if (position === void 0) throw protocolError(request, "did not say where the upload stands");
	return {
		url: answer.header("location") !== void 0 ? uploadUrl(context, request, answer) : url,
		position
	};
}
function positionOf(answer, expected = 0) {
	const last = /^(?:bytes=)?0-(\d{1,15})$/u.exec(answer.header("range") ?? "")?.[1];
	if (last === void 0) return void 0;
	return last === "0" && expected !== 1 ? 0 : Number(last) + 1;
}
async function* inChunks({ byteLength, open }, size, signal) {
	const buffer = Buffer.allocUnsafe(Math.min(size, byteLength));
	let filled = 0;
	for await (const piece of readSource(open(signal, { isChunkLent: true }))) for (let start = 0; start < piece.byteLength;) {
		const part = piece.subarray(start, start + buffer.byteLength - filled);
		buffer.set(part, filled);
		start += part.byteLength;
		filled += part.byteLength;
		if (filled < buffer.byteLength) continue;
		yield buffer;
		filled = 0;
	}
	if (filled > 0) yield buffer.subarray(0, filled);
}
async function* readSource(source) {
	try {
		yield* source;
	} catch (error) {
		throw markSourceError(error);
	}
}

// src/registry/upload.ts
async function pushBlob(context, upload) {
	let isChunked = false;
	for (let attempt = 1;; attempt += 1) {
		const session = await openUpload(context, upload.signal);
		try {
			await (isChunked ? sendInChunks : sendWhole)(context, session, upload);
			return;
		} catch (error) {
			if (!isChunked && wholeRefusals.has(statusOf(error))) {
				isChunked = true;
				continue;
			}
			if (attempt >= httpLimits.uploads) throw error;
			const { signal } = upload;
			const isRepeatable = isSessionLost(error, signal) || mayGoWellAgain(error, signal);
			await pauseAfter({
				error,
				count: attempt,
				signal,
				isRepeatable
			}, context.retries);
			isChunked ||= attempt > 1 && upload.body.byteLength > httpLimits.chunkBytes;
		}
		if (await hasContent(context, upload.descriptor, upload.signal)) return;
	}
}
async function sendWhole(context, { url }, { descriptor, body, signal }) {
	const request = {
		method: "PUT",
		url: withDigest(url, descriptor.digest),
		headers: { "content-type": "application/octet-stream" },
		body,
		signal,
		isSentOnce: true
	};
	const answer = await context.send(request);
	await expectStatus(request, answer, 201);
	answer.discard();
}
async function sendInChunks(context, session, { descriptor, body, signal }) {
	const streamed = body instanceof Uint8Array ? streamBytes(body) : body;
	const last = await sendChunks(context, session, {
		body: streamed,
		signal
	});
	const request = {
		method: "PUT",
		url: withDigest(last, descriptor.digest),
		signal,
		isSentOnce: true
	};
	const answer = await context.send(request);
	await expectStatus(request, answer, 201);
	answer.discard();
}
const wholeRefusals = /* @__PURE__ */ new Set([
	405,
	411,
	413,
	501
]);
function isSessionLost(error, signal) {
	return signal?.aborted !== true && statusOf(error) === 404;
}
function statusOf(error) {
	return error instanceof RegistryError && !isSourceError(error) ? error.details["status"] : void 0;
}

// src/registry/repository.ts
function openRepository(options) {
	const { send, reference, plainHttp = false, retries = usualRetries } = options;
	const scheme = plainHttp || isLoopback(reference.registry) ? "http" : "https";
	const context = {
		send,
		base: new URL(`${scheme}://${reference.registry}/v2/${reference.repository}/`),
		retries
	};
	const store = {
		fetch: (...what) => fetchContent(context, ...what),
		resolve: (tagOrDigest, signal) => resolveManifest(context, tagOrDigest, signal),
		peek: (tag, signal, known) => peekTag(context, tag, {
			known,
			signal
		}),
		glance: (tagOrDigest, signal) => glanceManifest(context, tagOrDigest, signal),
		referrers: ({ digest }, signal, options) => listReferrers(context, {
			...options,
			digest,
			signal
		}),
		attach: ({ digest }, referrers, signal, options) => attachReferrers(context, {
			...options,
			digest,
			signal
		}, referrers),
		tags: (signal) => listTags(context, signal),
		settleMs: httpLimits.settleMs,
		exists: (descriptor, signal) => hasContent(context, descriptor, signal),
		push: (content, signal, options) => push(context, content, {
			...options,
			signal
		}),
		pushBlob: async (descriptor, open, signal) => {
			assertBlob(descriptor);
			if (await hasContent(context, descriptor, signal)) return;
			const body = {
				byteLength: descriptor.size,
				open: (...how) => verifyStream(descriptor, open(...how))
			};
			await pushBlob(context, {
				descriptor,
				body,
				signal
			});
		},
		takeOver: async (source, descriptor, signal) => {
			const from = contexts.get(source);
			return from !== void 0 && mountBlob(context, from, descriptor, signal);
		},
		tag: (content, tag, signal) => putManifest(context, content, parseTag(tag), signal),
		deleteTag: (tag, signal) => deleteTag(context, tag, signal),
		deleteManifest: (digest, signal) => deleteWithEntry(context, digest, signal)
	};
	contexts.set(store, context);
	return store;
}
const contexts = /* @__PURE__ */ new WeakMap();
async function push(context, content, { signal, isNew = false, isUnlisted = false }) {
	assertContent(content);
	const { descriptor, bytes } = content;
	const isThere = !isNew && await hasContent(context, descriptor, signal);
	if (!isManifestType(descriptor.mediaType)) {
		if (!isThere) await pushBlob(context, {
			descriptor,
			body: bytes,
			signal
		});
		return;
	}
	if (!isThere) await putManifest(context, content, descriptor.digest, signal);
	if (!isUnlisted) await addReferrer(context, content, signal);
}
async function deleteWithEntry(context, digest, signal) {
	const subject = await findSubject(context, digest, signal);
	const isDeleted = await deleteManifest(context, digest, signal);
	if (isDeleted && subject !== void 0) await removeFromTag(context, {
		subject,
		signal
	}, digest);
	return isDeleted;
}

// src/registry/redirect.ts
const redirects = /* @__PURE__ */ new Set([
	301,
	302,
	303,
	307,
	308
]);
const secretHeaders = /* @__PURE__ */ new Set([
	"authorization",
	"cookie",
	"proxy-authorization"
]);
function withRedirects(next) {
	return async (request) => {
		let current = request;
		for (let count = 0;; count += 1) {
			const answer = await next(current);
			if (!redirects.has(answer.status) || request.shownRedirects?.includes(answer.status) === true) return current.url.origin === request.url.origin ? answer : {
				...answer,
				from: current.url
			};
			answer.discard();
			if (count >= httpLimits.redirects) throw protocolError(request, `was redirected more than ${httpLimits.redirects} times`);
			current = redirected(current, answer, request.url);
		}
	};
}
function redirected(request, answer, origin) {
	const { method, url } = request;
	if (method !== "GET" && method !== "HEAD") throw protocolError(request, `answered ${answer.status}: a ${method} is not sent elsewhere`);
	const location = answer.header("location") ?? "";
	if (location === "" || !URL.canParse(location, url.href)) throw protocolError(request, `answered ${answer.status} without a Location that is a URL`);
	const target = new URL(location, url);
	if (target.protocol !== "https:" && target.protocol !== "http:") throw protocolError(request, `was redirected to ${target.protocol}`);
	if (url.protocol === "https:" && target.protocol === "http:") throw protocolError(request, "was redirected from TLS to plain HTTP");
	if (target.username !== "" || target.password !== "") throw protocolError(request, "was redirected to a URL with credentials");
	if (!mayLeadTo(target.hostname, origin.hostname)) throw protocolError(request, `was redirected to ${target.host}, an address that no registry is at`);
	return target.origin === url.origin ? {
		...request,
		url: target
	} : {
		...request,
		url: target,
		headers: withoutSecrets(request.headers)
	};
}
function withoutSecrets(headers = {}) {
	return Object.fromEntries(Object.entries(headers).filter(([name]) => !secretHeaders.has(name.toLowerCase())));
}

// src/registry/connect.ts
function connectRegistries(options) {
	const { random, tries, now, observe, keychain: common = noCredentials, ...rest } = options;
	const { clientCertificate, ...network } = rest;
	const named = /* @__PURE__ */ new Set();
	if (clientCertificate !== void 0) secureSettings({ clientCertificate });
	const transport = createTransport({
		...network,
		hostTls: async (host) => {
			const own = await network.hostTls?.(host);
			return clientCertificate !== void 0 && named.has(host) ? {
				...own,
				clientCertificate
			} : own;
		}
	});
	const retries = {
		random,
		tries,
		sleep: async (ms, signal) => setTimeout$1(ms, void 0, signal === void 0 ? {} : { signal })
	};
	const authenticate = createAuth({
		send: withRetry(transport.send, retries),
		now,
		...observe
	});
	const redirected = withRedirects(transport.send);
	const retried = withRetry(redirected, retries);
	const sender = (target, plainHttp = false, keychain = common) => {
		const url = originOf(target, plainHttp);
		named.add(url.host);
		return authenticate(retried, {
			...target,
			url,
			keychain
		});
	};
	return {
		sender,
		open: (reference, plainHttp = false, keychain = common) => openRepository({
			send: sender(reference, plainHttp, keychain),
			reference,
			plainHttp,
			retries
		}),
		checkLogin: async (target, found, { plainHttp = false, signal } = {}) => {
			const { keychain, wasAsked } = watchedKeychain(found);
			await ping(sender(target, plainHttp, keychain), originOf(target, plainHttp), signal);
			return wasAsked() ? "accepted" : "not asked";
		},
		close: transport.close
	};
}
function originOf({ registry }, plainHttp) {
	return new URL(`${plainHttp || isLoopback(registry) ? "http" : "https"}://${registry}/`);
}

// src/registry/certs-directories.ts
function createCertificateWorld(env) {
	const home = env["HOME"] ?? env["USERPROFILE"];
	return {
		home: home === "" ? void 0 : home,
		listFiles,
		readFile
	};
}
async function readCertsDirectories(host, world) {
	if (!/^(?:\[[0-9a-f:]+\]|[a-z0-9][a-z0-9.-]*)(?::\d{1,5})?$/u.test(host)) return void 0;
	for (const folder of foldersFor(world.home)) {
		const directory = join(folder, host);
		const names = await world.listFiles(directory);
		if (names !== "missing") return readDirectory(directory, [...names].sort(), world);
	}
}
function foldersFor(home) {
	return [
		...home === void 0 ? [] : [join(home, ".config", "containers", "certs.d")],
		"/etc/containers/certs.d",
		"/etc/docker/certs.d"
	];
}
async function readDirectory(directory, names, { readFile }) {
	if (names.length > networkLimits.certificateFiles) throw new InputError("INPUT_INVALID", `${directory} has more than ${networkLimits.certificateFiles} files`);
	const authorities = [];
	for (const name of names.filter((candidate) => candidate.endsWith(".crt"))) authorities.push(await readFile(join(directory, name)));
	const pair = pairOf(directory, names);
	const clientCertificate = pair && {
		certificate: await readFile(join(directory, pair.certificate)),
		key: await readFile(join(directory, pair.key))
	};
	return {
		...authorities.length === 0 ? {} : { ca: authorities.join("\n") },
		...clientCertificate === void 0 ? {} : { clientCertificate }
	};
}
function pairOf(directory, names) {
	const certificate = names.find((name) => name.endsWith(".cert"));
	const key = names.find((name) => name.endsWith(".key"));
	if (certificate === void 0 && key === void 0) return void 0;
	const wanted = certificate?.replace(/\.cert$/u, ".key") ?? "";
	if (certificate !== void 0 && names.includes(wanted)) return {
		certificate,
		key: wanted
	};
	const [there, missing] = certificate === void 0 ? [key, key?.replace(/\.key$/u, ".cert")] : [certificate, wanted];
	throw new InputError("INPUT_INVALID", `${directory} has ${there} and no ${missing}`, { hint: "CAs end in .crt; a client certificate ends in .cert, and its key has the same name with .key." });
}
async function listFiles(directory) {
	try {
		return await readdir(directory);
	} catch {
		return "missing";
	}
}
async function readFile(path) {
	const max = networkLimits.certificateBytes;
	try {
		const file = await open(path, "r");
		try {
			const buffer = Buffer.alloc(max + 1);
			let size = 0;
			for (;;) {
				const { bytesRead } = await file.read(buffer, size, buffer.byteLength - size);
				size += bytesRead;
				if (bytesRead === 0 || size > max) break;
			}
			if (size > max) throw new InputError("INPUT_INVALID", `${path} has more than ${max} bytes`);
			return buffer.toString("utf8", 0, size);
		} finally {
			await file.close();
		}
	} catch (cause) {
		if (cause instanceof InputError) throw cause;
		throw new InputError("FILE_UNREADABLE", `${path} can not be read`, { cause });
	}
}

// src/registry/credentials/entries.ts
const text$1 = string().nullish();
const entrySchema = object({
	auth: text$1,
	username: text$1,
	password: text$1,
	identitytoken: text$1,
	registrytoken: text$1
});
const entriesSchema = record(string(), entrySchema);
const hubHosts = /* @__PURE__ */ new Set([
	"docker.io",
	"index.docker.io",
	"registry-1.docker.io"
]);
const hubKey = "https://index.docker.io/v1/";
function keyOf(registry) {
	return hubHosts.has(registry) ? hubKey : registry;
}
function findEntry(entries, { registry, repository }) {
	return Object.entries(entries).filter(([, entry]) => !isEmpty(entry)).map(([key, entry]) => ({
		key,
		entry,
		...splitKey(key)
	})).filter(({ host, path }) => isSameHost(host, registry) && isWithin(repository ?? "", path)).sort((a, b) => b.path.length - a.path.length || a.key.length - b.key.length)[0]?.entry;
}
function splitKey(key) {
	const bare = key.replace(/^https?:\/\//iu, "").replace(/\/+$/u, "");
	const slash = bare.indexOf("/");
	if (slash < 0) return {
		host: bare.toLowerCase(),
		path: ""
	};
	const path = bare.slice(slash + 1).replace(/^v[12](?:\/|$)/u, "");
	return {
		host: bare.slice(0, slash).toLowerCase(),
		path
	};
}
function isSameHost(host, registry) {
	return host === registry || hubHosts.has(host) && hubHosts.has(registry);
}
function isWithin(repository, path) {
	return path === "" || repository === path || repository.startsWith(`${path}/`);
}
function isEmpty({ auth, username, password, identitytoken, registrytoken }) {
	return [
		auth,
		username,
		password,
		identitytoken,
		registrytoken
	].every((member) => member === void 0 || member === null || member === "");
}
function readEntry(entry) {
	if (isText(entry.registrytoken)) return tokenCredential("registry token", entry.registrytoken);
	if (isText(entry.identitytoken)) return tokenCredential("identity token", entry.identitytoken);
	if (isText(entry.auth)) return readAuth(entry.auth);
	return passwordCredential(entry.username ?? "", entry.password ?? "");
}
function isText(member) {
	return member !== void 0 && member !== null && member !== "";
}
function readAuth(auth) {
	const decoded = /^[A-Za-z0-9+/]+={0,2}$/u.test(auth.replaceAll(/[\r\n]/gu, "")) ? Buffer.from(auth, "base64").toString("utf8") : "";
	const colon = decoded.indexOf(":");
	if (colon <= 0) throw new RegistryError("CREDENTIALS_INVALID", "member \"auth\" is not USER:PASSWORD in base64");
	return passwordCredential(decoded.slice(0, colon), decoded.slice(colon + 1).replaceAll(/^\0+|\0+$/gu, ""));
}

// src/registry/credentials/run-helper.ts
function spawnHelper({ helper, action, input, signal }, { env, timeoutMs = authLimits.helperTimeoutMs }) {
	return new Promise((resolve, reject) => {
		signal?.throwIfAborted();
		const program = `docker-credential-${helper}`;
		const child = spawn(program, [action], {
			env: { ...env },
			stdio: [
				"pipe",
				"pipe",
				"pipe"
			]
		});
		const end = (settle) => {
			clearTimeout(timer);
			signal?.removeEventListener("abort", onAbort);
			child.stdout.destroy();
			child.stderr.destroy();
			child.kill("SIGKILL");
			settle();
		};
		const fail = (what, hint) => {
			end(() => reject(helperError(helper, what, hint === void 0 ? {} : { hint })));
		};
		const onAbort = () => end(() => reject(signal?.reason));
		const timer = setTimeout(() => fail(`did not end within ${timeoutMs} ms`), timeoutMs);
		signal?.addEventListener("abort", onAbort);
		const stderr = collect(child.stderr, authLimits.helperErrorBytes, () => void 0);
		const stdout = collect(child.stdout, authLimits.helperOutputBytes, () => fail(`gave more than ${authLimits.helperOutputBytes} bytes`));
		child.on("error", (error) => fail(`could not be run: ${errorMessageOf(error, 200)}`, `Install ${program} on PATH, or take it out of the file that names it.`));
		child.stdin.on("error", () => void 0);
		child.stdin.end(input);
		child.on("close", (code, killedBy) => {
			if (code === null) fail(`ended with ${killedBy ?? "nothing"}`);
			else end(() => resolve({
				code,
				stdout: stdout(),
				stderr: stderr()
			}));
		});
	});
}
function collect(stream, maxBytes, onTooMuch) {
	const chunks = [];
	let size = 0;
	stream.on("data", (chunk) => {
		const room = Math.max(0, maxBytes - size);
		size += chunk.byteLength;
		chunks.push(chunk.subarray(0, room));
		if (size > maxBytes) onTooMuch();
	});
	return () => Buffer.concat(chunks).toString("utf8");
}
function helperError(helper, what, options = {}) {
	return new RegistryError("CREDENTIAL_HELPER_FAILED", `credential helper docker-credential-${helper} ${what}`, options);
}

// src/registry/credentials/helper.ts
const notFoundWords = "credentials not found in native keychain";
const answerSchema = object({
	Username: string(),
	Secret: string()
});
function isHelperName(name) {
	return name.length <= authLimits.helperNameLength && /^\w[\w.-]*$/u.test(name);
}
async function getFromHelper({ name, run, key, signal }) {
	const output = await run({
		helper: name,
		action: "get",
		input: key,
		signal
	});
	if (output.code !== 0) {
		if (output.stdout.trim() === notFoundWords) return void 0;
		throw failure(name, output);
	}
	const { user, secret } = parseAnswer(name, output.stdout);
	if (user === "" && secret === "") return void 0;
	try {
		return passwordCredential(user, secret);
	} catch (cause) {
		throw helperError(name, "gave a user or a secret that can not be sent", { cause });
	}
}
function parseAnswer(name, stdout) {
	try {
		const { Username: user, Secret: secret } = answerSchema.parse(JSON.parse(stdout));
		return {
			user,
			secret
		};
	} catch {
		throw helperError(name, "gave no JSON with Username and Secret");
	}
}
function failure(name, { code, stderr }, secret = "") {
	const words = redactWords(secret === "" ? stderr : stderr.replaceAll(secret, "\u2026"));
	return helperError(name, `ended with code ${code}`, {
		hint: `Run docker-credential-${name} by hand with the registry's address on its input.`,
		...words === "" ? {} : { cause: /* @__PURE__ */ new Error(`it says: ${words}`) }
	});
}
function redactWords(words) {
	return words.replaceAll(/[^\s"'`]{24,}/gu, "\u2026").replaceAll(/((?:pass|secret|token|key)\w*["']?\s*[=:]\s*)\S+/giu, "$1\u2026").replaceAll(/\s+/gu, " ").trim().slice(0, 300);
}

// src/registry/credentials/look-into.ts
function parseJson(bytes, source, schema) {
	try {
		const text = Buffer.from(bytes).toString("utf8").replace(/^\u{feff}/u, "");
		return schema.parse(text.trim() === "" ? {} : JSON.parse(text));
	} catch (error) {
		const where = error instanceof ZodError ? error.issues[0]?.path.join(".") ?? "" : "";
		const what = error instanceof ZodError ? `has another form than expected at "${where}"` : "is no JSON";
		throw new RegistryError("CREDENTIALS_INVALID", `${source} ${what}`, { hint: "Mend the file, or move it away and log in again." });
	}
}
function lookInto(entries, place, source) {
	const entry = findEntry(entries, place);
	if (entry === void 0) return {
		source,
		words: "nothing for this registry"
	};
	let credential;
	try {
		credential = readEntry(entry);
	} catch (cause) {
		const message = cause instanceof Error ? cause.message : "";
		throw new RegistryError("CREDENTIALS_INVALID", `${source} has a bad entry for ${place.registry}: ${message}`, { hint: `Log in again with \`sealift login ${place.registry}\`.` });
	}
	return foundIn(source, credential);
}

// src/registry/credentials/config-file.ts
const configSchema = object({
	auths: entriesSchema.nullish(),
	credHelpers: record(string(), string()).nullish(),
	credsStore: string().nullish()
});
function fileSource(options) {
	const source = describeFile(options);
	return { look: async (place, signal) => {
		const bytes = await options.world.readFile(options.path);
		if (bytes === "not allowed" && options.isNamed === true) throw new RegistryError("CREDENTIALS_INVALID", `${source} may not be read`, { hint: "See to whom the file belongs." });
		if (bytes === "missing") return {
			source,
			words: "no such file"
		};
		if (bytes === "not allowed") return {
			source,
			words: "may not be read"
		};
		const file = parseConfig(bytes, source);
		const helper = helperOf(file, place, options.kind);
		if (helper === void 0) return lookInto(file.auths ?? {}, place, source);
		return lookWith(helper, {
			place,
			source,
			world: options.world,
			signal
		});
	} };
}
function describeFile({ kind, path, why }) {
	return `${why ?? kind} (${path})`;
}
function parseConfig(bytes, source) {
	return parseJson(bytes, source, configSchema);
}
function helperOf({ credHelpers, credsStore }, { registry }, kind) {
	const named = Object.entries(credHelpers ?? {}).find(([key]) => key === keyOf(registry) || key === registry);
	const common = kind === "docker config.json" ? credsStore : void 0;
	const helper = named?.[1] ?? common ?? "";
	return helper === "" ? void 0 : helper;
}
async function lookWith(name, { place, source, world, signal }) {
	assertHelperName(name, source);
	const key = keyOf(place.registry);
	const credential = await getFromHelper({
		name,
		run: world.runHelper,
		key,
		signal
	});
	const helper = `docker-credential-${name}, named in ${source}`;
	if (credential === void 0) return {
		source: helper,
		words: "nothing for this registry"
	};
	return foundIn(helper, credential);
}
function assertHelperName(name, source) {
	if (isHelperName(name)) return;
	throw new RegistryError("CREDENTIALS_INVALID", `${source} names a credential helper ${JSON.stringify(name.slice(0, 80))}, which is no such name`);
}

// src/registry/credentials/sources.ts
function userKeychain(world, first = []) {
	const toSource = (file) => fileSource({
		...file,
		world
	});
	return createKeychain([
		...first,
		...containersFiles(world).map(toSource),
		...environmentSource(world.env["DOCKER_AUTH_CONFIG"]),
		...dockerFiles(world).map(toSource)
	]);
}
function environmentSource(text) {
	if (!isSet(text)) return [];
	const source = "environment variable DOCKER_AUTH_CONFIG";
	return [{ look: async (place) => lookInto(parseConfig(Buffer.from(text), source).auths ?? {}, place, source) }];
}
function namedFile({ env }) {
	const path = env["REGISTRY_AUTH_FILE"];
	if (!isSet(path)) return [];
	return [{
		kind: "containers auth.json",
		path,
		why: "REGISTRY_AUTH_FILE",
		isNamed: true
	}];
}
function containersFiles(where) {
	const { XDG_RUNTIME_DIR: runtime, XDG_CONFIG_HOME: config } = where.env;
	const home = where.home === void 0 ? void 0 : join(where.home, ".config");
	const usual = [runtime, isSet(config) ? config : home].filter(isSet).map((folder) => {
		return {
			kind: "containers auth.json",
			path: join(folder, "containers", "auth.json")
		};
	});
	return [...namedFile(where), ...usual];
}
function dockerFiles({ env, home }) {
	const named = env["DOCKER_CONFIG"];
	const folder = isSet(named) ? named : home === void 0 ? void 0 : join(home, ".docker");
	if (folder === void 0) return [];
	return [{
		kind: "docker config.json",
		path: join(folder, "config.json"),
		isNamed: isSet(named)
	}];
}
function isSet(value) {
	return value !== void 0 && value !== "";
}

// src/registry/credentials/world.ts
function createCredentialWorld(env) {
	const home = env["HOME"] ?? env["USERPROFILE"];
	return {
		env,
		home: home === "" ? void 0 : home,
		readFile: readBoundedFile,
		runHelper: (call) => spawnHelper(call, { env })
	};
}
async function readBoundedFile(path) {
	try {
		const file = await open(path, "r");
		try {
			const { size } = await file.stat();
			if (size > authLimits.credentialFileBytes) throw tooLarge(path);
			return await readUpTo(file.createReadStream({ autoClose: false }), path);
		} finally {
			await file.close();
		}
	} catch (cause) {
		const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
		if (code === "ENOENT" || code === "ENOTDIR") return "missing";
		if (code === "EACCES" || code === "EPERM") return "not allowed";
		if (cause instanceof RegistryError) throw cause;
		throw new RegistryError("CREDENTIALS_INVALID", `${path} can not be read (${code})`, { cause });
	}
}
async function readUpTo(stream, path) {
	const chunks = [];
	let size = 0;
	for await (const chunk of stream) {
		size += chunk.byteLength;
		if (size > authLimits.credentialFileBytes) throw tooLarge(path);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}
function tooLarge(path) {
	return new RegistryError("CREDENTIALS_INVALID", `${path} has more than ${authLimits.credentialFileBytes} bytes`);
}

// src/registry/user-settings.ts
function userSettings(env, first = []) {
	const certificates = createCertificateWorld(env);
	return {
		keychain: userKeychain(createCredentialWorld(env), first),
		chooseProxy: environmentProxies(env),
		hostTls: (host) => readCertsDirectories(host, certificates)
	};
}

// action/shared/open-registry.ts
function withRepository(reference, access, world, work) {
	return withRegistries(reference.registry, access, world, (open) => work(open(reference)));
}
async function withRegistries(registry, { credential, ca, plainHttp, tries }, { env, random, now }, work) {
	const first = credential === void 0 ? [] : [givenCredential("registry-username", credential, registry)];
	const { open, close } = connectRegistries({
		...userSettings(env, first),
		ca,
		random,
		now,
		tries
	});
	try {
		return await work((reference) => open(reference, plainHttp && reference.registry === registry));
	} finally {
		close();
	}
}

// action/shared/titles.ts
const words = {
	INPUT_MISSING: "Input is missing",
	INPUT_INVALID: "Input is not valid",
	INPUT_CONFLICT: "Inputs exclude each other",
	FILE_UNREADABLE: "File can not be read",
	REFERENCE_INVALID: "Reference is not valid",
	TAG_INVALID: "Tag is not valid",
	DIGEST_INVALID: "Digest is not valid",
	DIGEST_MISMATCH: "Content has another digest",
	SIZE_MISMATCH: "Content has another size",
	SIZE_LIMIT: "Content is too large",
	MEDIA_TYPE_UNEXPECTED: "Content has another type",
	MANIFEST_INVALID: "Manifest is not valid",
	CONTENT_MISSING: "Content is missing",
	LAYOUT_INVALID: "Image layout is not valid",
	REFERRERS_INCOMPLETE: "Copy lacks referrers",
	REGISTRY_UNAUTHORIZED: "Registry wants credentials",
	REGISTRY_DENIED: "Registry denies access",
	REGISTRY_NOT_FOUND: "Registry has no such repository",
	REGISTRY_CONFLICT: "Registry has something else there",
	REGISTRY_UNSUPPORTED: "Registry can not do that",
	REGISTRY_RATE_LIMITED: "Registry limits the rate",
	REGISTRY_UNAVAILABLE: "Registry is not available",
	REGISTRY_PROTOCOL: "Registry breaks the protocol",
	REGISTRY_NETWORK: "Registry can not be reached",
	REGISTRY_TLS: "Registry's certificate is not accepted",
	REGISTRY_TIMEOUT: "Registry does not answer",
	CREDENTIALS_MISSING: "Credentials are missing",
	CREDENTIALS_INVALID: "Credentials can not be read",
	CREDENTIAL_HELPER_FAILED: "Credential helper failed",
	TOKEN_REALM_REFUSED: "Token service is not trusted",
	ENTRY_UNSAFE_PATH: "Path is not safe",
	ENTRY_UNSAFE_TYPE: "Entry is no plain file",
	ENTRY_LIMIT: "Too many files",
	ARCHIVE_TOO_LARGE: "Artifact is too large",
	ARCHIVE_EMPTY: "Artifact is empty",
	ARCHIVE_INVALID: "Archive is not valid",
	YAML_INVALID: "YAML is not valid",
	RESOURCE_INVALID: "Object is not valid",
	RESOURCE_DUPLICATE: "Object is there twice",
	RESOURCE_LIMIT: "Files are beyond a limit",
	SECRET_PLAINTEXT: "Secret is not encrypted",
	NOT_RENDERED: "File is not rendered",
	NOT_DECRYPTED: "File can not be decrypted",
	TOOL_MISSING: "Tool is not installed",
	RENDER_FAILED: "Rendering failed",
	RENDER_LIMIT: "Rendering is beyond a limit",
	RENDER_REFUSED: "Source is not rendered",
	RENDER_UNSTABLE: "Rendering differs each time",
	HOOKS_REFUSED: "Chart needs hooks",
	FIELD_UNKNOWN: "Field is not known",
	FIELD_INVALID: "Field is not valid",
	KIND_WITHOUT_SCHEMA: "Kind has no schema",
	RULE_UNCHECKED: "Rule is not checked",
	API_DEPRECATED: "API is deprecated",
	API_NOT_SERVED: "API is not served",
	SCHEMA_INVALID: "Schema of a CRD is not valid",
	KEY_INVALID: "Key is not valid",
	KEY_PASSWORD_WRONG: "Password of the key is wrong",
	SIGNER_FAILED: "Signer failed",
	IDENTITY_TOKEN_UNAVAILABLE: "Identity token is not available",
	CERTIFICATE_FAILED: "Certificate was not issued",
	LOG_ENTRY_FAILED: "Log entry was not made",
	TIMESTAMP_FAILED: "Timestamp was not made",
	PUBLIC_LOG_REFUSED: "Public log was not asked for",
	SIGNATURE_MISSING: "Signature is missing",
	SIGNATURE_INVALID: "Signature is not valid",
	SIGNATURE_UNCHECKABLE: "Signature can not be checked",
	PREDICATE_UNEXPECTED: "Signature says something else",
	IDENTITY_MISMATCH: "Signer is another identity",
	ISSUER_MISMATCH: "Signer has another issuer",
	LOG_PROOF_MISSING: "Log entry is missing",
	TIMESTAMP_MISSING: "Timestamp is missing",
	TRUST_ROOT_INVALID: "Trusted root is not valid",
	CANDIDATE_LIMIT: "Too many signatures",
	POLICY_MISSING: "Policy is missing",
	POLICY_INVALID: "Policy is not valid",
	THRESHOLD_NOT_MET: "Too few signers",
	DIGEST_DENIED: "Digest is denied",
	TRANSFORM_NOT_ALLOWED: "Transform is not allowed",
	ATTESTATION_MISSING: "Attestation is missing",
	REF_NOT_A_CHANNEL: "Reference is no channel",
	URL_NOT_CANONICAL: "URL is not canonical",
	SELF_MODIFICATION: "Delivery changes its own trust",
	STATEMENT_MISSING: "Promotion is missing",
	SEQUENCE_REPLAYED: "Promotion is replayed",
	SEQUENCE_LIMIT: "Sequences are used up",
	SEQUENCE_JUMP: "Promotion jumps ahead",
	ROLLBACK_NOT_ALLOWED: "Rollback is not allowed",
	EQUIVOCATION: "Promotions contradict each other",
	WRONG_REPOSITORY: "Promotion is for another repository",
	WRONG_CHANNEL: "Promotion is for another channel",
	WRONG_EPOCH: "Promotion is of another epoch",
	STATEMENT_EXPIRED: "Promotion has expired",
	TAG_EXISTS: "Tag is taken",
	TAG_MOVED: "Tag was moved by another",
	KUBE_UNAVAILABLE: "API server is not available",
	KUBE_UNAUTHORIZED: "API server wants credentials",
	KUBE_FORBIDDEN: "API server denies access",
	KUBE_NOT_FOUND: "API server has no such object",
	KUBE_CONFLICT: "API server sees a conflict",
	KUBE_INVALID: "API server refuses the object",
	KUBE_THROTTLED: "API server limits the rate",
	KUBE_PROTOCOL: "API server breaks the protocol",
	KUBE_TIMEOUT: "API server does not answer",
	APPLY_CONFLICT: "Fields belong to another manager",
	OWNED_BY_ANOTHER: "Object belongs to another delivery",
	FIELD_IMMUTABLE: "Field can not be changed",
	ADMISSION_DENIED: "Admission denies the object",
	APPLY_FORBIDDEN: "Applying is forbidden",
	APPLY_FAILED: "Applying failed",
	KIND_UNKNOWN: "Kind is not known",
	PRUNE_FAILED: "Pruning failed",
	PRUNE_HELD: "Pruning is held",
	WAIT_TIMEOUT: "Objects did not become healthy"
};
function titleOf(code) {
	return code === void 0 ? "Internal error (INTERNAL)" : `${words[code]} (${code})`;
}

// action/shared/report.ts
const causesShown = 5;
function describeError(error) {
	const lines = [errorMessageOf(error)];
	if (isSealiftError(error) && error.hint !== void 0) lines.push(error.hint);
	let cause = error instanceof Error ? error.cause : void 0;
	for (let depth = 0; depth < causesShown && cause !== void 0; depth += 1) {
		const message = errorMessageOf(cause, 300);
		if (!lines.some((line) => line.includes(message))) lines.push(`caused by: ${message}`);
		cause = cause instanceof Error ? cause.cause : void 0;
	}
	return lines;
}
function problemsOf(error) {
	return error instanceof FailuresError ? error.errors : [error];
}
function placesIn(folder, rendering) {
	return (location, problem) => {
		const file = posix.join(folder, location.file);
		if (problem instanceof RenderError || rendering === void 0) return {
			...location,
			file
		};
		return rendering.tool === "helm" ? { file } : {};
	};
}
function reportError(host, error, toPlace) {
	const problems = problemsOf(error);
	const isCut = problems.length > 10;
	const shown = isCut ? problems.slice(0, 10 - 1) : problems;
	for (const problem of shown) host.error(describeError(problem).join("\n"), placeOf(problem, toPlace));
	if (!isCut) return;
	const rest = problems.slice(shown.length);
	for (const problem of rest) host.info(`${titleOf(errorCodeOf(problem))}: ${describeError(problem).join("; ")}`);
	host.error(`${rest.length} more problems are in the log of this step`, { title: "More problems" });
}
function reportWarnings(host, problems, toPlace) {
	for (const problem of problems) host.warning(describeError(problem).join("\n"), placeOf(problem, toPlace));
}
function placeOf(problem, toPlace) {
	const title = titleOf(errorCodeOf(problem));
	if (!(problem instanceof ResourceError || problem instanceof RenderError)) return { title };
	if (problem.location === void 0) return { title };
	const { file, line, column } = toPlace(problem.location, problem);
	if (file === void 0) return { title };
	return {
		title,
		file,
		...line === void 0 ? {} : { line },
		...column === void 0 ? {} : { column }
	};
}

// action/shared/workspace.ts
async function resolveInWorkspace(workspace, path) {
	const wanted = resolve(workspace, path);
	if (!isInside(workspace, wanted)) throw outside(path);
	const root = await readable(workspace, () => realpath(workspace));
	const absolute = await readable(path, () => realpath(wanted));
	if (!isInside(root, absolute)) throw outside(path);
	const isDirectory = (await readable(path, () => stat(absolute))).isDirectory();
	return {
		absolute,
		folder: relative(root, isDirectory ? absolute : dirname(absolute)).replaceAll(sep, "/")
	};
}
async function readText(path, maxBytes) {
	const { size } = await readable(path, () => stat(path));
	if (size > maxBytes) throw new InputError("INPUT_INVALID", `${path} has ${size} bytes, more than ${maxBytes}`);
	return (await readable(path, () => readFile$2(path))).toString("utf8");
}
function isInside(folder, path) {
	const way = relative(folder, path);
	return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
function outside(path) {
	return new InputError("INPUT_INVALID", `${JSON.stringify(path)} leads out of the workspace`, { hint: "Name a directory or file of the checkout; links out of it are not followed." });
}
async function readable(path, read) {
	try {
		return await read();
	} catch (cause) {
		const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
		throw new InputError("FILE_UNREADABLE", `${path} can not be read (${code})`, { cause });
	}
}

// action/shared/fields.ts
const text = string().trim();
const requiredText = text.min(1, "is missing");
const lines = text.transform(splitLines);
const flag = text.regex(/^(?:true|True|TRUE|false|False|FALSE)$/u, "is neither true nor false").transform((value) => value.toLowerCase() === "true");
function parsed(base, parse) {
	return base.transform((value, context) => {
		try {
			return parse(value);
		} catch (error) {
			if (!isSealiftError(error)) throw error;
			context.issues.push({
				code: "custom",
				message: error.message,
				input: value,
				params: { hint: error.hint }
			});
			return NEVER;
		}
	});
}
function optional(parse) {
	return parsed(text, (value) => value === "" ? void 0 : parse(value));
}
function parsedLines(parse) {
	return parsed(text, (value) => splitLines(value).map(parse));
}
function splitLines(value) {
	return value.split(/\r?\n/u).map((line) => line.trim()).filter((line) => line !== "");
}

// action/shared/problems.ts
var Problems = class {
	#found = [];
	async attempt(name, read) {
		try {
			return await read();
		} catch (error) {
			if (!isSealiftError(error)) throw error;
			this.add(named(name, error));
			return;
		}
	}
	add(problem) {
		if (!this.#found.some(({ message }) => message === problem.message)) this.#found.push(problem);
	}
	toError() {
		const [first, ...rest] = this.#found;
		if (first === void 0) return void 0;
		const count = this.#found.length;
		return new FailuresError([first, ...rest], `${count} problem${count === 1 ? "" : "s"} in the inputs`);
	}
};
function named(name, error) {
	const message = `${name}: ${error.message}`;
	const options = {
		...error.cause === void 0 ? {} : { cause: error.cause },
		...error.hint === void 0 ? {} : { hint: error.hint }
	};
	if (error instanceof SigningError) return new SigningError(error.code, message, options);
	return new InputError(error instanceof InputError ? error.code : "INPUT_INVALID", message, options);
}

// action/shared/registry-inputs.ts
const registryFields = {
	"registry-username": text.max(actionLimits.credentialLength, "is too long"),
	"registry-password": string().max(actionLimits.credentialLength, "is too long"),
	"ca-file": text,
	"plain-http": flag,
	timeout: parsed(text, parseTimeout),
	retries: parsed(text, parseRetries)
};
object(registryFields);
function maskRegistrySecrets(host) {
	const password = passwordOf(host.input("registry-password"));
	host.mask(password);
	if (password === "") return;
	const user = host.input("registry-username").trim();
	host.mask(Buffer.from(`${user}:${password}`).toString("base64"));
}
async function readRegistry(values, context, problems) {
	const ca = await readCa(values, context, problems);
	const credential = await readCredential(values, problems);
	const { timeout: timeoutMs, retries, "plain-http": plainHttp } = values;
	if (timeoutMs === void 0 || retries === void 0 || plainHttp === void 0) return void 0;
	return {
		credential,
		ca,
		plainHttp,
		timeoutMs,
		tries: retries + 1
	};
}
async function readCredential({ "registry-username": user = "", "registry-password": given = "" }, problems) {
	const password = passwordOf(given);
	if (user === "" && password === "") return void 0;
	if (user === "" || password === "") {
		const [missing, other] = user === "" ? ["username", "password"] : ["password", "username"];
		problems.add(new InputError("INPUT_MISSING", `registry-${missing}: is missing beside registry-${other}`, { hint: "Give both, or neither: then files and helpers of docker and containers are asked." }));
		return;
	}
	return problems.attempt("registry-username", () => passwordCredential(user, password));
}
function passwordOf(value) {
	return value.replace(/\r?\n$/u, "");
}
function parseTimeout(value) {
	const { minTimeoutMs, maxTimeoutMs } = actionLimits;
	const ms = durationSchema.safeParse(value).success ? parseDurationMs(value) : 0;
	if (ms >= minTimeoutMs && ms <= maxTimeoutMs) return ms;
	throw new InputError("INPUT_INVALID", `${JSON.stringify(value)} is no duration from 1s to 24h, such as 5m`);
}
function parseRetries(value) {
	const count = /^\d{1,3}$/u.test(value) ? Number(value) : NaN;
	if (count <= actionLimits.retries) return count;
	throw new InputError("INPUT_INVALID", `${JSON.stringify(value)} is no number from 0 to ${actionLimits.retries}`);
}
function parseRepository(value) {
	const { registry, repository, tag, digest } = parseReference(value);
	if (tag === void 0 && digest === void 0) return {
		registry,
		repository
	};
	throw new InputError("INPUT_INVALID", `${JSON.stringify(value)} has a tag or digest`, { hint: "Give oci://HOST/PATH alone." });
}
function parseVersion(value) {
	return value.includes(":") ? parseDigest(value) : parseTag(value);
}
function toInputError(issue, name) {
	const hint = issue.code === "custom" ? issue.params?.["hint"] : void 0;
	const code = issue.message === "is missing" ? "INPUT_MISSING" : "INPUT_INVALID";
	const options = typeof hint === "string" ? { hint } : {};
	return new InputError(code, `${name}: ${issue.message}`, options);
}
async function readCa(values, { workspace }, problems) {
	const { "ca-file": file = "" } = values;
	if (file === "") return void 0;
	if (values["plain-http"] === true) problems.add(new InputError("INPUT_CONFLICT", "ca-file: has no use with plain-http", { hint: "Leave out one of the two." }));
	return problems.attempt("ca-file", () => readText(resolve(workspace, file), httpLimits.caBytes));
}

// action/shared/read-all.ts
async function readAll(host, { shape }, complete) {
	const problems = new Problems();
	const taken = /* @__PURE__ */ new Map();
	for (const [name, schema] of Object.entries(shape)) {
		const { data, error } = safeParse(schema, host.input(name));
		for (const issue of error?.issues ?? []) problems.add(toInputError(issue, name));
		taken.set(name, data);
	}
	const values = Object.fromEntries(taken);
	const inputs = await complete(values, problems, problems.toError() === void 0 ? values : void 0);
	const failure = problems.toError();
	if (failure !== void 0) throw failure;
	if (inputs === void 0) throw new TypeError("there are neither inputs nor a problem");
	return inputs;
}

export { parseDurationMs as $, copyLimits as $t, readContext as A, VerificationError as An, fetchArtifact as At, mayGoWellAgain as B, emptyContent as Bt, withRegistries as C, PolicyError as Cn, isTemplate as Ct, readBounded as D, ResourceError as Dn, parseReference as Dt, readManifestFacts as E, RenderError as En, formatReference as Et, createTransport as F, assertSafePath as Ft, counterSchema as G, digestHex as Gt, aggregationLabel as H, isIndexType as Ht, environmentProxies as I, createArchivePaths as It, durationSchema as J, parseDigest as Jt, described as K, finishDigest as Kt, retryAfterMs as L, formatManifest as Lt, fetchGithubToken as M, errorMessageOf as Mn, pushArtifact as Mt, openServices as N, isSealiftError as Nn, unpackLayer as Nt, reportEnd as O, SealiftError as On, parseTag as Ot, serviceError as P, startAction as Pn, assertLayerHolds as Pt, objectRuleNames as Q, collectLimits as Qt, retryDelayMs as R, parseManifest as Rt, titleOf as S, InvalidReferenceError as Sn, identityOf as St, describeReferrer as T, RegistryError as Tn, resourceSchema as Tt, apiGroup as U, isManifestType as Ut, protocolError as V, emptyDescriptor as Vt, conditionsSchema as W, mediaTypes as Wt, nameSchema as X, actionLimits as Xt, metadataSchema as Y, startDigest as Yt, objectRuleDomains as Z, archiveLimits as Zt, describeError as _, sourceLimits as _n, isMergeKey as _t, readRegistry as a, judgingLimits as an, fetchBytes as at, reportError as b, FailuresError as bn, formatIdentity as bt, lines as c, packLimits as cn, isResourceFile as ct, parsedLines as d, provenanceLimits as dn, locateFields as dt, diffLimits as en, tagSchema as et, requiredText as f, renderLimits as fn, locatePath as ft, resolveInWorkspace as g, sopsLimits as gn, NodeError as gt, readText as h, signingLimits as hn, splitDocuments as ht, parseVersion as i, imageLimits as in, assertContent as it, repositoryOf as j, errorCodeOf as jn, fetchLayer as jt, withDeadline as k, SigningError as kn, artifactLayer as kt, optional as l, patchLimits as ln, isSource as lt, text as m, schemaLimits as mn, readDocuments as mt, maskRegistrySecrets as n, githubLimits as nn, parseAttachedTag as nt, registryFields as o, longestDurationMs as on, watchStream as ot, splitLines as p, resourceLimits as pn, parseFile as pt, digestTextSchema as q, isDigest as qt, parseRepository as r, ignoreLimits as rn, referrersTagOf as rt, flag as s, ociLimits as sn, formatTime as st, readAll as t, expressionLimits as tn, attachedTagsOf as tt, parsed as u, planLimits as un, readResources as ut, placesIn as v, ArchiveError as vn, keyText as vt, withRepository as w, PromotionError as wn, parseApiVersion as wt, reportWarnings as x, InputError as xn, identityKey as xt, problemsOf as y, ContentError as yn, offsetOf as yt, usualRetries as z, describe$1 as zt };