import { An as VerificationError, Cn as PolicyError, Dn as ResourceError, Gt as digestHex, Mn as errorMessageOf, Rt as parseManifest, S as titleOf, St as identityOf, Wt as mediaTypes, _ as describeError, _t as isMergeKey, at as fetchBytes, bt as formatIdentity, dn as provenanceLimits, et as tagSchema, gn as sopsLimits, gt as NodeError, hn as signingLimits, jn as errorCodeOf, kn as SigningError, mt as readDocuments, q as digestTextSchema, qt as isDigest, rt as referrersTagOf, sn as ociLimits, st as formatTime, tn as expressionLimits, vt as keyText, xn as InputError, y as problemsOf, yn as ContentError, yt as offsetOf } from "./common.js";
import { a as base64$1, d as looseObject, g as string, i as array, l as int, m as record, n as _enum, o as boolean, p as object, t as datetime, u as literal, v as unknown, y as url } from "./zod.js";
import { t as require_dist } from "./yaml.js";
import { t as RE2JS } from "./re2.js";
import { i as require_dist$4, n as require_dist$1, r as require_dist$3, t as require_dist$2 } from "./sigstore.js";
import { a as celFunc, c as isCelMap, f as celList, i as celEnv, l as CelScalar, m as isCelError, n as plan, o as celMethod, p as isCelList, r as parse, s as celMap } from "./cel.js";
import { X509Certificate as X509Certificate$1, createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, scrypt, sign, timingSafeEqual, verify } from "node:crypto";

// src/resources/ordered.ts
var import_dist$4 = require_dist();
function readOrdered(file, bytes) {
	const { documents, problems } = readDocuments(file, bytes);
	return {
		problems,
		documents: documents.map(({ root, value, locate }) => ({
			tree: treeOf(root),
			value,
			location: locate(offsetOf(root))
		}))
	};
}
function treeOf(node) {
	try {
		return read(node);
	} catch (error) {
		if (error instanceof NodeError) return void 0;
		throw error;
	}
}
function read(node) {
	if ((0, import_dist$4.isMap)(node)) return {
		kind: "map",
		members: node.items.map(({ key, value }) => {
			if (isMergeKey(key)) throw new NodeError("YAML_INVALID", "merge has no order", key);
			return [keyText(key), read(value)];
		})
	};
	if ((0, import_dist$4.isSeq)(node)) return {
		kind: "list",
		items: node.items.map(read)
	};
	if (node === null || node === void 0) return {
		kind: "scalar",
		value: null,
		plain: ""
	};
	if (!(0, import_dist$4.isScalar)(node)) throw new NodeError("YAML_INVALID", "alias has no text of its own", node);
	const { value } = node;
	if (value !== null && typeof value !== "boolean" && typeof value !== "number" && typeof value !== "string") throw new NodeError("YAML_INVALID", "value is none that JSON has", node);
	return {
		kind: "scalar",
		value,
		plain: node.type === import_dist$4.Scalar.PLAIN && node.tag === void 0 ? node.source ?? "" : void 0
	};
}

// src/render/sops/age.ts
const privatePrefix = Buffer.from("302e020100300506032b656e04220420", "hex");
const publicPrefix = Buffer.from("302a300506032b656e032100", "hex");
function openAge(armored, identities, tries) {
	const bytes = dearmor(armored);
	const parsed = bytes === void 0 ? void 0 : parseHeader(bytes);
	if (bytes === void 0 || parsed === void 0) return void 0;
	const { header, end } = parsed;
	for (const { type, args, body } of header.stanzas) {
		if (type !== "X25519") continue;
		const share = decodeBase64(args[0] ?? "");
		if (args.length !== 1 || share?.length !== 32 || body.length !== 32) return void 0;
		const fileKey = tryAll(identities, {
			share,
			body
		}, tries);
		if (fileKey === void 0) continue;
		return isOfKey(header, fileKey) ? openPayload(bytes.subarray(end), fileKey) : void 0;
	}
}
function tryAll(identities, { share, body }, tries) {
	for (const identity of identities) {
		if (tries.left <= 0) return void 0;
		tries.left -= 1;
		const fileKey = unwrap(identity, share, body);
		if (fileKey !== void 0) return fileKey;
	}
}
const armor = /^\s*-----BEGIN AGE ENCRYPTED FILE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END AGE ENCRYPTED FILE-----\s*$/u;
function dearmor(text) {
	if (text.length > sopsLimits.ageBytes) return void 0;
	const body = armor.exec(text)?.[1]?.replaceAll(/[\r\n]/gu, "");
	return body === void 0 ? void 0 : Buffer.from(body, "base64");
}
function decodeBase64(text) {
	const bytes = Buffer.from(text, "base64");
	return bytes.toString("base64").replace(/=+$/u, "") === text ? bytes : void 0;
}
function parseHeader(bytes) {
	const lines = readLines(bytes);
	if (lines.next().value?.text !== "age-encryption.org/v1") return void 0;
	const stanzas = [];
	let open;
	for (const { text, begin, end } of lines) if (open !== void 0) {
		if (text.length > 64) return void 0;
		open.body += text;
		if (text.length === 64) continue;
		const body = decodeBase64(open.body);
		const [type = "", ...args] = open.words;
		if (body === void 0 || stanzas.length >= sopsLimits.recipients) return void 0;
		stanzas.push({
			type,
			args,
			body
		});
		open = void 0;
	} else if (text.startsWith("-> ")) open = {
		words: text.slice(3).split(" "),
		body: ""
	};
	else {
		const mac = text.startsWith("--- ") ? decodeBase64(text.slice(4)) : void 0;
		if (mac?.length !== 32) return void 0;
		return {
			header: {
				stanzas,
				signed: bytes.subarray(0, begin + 3),
				mac
			},
			end
		};
	}
}
function* readLines(bytes) {
	let begin = 0;
	for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, begin)) {
		yield {
			text: bytes.toString("latin1", begin, at),
			begin,
			end: at + 1
		};
		begin = at + 1;
	}
}
function unwrap({ privateKey, publicBytes }, share, body) {
	let shared;
	try {
		const publicKey = createPublicKey({
			key: Buffer.concat([publicPrefix, share]),
			format: "der",
			type: "spki"
		});
		shared = diffieHellman({
			privateKey,
			publicKey
		});
	} catch {
		return;
	}
	if (shared.every((byte) => byte === 0)) return void 0;
	const fileKey = openBox(derive(shared, Buffer.concat([share, publicBytes]), "age-encryption.org/v1/X25519"), Buffer.alloc(12), body);
	return fileKey?.length === 16 ? fileKey : void 0;
}
function derive(secret, salt, info) {
	return Buffer.from(hkdfSync("sha256", secret, salt, info, 32));
}
function isOfKey({ signed, mac }, fileKey) {
	const key = derive(fileKey, Buffer.alloc(0), "header");
	return timingSafeEqual(createHmac("sha256", key).update(signed).digest(), mac);
}
function openPayload(payload, fileKey) {
	if (payload.length < 32 || payload.length > sopsLimits.ageBytes) return void 0;
	const key = derive(fileKey, payload.subarray(0, 16), "payload");
	const nonce = Buffer.alloc(12);
	nonce[11] = 1;
	return openBox(key, nonce, payload.subarray(16));
}
function openBox(key, nonce, box) {
	const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
	decipher.setAuthTag(box.subarray(-16));
	try {
		return Buffer.concat([decipher.update(box.subarray(0, -16)), decipher.final()]);
	} catch {
		return;
	}
}

// src/render/sops/cipher.ts
const form = /^ENC\[AES256_GCM,data:([A-Za-z0-9+/=]*),iv:([A-Za-z0-9+/=]+),tag:([A-Za-z0-9+/=]+),type:([a-z]+)\]$/u;
function isEncryptedValue(text) {
	return typeof text === "string" && form.test(text);
}
function decryptValue(text, key, additionalData) {
	const [, data = "", iv = "", tag = "", type = ""] = form.exec(text) ?? [];
	const bytes = open(key, {
		data,
		iv,
		tag
	}, additionalData);
	return bytes === void 0 ? void 0 : toDecrypted(bytes, type);
}
function open(key, { data, iv, tag }, additionalData) {
	const [text, nonce, seal] = [
		data,
		iv,
		tag
	].map((part) => Buffer.from(part, "base64"));
	if (text === void 0 || nonce === void 0 || nonce.length < 12 || seal?.length !== 16) return void 0;
	try {
		const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 });
		decipher.setAAD(Buffer.from(additionalData)).setAuthTag(seal);
		return Buffer.concat([decipher.update(text), decipher.final()]);
	} catch {
		return;
	}
}
function toDecrypted(bytes, type) {
	const text = bytes.toString("utf8");
	switch (type) {
		case "str":
		case "bytes":
		case "time": return {
			value: text,
			macBytes: bytes
		};
		case "comment": return {
			value: void 0,
			macBytes: Buffer.alloc(0)
		};
		case "int": {
			const number = Number(text);
			if (!/^[-+]?[0-9]+$/u.test(text) || !Number.isSafeInteger(number)) return void 0;
			return {
				value: number,
				macBytes: Buffer.from(String(number))
			};
		}
		case "float": {
			const number = Number(text);
			return text === "" || !Number.isFinite(number) ? void 0 : {
				value: number,
				macBytes: Buffer.from(formatNumber(number))
			};
		}
		case "bool": {
			const value = /^(?:1|t|T|TRUE|true|True)$/u.test(text);
			if (!value && !/^(?:0|f|F|FALSE|false|False)$/u.test(text)) return void 0;
			return {
				value,
				macBytes: Buffer.from(formatBoolean(value))
			};
		}
		default: return;
	}
}
function formatNumber(number) {
	const [, sign = "", whole = "", fraction = "", exponent = "0"] = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:e([-+][0-9]+))?$/u.exec(String(number)) ?? [];
	const point = whole.length + Number(exponent);
	const digits = `${whole}${fraction}`.padEnd(point, "0").padStart(1 - point + whole.length + fraction.length, "0");
	const at = Math.max(point, 1);
	const rest = digits.slice(at);
	return `${Object.is(number, -0) ? "-" : sign}${digits.slice(0, at)}${rest === "" ? "" : `.${rest}`}`;
}
function formatBoolean(value) {
	return value ? "True" : "False";
}

// src/render/sops/metadata.ts
const pattern = string().max(sopsLimits.patternBytes).optional();
const metadataSchema = looseObject({
	age: array(looseObject({ enc: string().max(sopsLimits.ageBytes) })).max(sopsLimits.recipients).nullish(),
	lastmodified: string().max(64),
	mac: string().max(1024),
	mac_only_encrypted: boolean().optional(),
	unencrypted_suffix: pattern,
	encrypted_suffix: pattern,
	unencrypted_regex: pattern,
	encrypted_regex: pattern
});
function isSopsDocument(value) {
	return metadataOf(value) !== void 0;
}
function macOf(value) {
	return metadataOf(value)?.mac;
}
function metadataOf(value) {
	return looseObject({ sops: looseObject({ mac: string() }) }).safeParse(value).data?.sops;
}
function readMetadata(value) {
	const parsed = looseObject({ sops: metadataSchema }).safeParse(value);
	if (!parsed.success) return "has metadata of sops that are not readable";
	const { sops } = parsed.data;
	const beyond = unsupported.find((name) => isSet(sops[name]));
	if (beyond !== void 0) return `was encrypted with ${beyond}, which is not supported`;
	const enveloped = (sops.age ?? []).map(({ enc }) => enc);
	if (enveloped.length === 0) return "was not encrypted for age";
	const isEncrypted = rulesOf(sops);
	if (isEncrypted === void 0) return "has a pattern of encrypted members that is not valid";
	return {
		enveloped,
		lastModified: sops.lastmodified,
		mac: sops.mac,
		isMacOfEncrypted: sops.mac_only_encrypted ?? false,
		isEncrypted
	};
}
function readRules(value) {
	const parsed = looseObject({ sops: metadataSchema }).safeParse(value);
	return parsed.success ? rulesOf(parsed.data.sops) : void 0;
}
const unsupported = [
	"encrypted_comment_regex",
	"unencrypted_comment_regex",
	"shamir_threshold",
	"key_groups"
];
function isSet(value) {
	return value !== void 0 && value !== null && value !== "" && value !== 0;
}
function rulesOf(sops) {
	const unencryptedRegex = compile$1(sops.unencrypted_regex);
	const encryptedRegex = compile$1(sops.encrypted_regex);
	if (unencryptedRegex === "broken" || encryptedRegex === "broken") return void 0;
	const endsWith = (suffix) => suffix === void 0 || suffix === "" ? void 0 : (name) => name.endsWith(suffix);
	const exempt = [
		endsWith(sops.unencrypted_suffix),
		void 0,
		unencryptedRegex,
		void 0
	];
	const chosen = [
		void 0,
		endsWith(sops.encrypted_suffix),
		void 0,
		encryptedRegex
	];
	return (path) => {
		let isEncrypted = true;
		for (const [index, isExempt] of exempt.entries()) {
			const isChosen = chosen[index];
			if (isExempt !== void 0 && path.some(isExempt)) isEncrypted = false;
			if (isChosen !== void 0) isEncrypted = path.some(isChosen);
		}
		return isEncrypted;
	};
}
function compile$1(text) {
	if (text === void 0 || text === "") return void 0;
	const parts = text.length * repetitionsOf(text);
	if (parts > sopsLimits.patternParts) return "broken";
	try {
		const compiled = RE2JS.compile(text);
		const known = /* @__PURE__ */ new Map();
		let steps = 0;
		return (name) => {
			const before = known.get(name);
			if (before !== void 0) return before;
			steps += name.length * parts;
			if (steps > sopsLimits.patternSteps) throw new PatternLimitError();
			const found = compiled.test(name);
			known.set(name, found);
			return found;
		};
	} catch {
		return "broken";
	}
}
var PatternLimitError = class extends Error {};
function repetitionsOf(text) {
	return [...text.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/gu)].map(([, least, most]) => Math.max(1, Number(most || least))).reduce((product, count) => Math.min(product * count, 1e3), 1);
}

// src/render/sops/tree.ts
var ValueError = class extends Error {
	path;
	constructor(path) {
		super("value can not be decrypted");
		this.path = path;
	}
};
const comment = Symbol("comment");
function decryptTree(tree, reading) {
	if (tree.kind !== "map") throw new ValueError([]);
	return readMap(tree.members.filter(([name]) => name !== "sops"), [], reading);
}
function readMap(members, path, reading) {
	const entries = members.map(([name, member]) => [name, readTree(member, [...path, name], reading)]);
	return Object.fromEntries(entries.filter(([, value]) => value !== comment));
}
function readTree(tree, path, reading) {
	if (tree.kind === "map") return readMap(tree.members, path, reading);
	if (tree.kind === "list") return tree.items.map((item) => readTree(item, path, reading)).filter((value) => value !== comment);
	return readScalar(tree, path, reading);
}
function readScalar(leaf, path, reading) {
	const { metadata, hash, key, secrets } = reading;
	if (isNull(leaf)) return null;
	if (!metadata.isEncrypted(path)) {
		if (isEncryptedValue(leaf.value)) throw new ValueError(path);
		if (!metadata.isMacOfEncrypted) hash.update(macBytesOf(leaf));
		return leaf.value;
	}
	if (leaf.value === "") return "";
	const found = typeof leaf.value === "string" ? decryptValue(leaf.value, key, `${path.join(":")}:`) : void 0;
	if (found === void 0) throw new ValueError(path);
	hash.update(found.macBytes);
	if (found.value === void 0) return comment;
	secrets.add(String(found.value));
	return found.value;
}
function isNull({ value, plain }) {
	return value === null && (plain === void 0 || plain === "" || /^(?:~|null|Null|NULL)$/u.test(plain));
}
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/u;
const integer = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/u;
const date = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/u;
function macBytesOf({ value, plain }) {
	if (plain === void 0) return typeof value === "number" ? formatNumber(value) : formatOther(value);
	if (/^(?:true|True|TRUE)$/u.test(plain)) return formatBoolean(true);
	if (/^(?:false|False|FALSE)$/u.test(plain)) return formatBoolean(false);
	const bare = plain.replaceAll("_", "");
	if (typeof value === "number" && (integer.test(bare) || float.test(bare))) return formatNumber(value);
	if (date.test(plain)) return `${plain}T00:00:00Z`;
	return typeof value === "string" ? value : plain;
}
function formatOther(value) {
	return typeof value === "boolean" ? formatBoolean(value) : value ?? "";
}

// src/render/sops/decrypt.ts
function decryptFiles(files, opening) {
	const secrets = /* @__PURE__ */ new Set();
	return {
		files: files.map((file) => decryptFile(file, opening, secrets)),
		secrets
	};
}
function isEncryptedFile(file) {
	return readEncrypted(file).encrypted.length > 0;
}
const mark = "ENC[AES256_GCM,";
function readEncrypted({ path, bytes }) {
	const none = {
		documents: [],
		encrypted: []
	};
	if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes("ENC[AES256_GCM,")) return none;
	const { documents, problems } = readOrdered(path, bytes);
	if (problems.length > 0) return none;
	return {
		documents,
		encrypted: documents.filter(({ value }) => isSopsDocument(value) && !isForAnOperator(value))
	};
}
function decryptFile(file, opening, secrets) {
	const { documents, encrypted } = readEncrypted(file);
	const [first] = encrypted;
	const withKey = new Set(encrypted);
	for (const document of documents) if (!withKey.has(document)) refuseStray(document);
	if (first === void 0) return file;
	if (opening === void 0) return refuseSealed(first);
	const clear = /* @__PURE__ */ new Map();
	for (const group of groupsOf(encrypted)) for (const [document, value] of decryptGroup(group, opening, secrets)) clear.set(document, value);
	return {
		path: file.path,
		bytes: write(documents, clear)
	};
}
function refuseStray(document) {
	const path = findEncrypted(document.value);
	if (path === void 0) return;
	throw refused$1(document, `has an encrypted value without its key beside it: ${path.join(".")}`, { hint: "Encrypt the object itself with sops; no value of another one can be copied into it." });
}
function findEncrypted(value) {
	if (isEncryptedValue(value)) return [];
	if (typeof value !== "object" || value === null || isForAnOperator(value)) return void 0;
	for (const [name, member] of Object.entries(value)) {
		const found = findEncrypted(member);
		if (found !== void 0) return [name, ...found];
	}
}
function isForAnOperator(value) {
	return typeof value === "object" && value !== null && "kind" in value && value.kind === "SopsSecret";
}
function groupsOf(documents) {
	return [...Map.groupBy(documents, ({ value }) => macOf(value)).values()];
}
function refuseSealed(document) {
	throw refused$1(document, "is encrypted by sops, and the Delivery decrypts nothing", { hint: "Set spec.decryption of the Delivery, and let its TrustPolicy allow the transform decryption." });
}
function decryptGroup(group, { identities, isSigned }, secrets) {
	const [first] = group;
	if (first === void 0) return [];
	const metadata = readMetadata(first.value);
	if (typeof metadata === "string") throw refused$1(first, metadata);
	const tries = { left: sopsLimits.tries };
	const key = openKey(metadata, identities, tries);
	if (key === void 0 && tries.left <= 0) throw refused$1(first, `has keys for more recipients than are tried: ${sopsLimits.tries} with all identities`);
	if (key === void 0) {
		const { length } = metadata.enveloped;
		throw refused$1(first, `is encrypted for ${length} recipients, and none of the ${identities.length} identities is one`, { hint: "Encrypt it for the public key of an identity in the Secret of spec.decryption." });
	}
	const hash = createHash("sha512");
	if (metadata.isMacOfEncrypted) hash.update(macOnlyEncrypted);
	const values = group.map((document) => {
		if (document.tree === void 0) throw refused$1(document, "is encrypted, and has aliases or merges");
		try {
			return [document, decryptTree(document.tree, {
				key,
				metadata,
				hash,
				secrets
			})];
		} catch (error) {
			if (error instanceof PatternLimitError) throw refused$1(document, "has a pattern of encrypted members that takes too long");
			if (!(error instanceof ValueError)) throw error;
			throw refused$1(document, `has a value that can not be decrypted: ${error.path.join(".")}`, { hint: "It was changed or moved, or added in clear, after the others were encrypted: encrypt the file anew." });
		}
	});
	if (!isSigned) assertMac(first, metadata, {
		key,
		sum: hash.digest("hex").toUpperCase()
	});
	return values;
}
const macOnlyEncrypted = createHash("sha256").update("sops").digest();
const unsigned = "It was changed after it was encrypted, as by kustomize when it renders: that is taken only where a TrustPolicy has the artifact signed.";
function openKey({ enveloped }, identities, tries) {
	for (const armored of enveloped) {
		const key = openAge(armored, identities, tries);
		if (key?.length === 32) return key;
	}
}
function assertMac(document, { mac, lastModified }, { key, sum }) {
	const found = decryptValue(mac, key, lastModified)?.macBytes;
	if (found?.length === sum.length && timingSafeEqual(found, Buffer.from(sum))) return;
	throw refused$1(document, "has another mac than its values", { hint: unsigned });
}
function refused$1({ location, subject = "file" }, what, options = {}) {
	return new ResourceError("NOT_DECRYPTED", `${subject} ${what}`, location, options);
}
function write(documents, clear) {
	let text = "";
	let line = 1;
	for (const [index, document] of documents.entries()) {
		if (index > 0) {
			text += "\n---\n";
			line += 2;
		}
		const target = document.location.line ?? line;
		text += "\n".repeat(Math.max(0, target - line));
		line = Math.max(line, target);
		text += escapeLines(JSON.stringify(clear.get(document) ?? document.value));
	}
	return Buffer.from(`${text}\n`);
}
function escapeLines(json) {
	return json.replaceAll(/[\u{7f}-\u{9f}\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// src/render/sops/member-files.ts
function readMemberFile(key, bytes, place) {
	if (key.endsWith(".env")) {
		const document = toDocument(linesOf(bytes.toString("utf8")), place);
		return document && {
			documents: [document],
			format: ([clear]) => formatDotenv(clear)
		};
	}
	const { documents, problems } = readOrdered(key, bytes);
	if (problems.length > 0 || documents.length === 0) return void 0;
	if (!documents.every(({ value }) => isSopsDocument(value))) return void 0;
	return {
		documents: documents.map(({ tree, value }) => ({
			tree,
			value,
			...place
		})),
		format: /\.(?:ya?ml|json)$/u.test(key) ? formatTrees : formatBinary
	};
}
function readTakenApart(members, place) {
	if (!members.some(([name]) => name === `${prefix}mac`)) return void 0;
	return toDocument(members.map(([name, bytes]) => [name, unescape(bytes.toString("utf8"))]), place);
}
function formatTakenApart(clear) {
	return (typeof clear === "object" && clear !== null ? Object.entries(clear) : []).map(([name, value]) => [name, String(value).replaceAll("\n", "\\n")]);
}
function formatTrees(values) {
	return values.map((value) => `${JSON.stringify(value, void 0, 2)}\n`).join("---\n");
}
function formatBinary([value]) {
	const text = typeof value === "object" && value !== null && "data" in value ? value.data : void 0;
	return typeof text === "string" ? text : "";
}
const prefix = "sops_";
const envelope = /^sops_age__list_[0-9]{1,3}__map_enc$/u;
function linesOf(text) {
	return text.split("\n").flatMap((line) => {
		const at = line.indexOf("=");
		if (line.startsWith("#") || at < 0) return [];
		return [[line.slice(0, at), unescape(line.slice(at + 1))]];
	});
}
function unescape(text) {
	return text.replaceAll("\\n", "\n");
}
function toDocument(pairs, place) {
	const own = pairs.filter(([name]) => name.startsWith(prefix));
	const sops = {
		...Object.fromEntries(own.map(([name, value]) => [name.slice(5), value])),
		age: own.filter(([name]) => envelope.test(name)).map(([, enc]) => ({ enc }))
	};
	if (sops["mac_only_encrypted"] !== void 0) sops["mac_only_encrypted"] = sops["mac_only_encrypted"] === "true";
	const tree = {
		kind: "map",
		members: pairs.filter(([name]) => !name.startsWith(prefix)).map(([name, value]) => [name, {
			kind: "scalar",
			value,
			plain: void 0
		}])
	};
	const value = { sops };
	return isSopsDocument(value) ? {
		tree,
		value,
		...place
	} : void 0;
}
function formatDotenv(clear) {
	return formatTakenApart(clear).map(([name, value]) => `${name}=${value}\n`).join("");
}

// src/render/sops/sealed.ts
function isSealed({ tree, value }) {
	const isEncrypted = readRules(value);
	if (tree === void 0 || isEncrypted === void 0 || !isEncryptedValue(macOf(value))) return false;
	const leaves = leavesOf(tree, []).filter(({ path }) => path[0] !== "sops");
	try {
		return leaves.some(({ leaf }) => isEncryptedValue(leaf)) && leaves.every(({ leaf, path }) => isEmpty(leaf) || isEncryptedValue(leaf) || !isEncrypted(path));
	} catch (error) {
		if (error instanceof PatternLimitError) return false;
		throw error;
	}
}
function leavesOf(tree, path) {
	if (tree.kind === "map") return tree.members.flatMap(([name, member]) => leavesOf(member, [...path, name]));
	if (tree.kind === "list") return tree.items.flatMap((item) => leavesOf(item, path));
	return [{
		path,
		leaf: tree.value
	}];
}
function isEmpty(value) {
	return value === null || value === "";
}

// src/render/sops/members.ts
function decryptMembers(parsed, opening, secrets) {
	const open = (documents) => {
		if (opening === void 0) return documents.map(refuseSealed);
		return decryptGroup(documents, opening, secrets).map(([, clear]) => clear);
	};
	return parsed.map((one) => {
		const { resource, location } = one;
		const members = membersOf(resource);
		if (members.length === 0) return one;
		const subject = `${formatIdentity(identityOf(resource))}: data`;
		const apart = readTakenApart(members, {
			location,
			subject
		});
		const clear = apart === void 0 ? members.flatMap(([key, bytes]) => {
			const place = {
				location,
				subject: `${subject}.${key}`
			};
			const file = fileOf(key, bytes, place);
			if (file === void 0 && hasMac(bytes)) throw refused$1({
				tree: void 0,
				value: void 0,
				...place
			}, unreadable);
			return file === void 0 ? [] : [[key, file.format(open(file.documents))]];
		}) : formatTakenApart(open([apart])[0]);
		if (clear.length === 0) return one;
		const kept = apart === void 0 ? resource["data"] : void 0;
		const data = {
			...typeof kept === "object" ? kept : {},
			...Object.fromEntries(clear.map(([key, text]) => [key, Buffer.from(text).toString("base64")]))
		};
		return {
			location,
			resource: {
				...resource,
				data
			}
		};
	});
}
const unreadable = "is encrypted by sops, and not in a form that is read: YAML, JSON, .env, or one text";
function hasMac(bytes) {
	if (!bytes.includes("ENC[AES256_GCM,")) return false;
	return /(?:^|[\s"_{,])mac"?[\t ]{0,64}[:=][\t ]{0,64}["']?ENC\[AES256_GCM,/u.test(bytes.toString("latin1"));
}
function sealedMembersOf(resource) {
	const members = membersOf(resource);
	const place = { location: { file: "." } };
	const apart = readTakenApart(members, place);
	if (apart !== void 0) return new Set(isSealed(apart) ? members.map(([key]) => key) : []);
	const sealed = members.filter(([key, bytes]) => fileOf(key, bytes, place)?.documents.every(isSealed));
	return new Set(sealed.map(([key]) => key));
}
function fileOf(key, bytes, place) {
	return bytes.includes("ENC[AES256_GCM,") ? readMemberFile(key, bytes, place) : void 0;
}
function membersOf({ apiVersion, kind, ...resource }) {
	const data = resource["data"];
	if (!(apiVersion === "v1" && kind === "Secret") || typeof data !== "object" || data === null) return [];
	return Object.entries(data).flatMap(([key, value]) => typeof value === "string" ? [[key, Buffer.from(value, "base64")]] : []);
}

// src/signing/authority.ts
var import_dist$1 = require_dist$4();
var import_dist = require_dist$3();
var import_dist$2 = require_dist$2();
function isKeyless(authority) {
	return "keyless" in authority;
}
function parseSubject(subject, subjectRegExp) {
	if (subject === void 0 === (subjectRegExp === void 0)) throw new PolicyError("POLICY_INVALID", "identity needs either subject or subjectRegExp");
	const text = subject ?? subjectRegExp ?? "";
	if (text === "" || text.length > signingLimits.identityLength) throw new PolicyError("POLICY_INVALID", `identity's subject has ${text.length} characters, not 1 to ${signingLimits.identityLength}`);
	if (subject !== void 0) return {
		text,
		matches: (found) => found === subject
	};
	let expression;
	try {
		expression = RE2JS.compile(text);
	} catch (cause) {
		throw new PolicyError("POLICY_INVALID", `subjectRegExp ${JSON.stringify(text)} is no regular expression`, { cause });
	}
	if (expression.matches("")) throw new PolicyError("POLICY_INVALID", `subjectRegExp ${JSON.stringify(text)} matches the empty subject`);
	return {
		text: `/${text}/`,
		matches: (found) => expression.matches(found)
	};
}
function identityAuthority({ subject, subjectRegExp, issuer, root }) {
	return {
		name: subject ?? subjectRegExp ?? "",
		keyless: {
			issuer,
			subject: parseSubject(subject, subjectRegExp),
			claims: {},
			root,
			logThreshold: root.hasLogs ? 1 : 0,
			timestampThreshold: 1
		}
	};
}
function mismatchOf({ issuer, subject, claims }, found) {
	if (found.issuer !== issuer) return {
		code: "ISSUER_MISMATCH",
		reason: `has issuer ${found.issuer}, not ${issuer}`
	};
	if (!subject.matches(found.subject)) return {
		code: "IDENTITY_MISMATCH",
		reason: `has subject ${found.subject}, not ${subject.text}`
	};
	for (const [name, wanted] of Object.entries(claims)) {
		const value = new Map(Object.entries(found.claims)).get(name);
		if (wanted === void 0 || value === wanted) continue;
		return {
			code: "IDENTITY_MISMATCH",
			reason: `has ${name} ${value ?? "unset"}, not ${wanted}`
		};
	}
}

// src/signing/certificate-identity.ts
var import_dist$3 = require_dist$1();
const claimArcs = {
	buildSignerUri: 9,
	runnerEnvironment: 11,
	sourceRepositoryUri: 12,
	ref: 14,
	sourceRepositoryId: 15,
	ownerUri: 16,
	ownerId: 17,
	workflow: 18,
	trigger: 20,
	visibility: 22,
	environment: 23
};
const claimNames = Object.keys(claimArcs).filter(isClaimName);
function isClaimName(name) {
	return Object.hasOwn(claimArcs, name);
}
const fulcioArc = "1.3.6.1.4.1.57264.1";
const oids = {
	subjectAltName: "2.5.29.17",
	extendedKeyUsage: "2.5.29.37",
	codeSigning: "1.3.6.1.5.5.7.3.3",
	issuerV1: `${fulcioArc}.1`,
	issuerV2: `${fulcioArc}.8`
};
const UTF8_STRING = 12;
const subjectTags = /* @__PURE__ */ new Set([1, 6]);
function readIdentity(der) {
	try {
		const certificate = import_dist$3.X509Certificate.parse(Buffer.from(der));
		if (!isForCodeSigning(certificate)) return "has a certificate that is not for signing code";
		const subject = readSubject(certificate);
		if (subject === void 0) return "has a certificate without exactly one subject name";
		const issuer = readIssuer(certificate);
		if (issuer === void 0) return "has a certificate that names no issuer, or two";
		const claims = /* @__PURE__ */ new Map();
		for (const name of claimNames) {
			const value = readText(certificate, `${fulcioArc}.${claimArcs[name]}`);
			if (value !== void 0) claims.set(name, value);
		}
		return {
			issuer,
			subject,
			claims: Object.fromEntries(claims)
		};
	} catch {
		return "has a certificate that can not be read";
	}
}
function isForCodeSigning(certificate) {
	const extension = singleExtension(certificate, oids.extendedKeyUsage);
	if (extension === void 0) return false;
	return import_dist$3.ASN1Obj.parseBuffer(extension).subs.some((usage) => usage.toOID() === oids.codeSigning);
}
function readSubject(certificate) {
	const extension = singleExtension(certificate, oids.subjectAltName);
	if (extension === void 0) return void 0;
	const [name, ...others] = import_dist$3.ASN1Obj.parseBuffer(extension).subs;
	if (name === void 0 || others.length > 0) return void 0;
	if (!name.tag.isContextSpecific() || !subjectTags.has(name.tag.number)) return void 0;
	return boundedText(name.value);
}
function readIssuer(certificate) {
	const current = readText(certificate, oids.issuerV2);
	const raw = singleExtension(certificate, oids.issuerV1);
	const former = raw === void 0 ? void 0 : boundedText(raw);
	if (current !== void 0 && former !== void 0 && current !== former) return void 0;
	return current ?? former;
}
function readText(certificate, oid) {
	const extension = singleExtension(certificate, oid);
	if (extension === void 0) return void 0;
	const object = import_dist$3.ASN1Obj.parseBuffer(extension);
	if (object.tag.number !== UTF8_STRING || object.toDER().length !== extension.length) throw new Error(`extension ${oid} is no UTF8String`);
	return boundedText(object.value);
}
function singleExtension(certificate, oid) {
	const found = certificate.extensions.filter((extension) => extension.subs[0]?.toOID() === oid);
	if (found.length > 1) throw new Error(`extension ${oid} is there twice`);
	const value = found[0]?.subs.at(-1)?.value;
	return value === void 0 ? void 0 : Buffer.from(value);
}
function boundedText(bytes) {
	const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	if (text === "" || text.length > signingLimits.identityLength || /\p{Cc}/u.test(text)) throw new Error("text is empty, too long, or has control characters");
	return text;
}

// src/signing/certified.ts
function checkCertified(bundle, artifact, authorities) {
	const der = certificateOf(bundle);
	if (der === void 0) return { refused: { reason: "was not signed with a certificate" } };
	const { identity, checked } = memoryOf(bundle, der);
	if (typeof identity === "string") return { refused: { reason: identity } };
	const { timestampVerificationData, tlogEntries } = bundle.verificationMaterial;
	const timestamps = timestampVerificationData?.rfc3161Timestamps ?? [];
	if (tlogEntries.length > signingLimits.logEntries || timestamps.length > signingLimits.timestamps) return { refused: { reason: "carries too many log entries or timestamps" } };
	const accepted = [];
	const refusals = [];
	for (const authority of authorities) {
		const refusal = mismatchOf(authority.keyless, identity) ?? refusalOnce(checked, authority, () => refusalUnder(authority, bundle, der, artifact));
		if (refusal === void 0) accepted.push(authority);
		else refusals.push(refusal);
	}
	if (accepted.length === 0) return { refused: refusals.find(({ code }) => code?.endsWith("_MISMATCH") !== true) ?? refusals[0] ?? { reason: "was signed with a certificate, which no authority here is about" } };
	return {
		signer: {
			kind: "certificate",
			...identity,
			signedAt: signedAt(bundle, accepted.some(asksForLog))
		},
		authorities: accepted.map(({ name }) => name)
	};
}
const memories = /* @__PURE__ */ new WeakMap();
function memoryOf(bundle, der) {
	const known = memories.get(bundle);
	if (known !== void 0) return known;
	const memory = {
		identity: readIdentity(der),
		checked: /* @__PURE__ */ new Map()
	};
	memories.set(bundle, memory);
	return memory;
}
function refusalOnce(checked, { keyless: { root, logThreshold, timestampThreshold } }, check) {
	const key = `${root.hash} ${logThreshold} ${timestampThreshold}`;
	if (!checked.has(key)) checked.set(key, check());
	return checked.get(key);
}
function certificateOf({ verificationMaterial: { content } }) {
	switch (content.$case) {
		case "certificate": return content.certificate.rawBytes;
		case "x509CertificateChain": return content.x509CertificateChain.certificates[0]?.rawBytes;
		case "publicKey": return;
		default: return content;
	}
}
function refusalUnder(authority, bundle, der, artifact) {
	const { root, logThreshold, timestampThreshold } = authority.keyless;
	if (!root.hasIssued(der)) return { reason: "does not hold: its certificate is of no authority of the trusted root" };
	const { verificationMaterial } = bundle;
	const isLogged = asksForLog(authority);
	const considered = {
		...bundle,
		verificationMaterial: {
			...verificationMaterial,
			tlogEntries: isLogged ? verificationMaterial.tlogEntries : []
		}
	};
	const entries = considered.verificationMaterial.tlogEntries;
	const times = (verificationMaterial.timestampVerificationData?.rfc3161Timestamps.length ?? 0) + entries.filter(({ inclusionPromise }) => inclusionPromise !== void 0).length;
	if (entries.length < logThreshold) return {
		code: "LOG_PROOF_MISSING",
		reason: `has ${isLogged ? entries.length : "no acceptable"} log entries of the ${logThreshold} asked for`
	};
	if (times < timestampThreshold) return {
		code: "TIMESTAMP_MISSING",
		reason: `has ${times} of the ${timestampThreshold} times asked for, by timestamp or log`
	};
	try {
		new import_dist$2.Verifier(root.material, {
			tlogThreshold: logThreshold,
			ctlogThreshold: root.certificateLogThreshold,
			timestampThreshold
		}).verify((0, import_dist$2.toSignedEntity)(considered, artifact));
		return;
	} catch (error) {
		return toRefusal(error);
	}
}
function toRefusal(error) {
	const reason = `does not hold: ${errorMessageOf(error, 200)}`;
	if (!(error instanceof import_dist$2.VerificationError)) return { reason };
	if (error.code.startsWith("TIMESTAMP")) return {
		code: "TIMESTAMP_MISSING",
		reason
	};
	if (error.code.startsWith("TLOG")) return {
		code: "LOG_PROOF_MISSING",
		reason
	};
	return { reason };
}
function asksForLog({ keyless: { root, logThreshold } }) {
	return root.hasLogs && logThreshold > 0;
}
function signedAt({ verificationMaterial }, isLogged) {
	const stamped = (verificationMaterial.timestampVerificationData?.rfc3161Timestamps ?? []).map(({ signedTimestamp }) => import_dist$3.RFC3161Timestamp.parse(Buffer.from(signedTimestamp)).signingTime.getTime());
	const promised = (isLogged ? verificationMaterial.tlogEntries : []).filter(({ inclusionPromise }) => inclusionPromise !== void 0).map(({ integratedTime }) => Number(integratedTime) * 1e3);
	const times = [...stamped, ...promised].filter(Number.isFinite);
	return times.length === 0 ? void 0 : new Date(Math.min(...times)).toISOString();
}

// src/signing/legacy-signature.ts
const legacyAnnotations = {
	signature: "dev.cosignproject.cosign/signature",
	certificate: "dev.sigstore.cosign/certificate",
	chain: "dev.sigstore.cosign/chain",
	timestamp: "dev.sigstore.cosign/rfc3161timestamp",
	logEntry: "dev.sigstore.cosign/bundle"
};
const legacyType = "cosign container image signature";
const payloadSchema = object({ critical: object({
	type: literal(legacyType),
	image: object({ "docker-manifest-digest": string().max(128) }),
	identity: object({ "docker-reference": string().max(1024) }).optional()
}) });
const base64 = string().max(32768).regex(/^[A-Za-z0-9+/]+={0,2}$/u);
const timestampSchema = object({ SignedRFC3161Timestamp: base64 });
const logEntrySchema = object({
	SignedEntryTimestamp: base64,
	Payload: object({
		body: base64,
		integratedTime: int().min(1),
		logIndex: int().min(0),
		logID: string().regex(/^[0-9a-f]{64}$/u)
	})
});
const bodySchema = object({
	kind: string().max(64),
	apiVersion: string().max(64)
});
function formatLegacyPayload(subject, reference) {
	return Buffer.from(JSON.stringify({
		critical: {
			identity: { "docker-reference": reference },
			image: { "docker-manifest-digest": subject },
			type: legacyType
		},
		optional: null
	}));
}
function legacySubject(payload) {
	try {
		const text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
		return payloadSchema.parse(JSON.parse(text)).critical.image["docker-manifest-digest"];
	} catch {
		return;
	}
}
function readLegacySignature(payload, annotations) {
	const parts = new Map(Object.entries(annotations));
	const signature = base64.safeParse(parts.get(legacyAnnotations.signature));
	if (!signature.success) return "has no signature in its annotations";
	const bytes = Buffer.from(payload);
	const certificate = parts.get(legacyAnnotations.certificate);
	if (certificate === void 0 || certificate === "") return {
		payload: bytes,
		signature: Buffer.from(signature.data, "base64"),
		bundle: void 0
	};
	try {
		const bundle = (0, import_dist.bundleFromJSON)({
			mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.1",
			verificationMaterial: {
				x509CertificateChain: { certificates: [{ rawBytes: singleCertificate(certificate) }] },
				tlogEntries: logEntries(parts.get(legacyAnnotations.logEntry)),
				timestampVerificationData: { rfc3161Timestamps: timestamps(parts.get(legacyAnnotations.timestamp)) }
			},
			messageSignature: {
				messageDigest: {
					algorithm: import_dist$1.HashAlgorithm[import_dist$1.HashAlgorithm.SHA2_256],
					digest: createHash("sha256").update(bytes).digest("base64")
				},
				signature: signature.data
			}
		});
		return {
			payload: bytes,
			signature: Buffer.from(signature.data, "base64"),
			bundle
		};
	} catch {
		return "has a certificate, log entry or timestamp that can not be read";
	}
}
function singleCertificate(pem) {
	const match = /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]{1,32768})-----END CERTIFICATE-----\s*$/u.exec(pem);
	if (match?.[1] === void 0) throw new Error("not one certificate");
	return match[1].replaceAll(/\s/gu, "");
}
function timestamps(json) {
	if (json === void 0 || json === "") return [];
	const { SignedRFC3161Timestamp } = timestampSchema.parse(JSON.parse(json));
	return [{ signedTimestamp: SignedRFC3161Timestamp }];
}
function logEntries(json) {
	if (json === void 0 || json === "") return [];
	const { SignedEntryTimestamp, Payload } = logEntrySchema.parse(JSON.parse(json));
	const { kind, apiVersion } = bodySchema.parse(JSON.parse(Buffer.from(Payload.body, "base64").toString()));
	return [{
		logIndex: String(Payload.logIndex),
		logId: { keyId: Buffer.from(Payload.logID, "hex").toString("base64") },
		kindVersion: {
			kind,
			version: apiVersion
		},
		integratedTime: String(Payload.integratedTime),
		inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
		canonicalizedBody: Payload.body
	}];
}

// src/signing/statement.ts
const payloadType = "application/vnd.in-toto+json";
const signaturePredicateType = "https://sigstore.dev/cosign/sign/v1";
const statementTypes = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];
const statementSchema = object({
	_type: _enum(statementTypes),
	subject: array(object({ digest: record(string().max(32), string().max(256)) })).min(1).max(64),
	predicateType: string().max(1024),
	predicate: unknown().optional()
});
function formatStatement(subject, predicateType, predicate) {
	return Buffer.from(JSON.stringify({
		_type: statementTypes[0],
		subject: [{ digest: { sha256: digestHex(subject) } }],
		predicateType,
		predicate
	}));
}
function hasSubject(statement, digest) {
	return statement.subject.some((subject) => subject.digest["sha256"] === digestHex(digest));
}

// src/signing/bundle.ts
function checkBundle(bytes, authorities) {
	const bundle = parseOnce(bytes);
	if (typeof bundle === "string") return refused(bundle);
	if (bundle.mediaType !== mediaTypes.sigstoreBundle) return refused(`has media type ${errorMessageOf(bundle.mediaType, 100)}`);
	if (bundle.content.$case !== "dsseEnvelope") return refused("holds no DSSE envelope");
	const envelope = bundle.content.dsseEnvelope;
	if (envelope.payloadType !== "application/vnd.in-toto+json") return refused(`has payload type ${errorMessageOf(envelope.payloadType, 100)}`);
	const signed = findSigner(bundle, authorities);
	if ("refused" in signed) return signed;
	const statement = parseStatement(envelope.payload);
	if (statement === void 0) return refused("holds no in-toto statement");
	return { verified: {
		statement,
		payload: envelope.payload,
		...signed
	} };
}
function checkLegacySignature(payload, annotations, authorities) {
	const read = readOnce(payload, annotations);
	if (typeof read === "string") return refused(read);
	const signed = read.bundle === void 0 ? findKey(authorities, ({ publicKey }) => verify("sha256", read.payload, publicKey, read.signature)) : checkCertified(read.bundle, read.payload, authorities.filter(isKeyless));
	if ("refused" in signed) return signed;
	const subject = legacySubject(read.payload);
	if (subject === void 0 || !isDigest(subject)) return refused("is no signature of a container image");
	const statement = parseStatement(formatStatement(subject, signaturePredicateType, {}));
	if (statement === void 0) return refused("is no signature of a container image");
	return { verified: {
		statement,
		payload: read.payload,
		...signed
	} };
}
const parsedBundles = /* @__PURE__ */ new WeakMap();
function parseOnce(bytes) {
	const known = parsedBundles.get(bytes);
	if (known !== void 0) return known;
	let bundle;
	try {
		const json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
		bundle = (0, import_dist.bundleFromJSON)(json);
	} catch (error) {
		bundle = `is not a Sigstore bundle: ${errorMessageOf(error, 200)}`;
	}
	parsedBundles.set(bytes, bundle);
	return bundle;
}
const readLayers = /* @__PURE__ */ new WeakMap();
function readOnce(payload, annotations) {
	const known = readLayers.get(annotations);
	if (known?.payload === payload) return known.read;
	const read = readLegacySignature(payload, annotations);
	readLayers.set(annotations, {
		payload,
		read
	});
	return read;
}
function refused(reason) {
	return { refused: { reason } };
}
function findSigner(bundle, authorities) {
	const { content } = bundle.verificationMaterial;
	if (content.$case !== "publicKey") return checkCertified(bundle, void 0, authorities.filter(isKeyless));
	const bare = withoutProofs(bundle);
	return findKey(authorities, (key) => isSignedBy(bare, key), content.publicKey.hint);
}
function findKey(authorities, holds, hint) {
	const keyed = authorities.filter((authority) => !isKeyless(authority));
	const keys = [...new Map(keyed.map(({ key }) => [key.hint, key])).values()];
	const key = keys.toSorted((a, b) => Number(b.hint === hint) - Number(a.hint === hint)).find((candidate) => isTrue(() => holds(candidate)));
	if (key === void 0) return refused(`is signed by none of the ${keys.length} keys asked for`);
	return {
		signer: {
			kind: "key",
			hint: key.hint
		},
		authorities: keyed.filter(({ key: { hint: own } }) => own === key.hint).map(({ name }) => name)
	};
}
function isTrue(test) {
	try {
		return test();
	} catch {
		return false;
	}
}
const emptyRoot = import_dist$1.TrustedRoot.fromJSON({
	mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
	tlogs: [],
	certificateAuthorities: [],
	ctlogs: [],
	timestampAuthorities: []
});
function withoutProofs(bundle) {
	return {
		...bundle,
		verificationMaterial: {
			...bundle.verificationMaterial,
			tlogEntries: [],
			timestampVerificationData: void 0
		}
	};
}
function isSignedBy(bundle, key) {
	const material = (0, import_dist$2.toTrustMaterial)(emptyRoot, () => ({
		publicKey: key.publicKey,
		validFor: () => true
	}));
	new import_dist$2.Verifier(material, {
		tlogThreshold: 0,
		ctlogThreshold: 0,
		timestampThreshold: 0
	}).verify((0, import_dist$2.toSignedEntity)(bundle));
	return true;
}
function parseStatement(payload) {
	try {
		return statementSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)));
	} catch {
		return;
	}
}

// src/signing/verifier.ts
function judge(candidate, authorities) {
	return candidate.format === "bundle" ? checkBundle(candidate.bytes, authorities) : checkLegacySignature(candidate.bytes, candidate.annotations, authorities);
}
function searchStatements(candidates, predicateType, authorities) {
	const accepted = [];
	const rejected = [...candidates.rejected];
	let hasOtherPredicate = false;
	for (const candidate of candidates.found) {
		const { digest, format } = candidate;
		const verdict = judge(candidate, authorities);
		if ("refused" in verdict) rejected.push({
			candidate: digest,
			...verdict.refused
		});
		else if (!hasSubject(verdict.verified.statement, candidates.subject.digest)) rejected.push({
			candidate: digest,
			reason: "is about another artifact"
		});
		else if (verdict.verified.statement.predicateType !== predicateType) {
			hasOtherPredicate = true;
			const found = verdict.verified.statement.predicateType.slice(0, 200);
			rejected.push({
				candidate: digest,
				reason: `says ${found}, not ${predicateType}`
			});
		} else accepted.push({
			...verdict.verified,
			candidate: digest,
			format
		});
	}
	return {
		accepted,
		rejected,
		hasOtherPredicate,
		unreadable: candidates.unreadable
	};
}
function missingSignatureError(what, subject, search) {
	const reasons = search.rejected.map(({ candidate, reason }) => `${candidate.slice(0, 19)} ${reason}`).join("; ");
	if (search.unreadable.length > 0) return uncheckableError(what, subject, search);
	if (search.hasOtherPredicate) return new VerificationError("PREDICATE_UNEXPECTED", `${subject.digest} has no good ${what}: ${reasons}`, search.rejected);
	if (search.rejected.length > 0) return new VerificationError(mostTelling(search.rejected), `${subject.digest} has no good ${what}: ${reasons}`, search.rejected, { hint: "Sign it as an authority that is asked for, or add the one that signed it to the policy." });
	return new VerificationError("SIGNATURE_MISSING", `${subject.digest} has no ${what}: nothing refers to it`, [], { hint: "Publish it with `sealift push --key`, and copy its referrers when you copy the artifact." });
}
const tellingCodes = [
	"LOG_PROOF_MISSING",
	"TIMESTAMP_MISSING",
	"IDENTITY_MISMATCH",
	"ISSUER_MISMATCH"
];
function mostTelling(rejected) {
	return tellingCodes.find((code) => rejected.some((one) => one.code === code)) ?? "SIGNATURE_INVALID";
}
function uncheckableError(what, subject, { unreadable, rejected = [] }) {
	const reasons = unreadable.map(({ candidate, reason }) => `${candidate.slice(0, 19)} ${reason}`).join("; ");
	const message = errorMessageOf(`${what} of ${subject.digest} could not be found among what can be read: ${reasons}`, 900);
	return new VerificationError("SIGNATURE_UNCHECKABLE", message, [...unreadable, ...rejected], {
		retryable: true,
		hint: "See whether the registry holds everything that it lists as referring to the artifact."
	});
}

// src/trust/attestations.ts
function matchAttestation(candidates, { predicateType, authorities, expression }) {
	const search = searchStatements(candidates, predicateType, authorities);
	const refused = [];
	for (const accepted of search.accepted) {
		if (expression === void 0) return accepted;
		const outcome = expression.evaluate(accepted.statement.predicate);
		if (!("failed" in outcome) && outcome.holds) return accepted;
		const reason = "failed" in outcome ? outcome.failed : `does not meet ${expression.text}`;
		refused.push({
			candidate: accepted.candidate,
			reason
		});
	}
	if (search.unreadable.length > 0) throw uncheckableError(`attestation ${predicateType}`, candidates.subject, search);
	const all = [...refused, ...search.rejected];
	const reasons = all.map(({ candidate, reason }) => `${candidate.slice(0, 19)} ${reason}`).join("; ");
	const told = all.length === 0 ? "none refers to it" : reasons;
	throw new PolicyError("ATTESTATION_MISSING", `${candidates.subject.digest} has no good attestation ${predicateType}: ${told}`.slice(0, 900), {
		candidates: all,
		hint: "Attach one with `sealift sign --attest` or `cosign attest`, signed by an authority that is asked for."
	});
}

// src/operations/provenance.ts
const provenancePredicateType = "https://slsa.dev/provenance/v1";
const provenanceBuildType = "https://sealift.dev/push/v1";
const localBuilder = "https://sealift.dev/cli";
function provenanceOf(facts) {
	const { path, files, repository, tags, annotations, source, revision, rendering } = facts;
	const run = githubRun(facts.env);
	const dependency = dependencyOf(source, revision);
	return {
		predicateType: provenancePredicateType,
		isOncePerArtifact: true,
		predicate: {
			buildDefinition: {
				buildType: provenanceBuildType,
				externalParameters: {
					path,
					repository,
					tags,
					annotations,
					...source === void 0 ? {} : { source },
					...revision === void 0 ? {} : { revision },
					...rendering === void 0 ? {} : { rendering: rendering.parameters }
				},
				internalParameters: {
					files,
					...rendering === void 0 ? {} : { rendering: {
						tool: rendering.tool,
						version: rendering.version
					} },
					...run === void 0 ? {} : { github: run.parameters }
				},
				resolvedDependencies: dependency === void 0 ? [] : [dependency]
			},
			runDetails: {
				builder: {
					id: run?.builder ?? localBuilder,
					...rendering === void 0 ? {} : { version: { [rendering.tool]: rendering.version } }
				},
				metadata: {
					...run === void 0 ? {} : { invocationId: run.invocation },
					startedOn: formatTime(facts.startedMs),
					finishedOn: formatTime(facts.finishedMs)
				}
			}
		}
	};
}
const slsaSchema = object({
	buildDefinition: object({
		buildType: url(),
		externalParameters: record(string(), unknown())
	}),
	runDetails: object({ builder: object({ id: url() }) })
});
function matchProvenance(candidates, authorities) {
	const evaluate = (predicate) => ({ holds: slsaSchema.safeParse(predicate).success });
	return matchAttestation(candidates, {
		predicateType: provenancePredicateType,
		authorities,
		expression: {
			text: "what SLSA v1 requires of provenance",
			evaluate
		}
	});
}
function dependencyOf(source, revision) {
	if (source === void 0 || source === "") return void 0;
	const commit = /(?:^|[@:/])([0-9a-f]{40}|[0-9a-f]{64})$/u.exec(revision ?? "")?.[1];
	if (commit === void 0) return { uri: source };
	return {
		uri: /^[a-z]+:\/\//u.test(source) ? `git+${source}` : source,
		digest: { gitCommit: commit }
	};
}
const { textLength } = provenanceLimits;
const digits = string().regex(/^\d{1,20}$/u);
const words = string().regex(/^[a-z_-]{1,64}$/u);
function isOrigin(text) {
	return URL.canParse(text) && /^https?:$/u.test(new URL(text).protocol) && new URL(text).origin === text;
}
const runSchema = object({
	GITHUB_SERVER_URL: string().max(textLength).refine(isOrigin),
	GITHUB_WORKFLOW_REF: string().max(textLength).regex(/^[\w.-]+\/[\w.-]+\/[^@\p{Cc}]+@[^\p{Cc}]+$/u),
	GITHUB_REPOSITORY: string().max(textLength).regex(/^[\w.-]+\/[\w.-]+$/u),
	GITHUB_RUN_ID: digits,
	GITHUB_RUN_ATTEMPT: digits.optional(),
	GITHUB_EVENT_NAME: words.optional(),
	GITHUB_REF: string().max(textLength).regex(/^refs\/[^\p{Cc}]+$/u).optional(),
	GITHUB_SHA: string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u).optional(),
	GITHUB_REPOSITORY_ID: digits.optional(),
	GITHUB_REPOSITORY_OWNER_ID: digits.optional(),
	RUNNER_ENVIRONMENT: words.optional()
});
function githubRun(env) {
	const given = Object.keys(runSchema.shape).flatMap((name) => env[name] ? [[name, env[name]]] : []);
	if (![
		"GITHUB_SERVER_URL",
		"GITHUB_WORKFLOW_REF",
		"GITHUB_REPOSITORY",
		"GITHUB_RUN_ID"
	].every((name) => env[name])) return void 0;
	const { data, error } = runSchema.safeParse(Object.fromEntries(given));
	if (data === void 0) {
		const name = String(error.issues[0]?.path[0] ?? "");
		throw new InputError("INPUT_INVALID", `environment variable ${name} is not as GitHub Actions sets it`, { hint: "Provenance attests what it says: leave it as it is, or publish without provenance." });
	}
	const server = data.GITHUB_SERVER_URL;
	const attempt = data.GITHUB_RUN_ATTEMPT ?? "1";
	const parameters = Object.entries(githubParameters).flatMap(([name, variable]) => {
		const value = data[variable];
		return value === void 0 ? [] : [[name, value]];
	});
	return {
		builder: `${server}/${data.GITHUB_WORKFLOW_REF}`,
		invocation: `${server}/${data.GITHUB_REPOSITORY}/actions/runs/${data.GITHUB_RUN_ID}/attempts/${attempt}`,
		parameters: Object.fromEntries(parameters)
	};
}
const githubParameters = {
	event_name: "GITHUB_EVENT_NAME",
	workflow_ref: "GITHUB_WORKFLOW_REF",
	ref: "GITHUB_REF",
	sha: "GITHUB_SHA",
	repository_id: "GITHUB_REPOSITORY_ID",
	repository_owner_id: "GITHUB_REPOSITORY_OWNER_ID",
	runner_environment: "RUNNER_ENVIRONMENT"
};

// src/signing/candidates.ts
function legacySignatureTag(subject) {
	return `${referrersTagOf(subject)}.sig`;
}
async function findCandidates(source, subject, signal) {
	const found = [];
	const rejected = [];
	const unreadable = [];
	let totalBytes = 0;
	const take = async (candidate, read) => {
		try {
			const outcome = await read();
			if (typeof outcome === "string") rejected.push({
				candidate,
				reason: outcome
			});
			else {
				found.push(...outcome);
				totalBytes += outcome.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
			}
		} catch (error) {
			if (signal?.aborted === true) throw error;
			unreadable.push({
				candidate,
				reason: errorMessageOf(error, 200)
			});
		}
		if (found.length > ociLimits.signatures) {
			const message = `${subject.digest} has more than ${ociLimits.signatures} signatures`;
			throw new VerificationError("CANDIDATE_LIMIT", message, []);
		}
		if (totalBytes > ociLimits.bundlesBytes) {
			const message = `signatures of ${subject.digest} have more than ${ociLimits.bundlesBytes} bytes`;
			throw new VerificationError("CANDIDATE_LIMIT", message, []);
		}
	};
	try {
		const referrers = await source.referrers(subject, signal);
		if (referrers.length > ociLimits.referrers) {
			const message = `${subject.digest} has ${referrers.length} referrers, more than ${ociLimits.referrers}`;
			throw new VerificationError("CANDIDATE_LIMIT", message, []);
		}
		for (const referrer of referrers) await take(referrer.digest, () => readReferrer(source, subject, referrer, signal));
		const tag = legacySignatureTag(subject.digest);
		await take(tag, () => readLegacyTag(source, tag, signal));
	} catch (cause) {
		if (cause instanceof VerificationError || signal?.aborted === true) throw cause;
		throw new VerificationError("SIGNATURE_UNCHECKABLE", `signatures of ${subject.digest} could not be read: ${errorMessageOf(cause, 300)}`, rejected, {
			cause,
			retryable: true,
			hint: "See whether the registry can be reached and holds what it lists."
		});
	}
	return {
		subject,
		found,
		rejected,
		unreadable
	};
}
async function readReferrer(source, subject, referrer, signal) {
	if (referrer.mediaType !== mediaTypes.manifest) return `is ${referrer.mediaType}`;
	if (referrer.size > ociLimits.manifestBytes) return `is larger than ${ociLimits.manifestBytes} bytes`;
	const bytes = await fetchBytes(source, referrer, ociLimits.manifestBytes, signal);
	let layers;
	try {
		const manifest = parseManifest(bytes);
		if (manifest.subject?.digest !== subject.digest) return "has another subject";
		layers = manifest.layers;
	} catch (error) {
		return errorMessageOf(error, 200);
	}
	const [layer] = layers;
	if (layer?.mediaType === mediaTypes.simpleSigning) return readLegacyLayers(source, referrer.digest, layers, signal);
	if (layer?.mediaType !== mediaTypes.sigstoreBundle) return `holds ${layer?.mediaType ?? "nothing"}, no bundle`;
	if (layer.size > ociLimits.bundleBytes) return `holds a bundle larger than ${ociLimits.bundleBytes} bytes`;
	const bundle = await fetchBytes(source, layer, ociLimits.bundleBytes, signal);
	return [{
		format: "bundle",
		digest: referrer.digest,
		bytes: bundle
	}];
}
async function readLegacyTag(source, tag, signal) {
	let content;
	try {
		content = await source.resolve(tag, signal);
	} catch (error) {
		if (error instanceof ContentError && error.code === "CONTENT_MISSING") return [];
		throw error;
	}
	let layers;
	try {
		layers = parseManifest(content.bytes).layers;
	} catch (error) {
		return errorMessageOf(error, 200);
	}
	return readLegacyLayers(source, content.descriptor.digest, layers, signal);
}
async function readLegacyLayers(source, digest, layers, signal) {
	if (layers.length > signingLimits.legacySignatures) return `has ${layers.length} layers, more than ${signingLimits.legacySignatures}`;
	const payloads = /* @__PURE__ */ new Map();
	const found = [];
	for (const layer of layers) {
		if (layer.mediaType !== mediaTypes.simpleSigning) continue;
		const bytes = payloads.get(layer.digest) ?? await fetchBytes(source, layer, signingLimits.legacyPayloadBytes, signal);
		payloads.set(layer.digest, bytes);
		found.push({
			format: "legacy",
			digest,
			bytes,
			annotations: layer.annotations ?? {}
		});
	}
	return found.length === 0 ? "holds no signature" : found;
}

// src/trust/promotion-statement.ts
const promotionPredicateType = "https://sealift.dev/promotion/v1";
const counter = int().min(0).max(Number.MAX_SAFE_INTEGER);
const time = datetime({ offset: false });
const promotionPredicateSchema = object({
	repository: string().min(1).max(255),
	channel: tagSchema,
	epoch: counter,
	sequence: counter.min(1),
	previous: object({
		sequence: counter,
		digest: digestTextSchema
	}).optional(),
	action: _enum([
		"promote",
		"rollback",
		"heartbeat"
	]),
	issuedAt: time,
	expiresAt: time.optional(),
	source: object({
		uri: string().max(1024).optional(),
		revision: string().max(256).optional()
	}).optional(),
	note: string().max(1024).optional()
});

// src/expressions/meter.ts
const enterLoop = "@enter";
const takeTurn = "@turn";
const charactersPerStep = 16;
const copiesPerStep = 32;
const conversions = /* @__PURE__ */ new Set([
	"int",
	"uint",
	"double",
	"bool",
	"timestamp",
	"duration"
]);
const convertibleLength = 128;
const builtIn = [...celEnv().funcs];
function createMeter(budget, subject) {
	let left = 0;
	const spent = `${subject} takes more than ${budget} steps`;
	return {
		reset: () => {
			left = budget;
		},
		spend: (steps) => {
			left -= steps;
			if (left < 0) throw new Error(spent);
		},
		isSpent: () => left < 0,
		used: () => budget - left,
		spent
	};
}
function meteredFunctions(meter, patterns) {
	const call = (one, target, args) => {
		const operands = target === void 0 ? args : [target, ...args];
		const [left, right] = operands;
		if (one.name === "matches") return matchPattern(left, right, meter, patterns);
		if (one.name === "_+_" && isCelList(left) && isCelList(right)) return join(left, right, meter);
		spendCall(one.name, operands, meter);
		const result = one.call(0, target, args);
		if (result === void 0 || isCelError(result)) throw result ?? /* @__PURE__ */ new Error(`${one.name} has no result`);
		return result;
	};
	return [...builtIn.map((one) => one.target === void 0 ? celFunc(one.name, one.arguments, one.result, (...args) => call(one, void 0, args)) : celMethod(one.name, one.target, one.arguments, one.result, function callMethod(...args) {
		return call(one, this, args);
	})), ...loopFunctions(meter)];
}
function loopFunctions(meter) {
	const { DYN, INT } = CelScalar;
	return [celFunc(enterLoop, [DYN], DYN, (range) => {
		if (isCelList(range) || isCelMap(range)) meter.spend(range.size);
		return range;
	}), celFunc(takeTurn, [DYN, INT], DYN, (condition, steps) => {
		meter.spend(Number(steps));
		return condition;
	})];
}
function matchPattern(text, pattern, meter, patterns) {
	if (typeof text !== "string" || typeof pattern !== "string") throw new Error("matches takes text");
	const known = patterns.get(pattern);
	if (known === void 0) throw new Error("matches takes patterns that are written out");
	meter.spend(1 + stepsOfText(text) * known.weight);
	return known.regexp.test(text);
}
const joinedElements = /* @__PURE__ */ new WeakMap();
function join(left, right, meter) {
	meter.spend(1 + Math.ceil(left.size / copiesPerStep) + right.size);
	const known = joinedElements.get(left);
	if (known === void 0) meter.spend(left.size);
	const elements = (known ?? [...left]).concat([...right]);
	const joined = celList(elements);
	joinedElements.set(joined, elements);
	return joined;
}
function spendCall(name, operands, meter) {
	const [left, right] = operands;
	if (name === "_==_" || name === "_!=_") return spendComparison(left, right, meter);
	if (name === "@in") return spendSearch(left, right, meter);
	for (const one of operands) {
		if (typeof one !== "string" && !(one instanceof Uint8Array)) continue;
		if (conversions.has(name) && one.length > convertibleLength) throw new Error(`${name} takes no text of more than ${convertibleLength} characters`);
		meter.spend(stepsOfText(one));
	}
}
function spendComparison(left, right, meter) {
	if ((isCelList(left) && isCelList(right) || isCelMap(left) && isCelMap(right)) && left.size === right.size) spendWalk(left, meter);
	else meter.spend(1 + stepsOfText(left));
}
function spendSearch(value, range, meter) {
	if (!isCelList(range)) return meter.spend(1 + stepsOfText(value));
	if (isCelList(value) || isCelMap(value)) spendWalk(range, meter);
	else meter.spend(range.size * (1 + stepsOfText(value)));
}
function spendWalk(value, meter) {
	if (isCelList(value)) {
		meter.spend(1 + value.size);
		for (const one of value) spendWalk(one, meter);
	} else if (isCelMap(value)) {
		meter.spend(1 + value.size);
		for (const [, one] of value) spendWalk(one, meter);
	} else meter.spend(stepsOfText(value));
}
function stepsOfText(value) {
	return typeof value === "string" || value instanceof Uint8Array ? Math.ceil(value.length / 16) : 0;
}
var JsonObject = class extends Map {
	#meter;
	constructor(meter) {
		super();
		this.#meter = meter;
	}
	get(key) {
		if (typeof key !== "string") this.#meter.spend(this.size);
		return super.get(key);
	}
};
function toInput(json, meter, subject) {
	const convert = (value, depth) => {
		meter.spend(1);
		if (depth > expressionLimits.depth) throw new Error(`${subject} nests too deep`);
		if (value === null || typeof value === "string" || typeof value === "boolean") return value;
		if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
		if (Array.isArray(value)) return celList(value.map((one) => convert(one, depth + 1)));
		if (typeof value !== "object") throw new Error(`${subject} is no JSON`);
		const object = new JsonObject(meter);
		for (const [key, one] of Object.entries(value)) object.set(key, convert(one, depth + 1));
		return celMap(object);
	};
	return convert(json, 0);
}

// src/expressions/program.ts
var ExpressionError = class extends Error {};
const withPattern = /* @__PURE__ */ new Set([
	"matches",
	"find",
	"findAll"
]);
const operators = /* @__PURE__ */ new Set([
	"_&&_",
	"_||_",
	"_?_:_",
	"_[_]",
	"@not_strictly_false"
]);
const stepsPerTurn = 10;
function createCompiler(options) {
	const { variables, subject, steps, functions } = options;
	const meter = createMeter(steps, subject);
	const patterns = /* @__PURE__ */ new Map();
	const more = functions?.(meter, patterns) ?? [];
	const known = [...builtIn, ...more];
	const env = celEnv({ funcs: [...meteredFunctions(meter, patterns), ...more] });
	return (text) => {
		if (text.length > expressionLimits.textLength) throw new ExpressionError(`has ${text.length} characters, more than ${expressionLimits.textLength}`);
		try {
			const parsed = parse(text);
			meterLoops(parsed.expr, {
				variables,
				patterns,
				known
			}, 0);
			return programOf(plan(env, parsed), meter);
		} catch (cause) {
			const reason = cause instanceof RangeError ? "nests too deep" : errorMessageOf(cause, 300);
			throw new ExpressionError(reason.replace(/^<input>:(\d+):(\d+):/u, "at line $1, column $2:"), { cause });
		}
	};
}
function compile(text, options) {
	return createCompiler(options)(text);
}
function programOf(evaluate, meter) {
	const run = (bind) => {
		try {
			const result = evaluate({ ...bind(meter) });
			if (meter.isSpent()) return { failed: meter.spent };
			return isCelError(result) ? { failed: errorMessageOf(result, 200) } : { value: result };
		} catch (error) {
			return { failed: errorMessageOf(error, 200) };
		}
	};
	return { evaluate: (bind) => {
		meter.reset();
		return {
			...run(bind),
			steps: meter.used()
		};
	} };
}
function meterLoops(node, scope, depth) {
	if (depth > expressionLimits.depth) throw new Error("nests too deep");
	if (node === void 0) return {
		loops: 0,
		nodes: 0
	};
	const { exprKind } = node;
	const { variables } = scope;
	const inner = (child, names = variables) => meterLoops(child, {
		...scope,
		variables: names
	}, depth + 1);
	switch (exprKind.case) {
		case "identExpr":
			if (variables === void 0 || variables.includes(exprKind.value.name)) return sizeOf();
			throw new Error(`knows no variable ${exprKind.value.name}, only ${variables.filter((one) => /^\w/u.test(one)).join(", ")}`);
		case "selectExpr": return sizeOf(inner(exprKind.value.operand));
		case "callExpr":
			joinName(exprKind.value, scope);
			assertKnown(exprKind.value, scope);
			if (withPattern.has(exprKind.value.function)) readPattern(exprKind.value, scope);
			return sizeOf(inner(exprKind.value.target), ...exprKind.value.args.map((one) => inner(one)));
		case "listExpr": return sizeOf(...exprKind.value.elements.map((one) => inner(one)));
		case "structExpr": return sizeOf(...exprKind.value.entries.flatMap(({ keyKind, value }) => [inner(keyKind.case === "mapKey" ? keyKind.value : void 0), inner(value)]));
		case "comprehensionExpr": return meterLoop(exprKind.value, variables, inner);
		case "constExpr":
		case void 0: return sizeOf();
		default: return exprKind;
	}
}
function meterLoop(loop, variables, inner) {
	const names = variables && [
		...variables,
		loop.iterVar,
		loop.iterVar2,
		loop.accuVar
	];
	const before = sizeOf(inner(loop.iterRange), inner(loop.accuInit), inner(loop.result, names));
	const body = sizeOf(inner(loop.loopCondition, names), inner(loop.loopStep, names));
	const loops = Math.max(before.loops, body.loops + 1);
	if (loops > expressionLimits.loops) throw new Error(`has more than ${expressionLimits.loops} loops in each other`);
	const steps = constantOf(body.nodes + stepsPerTurn);
	if (loop.iterRange !== void 0) loop.iterRange = callOf(enterLoop, loop.iterRange);
	if (loop.loopCondition !== void 0) loop.loopCondition = callOf(takeTurn, loop.loopCondition, steps);
	return {
		loops,
		nodes: before.nodes + body.nodes
	};
}
function sizeOf(...parts) {
	return {
		loops: Math.max(0, ...parts.map(({ loops }) => loops)),
		nodes: parts.reduce((sum, { nodes }) => sum + nodes, 1)
	};
}
function constantOf(value) {
	return {
		$typeName: "cel.expr.Expr",
		id: 0n,
		exprKind: {
			case: "constExpr",
			value: {
				$typeName: "cel.expr.Constant",
				constantKind: {
					case: "int64Value",
					value: BigInt(value)
				}
			}
		}
	};
}
function callOf(name, ...args) {
	return {
		$typeName: "cel.expr.Expr",
		id: 0n,
		exprKind: {
			case: "callExpr",
			value: {
				$typeName: "cel.expr.Expr.Call",
				function: name,
				args
			}
		}
	};
}
function joinName(call, { known }) {
	const kind = call.target?.exprKind;
	if (kind?.case !== "identExpr") return;
	const name = `${kind.value.name}.${call.function}`;
	if (!known.some((one) => one.name === name)) return;
	delete call.target;
	call.function = name;
}
function assertKnown({ function: name, target, args }, { known }) {
	if (operators.has(name)) return;
	const fits = (one) => one.name === name && one.target === void 0 === (target === void 0) && one.arguments.length === args.length;
	if (!known.some(fits)) throw new Error(`knows no function ${name} that is called like this`);
}
function readPattern({ args, function: name }, { patterns }) {
	const kind = args[0]?.exprKind;
	const constant = kind?.case === "constExpr" ? kind.value.constantKind : void 0;
	if (constant?.case !== "stringValue") throw new Error(`has a pattern for ${name} that is no literal text`);
	const pattern = constant.value;
	if (pattern.length > expressionLimits.patternLength) throw new Error(`has a pattern of more than ${expressionLimits.patternLength} characters`);
	const repeats = [...pattern.matchAll(/\{(?:\d+,)?(\d+)/gu)].reduce((product, [, count]) => product * Math.max(1, Number(count)), 1);
	const weight = Math.ceil(pattern.length * Math.min(repeats, 1e3) / 16);
	patterns.set(pattern, {
		regexp: RE2JS.compile(pattern),
		weight
	});
}

// node_modules/@noble/ciphers/utils.js
/*! noble-ciphers - MIT License (c) 2023 Paul Miller (paulmillr.com) */
function isBytes(a) {
	return a instanceof Uint8Array || ArrayBuffer.isView(a) && a.constructor.name === "Uint8Array" && "BYTES_PER_ELEMENT" in a && a.BYTES_PER_ELEMENT === 1;
}
const atitle = (title) => title ? `"${title}" ` : "";
function abool(value, title = "") {
	if (typeof value !== "boolean") throw new TypeError(atitle(title) + "expected boolean, got type=" + typeof value);
	return value;
}
function anumber(n, title = "") {
	if (typeof n !== "number") throw new TypeError(atitle(title) + "expected number, got " + typeof n);
	if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(atitle(title) + "expected integer >= 0, got " + n);
	return n;
}
function abytes(value, length, title = "") {
	if (isBytes(value) && (length === void 0 || value.length === length)) return value;
	if (length !== void 0) anumber(length, "length");
	const bytes = isBytes(value);
	const ofLen = length !== void 0 ? ` of length ${length}` : "";
	const got = bytes ? `length=${value.length}` : `type=${typeof value}`;
	const message = atitle(title) + "expected Uint8Array" + ofLen + ", got " + got;
	if (!bytes) throw new TypeError(message);
	throw new RangeError(message);
}
const aobject = (value, label) => {
	if (value === null || typeof value !== "object" || Array.isArray(value)) throw new TypeError(label === "object" ? "expected valid options object" : `"${label}" expected object, got type=${typeof value}`);
};
function aexists(instance, checkFinished = true) {
	if (instance.destroyed) throw new Error("hash was destroyed");
	if (checkFinished && instance.finished) throw new Error("digest() was already called");
}
function aoutput(out, instance) {
	abytes(out, void 0, "output");
	const min = instance.outputLen;
	if (!(out.length >= min)) throw new RangeError("\"output\" expected length >= " + min);
}
function u32(arr) {
	return new Uint32Array(arr.buffer, arr.byteOffset, Math.floor(arr.byteLength / 4));
}
function clean(...arrays) {
	for (let i = 0; i < arrays.length; i++) arrays[i].fill(0);
}
const isLE = /* @__PURE__ */ (() => new Uint8Array(new Uint32Array([287454020]).buffer)[0] === 68)();
function byteSwap(word) {
	return word << 24 & 4278190080 | word << 8 & 16711680 | word >>> 8 & 65280 | word >>> 24 & 255;
}
function byteSwap32(arr) {
	for (let i = 0; i < arr.length; i++) arr[i] = byteSwap(arr[i]);
	return arr;
}
const swap32IfBE = isLE ? (u) => u : byteSwap32;
function overlapBytes(a, b) {
	if (!a.byteLength || !b.byteLength) return false;
	return a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}
function complexOverlapBytes(input, output) {
	if (overlapBytes(input, output) && input.byteOffset < output.byteOffset) throw new Error("complex overlap of input and output is not supported");
}
function checkOpts(defaults, opts) {
	aobject(defaults, "defaults");
	aobject(opts, "opts");
	return Object.assign(defaults, opts);
}
function equalBytes(a, b) {
	a = abytes(a);
	b = abytes(b);
	if (a.length !== b.length) return false;
	let diff = 0;
	for (let i = 0; i < a.length; i++) diff |= a[i] ^ b[i];
	return diff === 0;
}
function wrapMacConstructor(keyLen, macCons, fromMsg) {
	const mac = macCons;
	const getArgs = fromMsg || (() => []);
	const macC = (msg, key) => mac(key, ...getArgs(msg)).update(msg).digest();
	const tmp = mac(new Uint8Array(keyLen), ...getArgs(/* @__PURE__ */ new Uint8Array(0)));
	macC.outputLen = tmp.outputLen;
	macC.blockLen = tmp.blockLen;
	macC.create = (key, ...args) => mac(key, ...args);
	return macC;
}
const wrapCipher = (params, constructor) => {
	function wrappedCipher(key, ...args) {
		abytes(key, void 0, "key");
		if (params.nonceLength !== void 0) {
			const nonce = args[0];
			abytes(nonce, params.varSizeNonce ? void 0 : params.nonceLength, "nonce");
		}
		const tagl = params.tagLength;
		const aadStart = params.nonceLength !== void 0 ? 1 : 0;
		if (!params.withAAD) {
			for (let i = aadStart; i < args.length; i++) if (isBytes(args[i])) throw new Error("AAD not supported");
		}
		if (params.withAAD && args[aadStart] !== void 0) abytes(args[aadStart], void 0, "AAD");
		const cipher = constructor(key, ...args);
		const checkOutput = (fnLength, output) => {
			if (output !== void 0) {
				if (fnLength !== 2) throw new Error("cipher output not supported");
				abytes(output, void 0, "output");
			}
		};
		let called = false;
		return {
			encrypt(data, output) {
				if (called) throw new Error("cannot encrypt() twice with same key + nonce");
				called = true;
				abytes(data, void 0, "data");
				checkOutput(cipher.encrypt.length, output);
				return cipher.encrypt(data, output);
			},
			decrypt(data, output) {
				abytes(data, void 0, "data");
				if (tagl && data.length < tagl) throw new Error("\"ciphertext\" expected length >= tagLength=" + tagl);
				checkOutput(cipher.decrypt.length, output);
				return cipher.decrypt(data, output);
			}
		};
	}
	Object.assign(wrappedCipher, params);
	return wrappedCipher;
};
function getOutput(expectedLength, out, onlyAligned = true) {
	if (out === void 0) return new Uint8Array(expectedLength);
	abytes(out, expectedLength, "output");
	if (onlyAligned && !isAligned32(out)) throw new Error("invalid output, must be aligned");
	return out;
}
function isAligned32(bytes) {
	return bytes.byteOffset % 4 === 0;
}
function copyBytes(bytes) {
	return Uint8Array.from(abytes(bytes));
}

// node_modules/@noble/ciphers/_arx.js
const encodeStr = (str) => Uint8Array.from(str.split(""), (c) => c.charCodeAt(0));
const sigma16_32 = /* @__PURE__ */ (() => swap32IfBE(u32(encodeStr("expand 16-byte k"))))();
const sigma32_32 = /* @__PURE__ */ (() => swap32IfBE(u32(encodeStr("expand 32-byte k"))))();
function rotl(a, b) {
	return a << b | a >>> 32 - b;
}
const BLOCK_LEN = 64;
const BLOCK_LEN32 = 16;
const MAX_COUNTER = /* @__PURE__ */ (() => 2 ** 32 - 1)();
const U32_EMPTY = /* @__PURE__ */ Uint32Array.of();
function runCipher(core, sigma, key, nonce, data, output, counter, rounds) {
	const len = data.length;
	const block = new Uint8Array(BLOCK_LEN);
	const b32 = u32(block);
	const isAligned = isLE && isAligned32(data) && isAligned32(output);
	const d32 = isAligned ? u32(data) : U32_EMPTY;
	const o32 = isAligned ? u32(output) : U32_EMPTY;
	if (!isLE) {
		for (let pos = 0; pos < len; counter++) {
			core(sigma, key, nonce, b32, counter, rounds);
			swap32IfBE(b32);
			if (counter >= MAX_COUNTER) throw new Error("arx: counter overflow");
			const take = Math.min(BLOCK_LEN, len - pos);
			for (let j = 0, posj; j < take; j++) {
				posj = pos + j;
				output[posj] = data[posj] ^ block[j];
			}
			pos += take;
		}
		return;
	}
	for (let pos = 0; pos < len; counter++) {
		core(sigma, key, nonce, b32, counter, rounds);
		if (counter >= MAX_COUNTER) throw new Error("arx: counter overflow");
		const take = Math.min(BLOCK_LEN, len - pos);
		if (isAligned && take === BLOCK_LEN) {
			const pos32 = pos / 4;
			if (pos % 4 !== 0) throw new Error("arx: invalid block position");
			for (let j = 0, posj; j < BLOCK_LEN32; j++) {
				posj = pos32 + j;
				o32[posj] = d32[posj] ^ b32[j];
			}
			pos += BLOCK_LEN;
			continue;
		}
		for (let j = 0, posj; j < take; j++) {
			posj = pos + j;
			output[posj] = data[posj] ^ block[j];
		}
		pos += take;
	}
}
function createCipher(core, opts) {
	const { allowShortKeys, extendNonceFn, counterLength, counterRight, rounds } = checkOpts({
		allowShortKeys: false,
		counterLength: 8,
		counterRight: false,
		rounds: 20
	}, opts);
	if (typeof core !== "function") throw new Error("core must be a function");
	anumber(counterLength);
	anumber(rounds);
	abool(counterRight);
	abool(allowShortKeys);
	return (key, nonce, data, output, counter = 0) => {
		abytes(key, void 0, "key");
		abytes(nonce, void 0, "nonce");
		abytes(data, void 0, "data");
		const len = data.length;
		const hasOutput = output !== void 0;
		output = getOutput(len, output, false);
		if (hasOutput) complexOverlapBytes(data, output);
		anumber(counter);
		if (counter < 0 || counter >= MAX_COUNTER) throw new Error("arx: counter overflow");
		const toClean = [];
		let l = key.length;
		let k;
		let sigma;
		if (l === 32) {
			toClean.push(k = copyBytes(key));
			sigma = sigma32_32;
		} else if (l === 16 && allowShortKeys) {
			k = /* @__PURE__ */ new Uint8Array(32);
			k.set(key);
			k.set(key, 16);
			sigma = sigma16_32;
			toClean.push(k);
		} else {
			abytes(key, 32, "arx key");
			throw new Error("invalid key size");
		}
		if (!isLE || !isAligned32(nonce)) toClean.push(nonce = copyBytes(nonce));
		let k32 = u32(k);
		if (extendNonceFn) {
			if (nonce.length !== 24) throw new Error("arx: extended nonce must be 24 bytes");
			const n16 = nonce.subarray(0, 16);
			if (isLE) extendNonceFn(sigma, k32, u32(n16), k32);
			else {
				const sigmaRaw = swap32IfBE(Uint32Array.from(sigma));
				extendNonceFn(sigmaRaw, k32, u32(n16), k32);
				clean(sigmaRaw);
				swap32IfBE(k32);
			}
			nonce = nonce.subarray(16);
		} else if (!isLE) swap32IfBE(k32);
		const nonceNcLen = 16 - counterLength;
		if (nonceNcLen !== nonce.length) throw new Error(`arx: nonce must be ${nonceNcLen} or 16 bytes`);
		if (nonceNcLen !== 12) {
			const nc = /* @__PURE__ */ new Uint8Array(12);
			nc.set(nonce, counterRight ? 0 : 12 - nonce.length);
			nonce = nc;
			toClean.push(nonce);
		}
		const n32 = swap32IfBE(u32(nonce));
		try {
			runCipher(core, sigma, k32, n32, data, output, counter, rounds);
			return output;
		} finally {
			clean(...toClean);
		}
	};
}

// node_modules/@noble/ciphers/_poly1305.js
function u8to16(a, i) {
	return a[i++] & 255 | (a[i++] & 255) << 8;
}
var Poly1305 = class {
	blockLen = 16;
	outputLen = 16;
	buffer = /* @__PURE__ */ new Uint8Array(16);
	r = /* @__PURE__ */ new Uint16Array(10);
	h = /* @__PURE__ */ new Uint16Array(10);
	pad = /* @__PURE__ */ new Uint16Array(8);
	pos = 0;
	finished = false;
	destroyed = false;
	constructor(key) {
		key = copyBytes(abytes(key, 32, "key"));
		const t0 = u8to16(key, 0);
		const t1 = u8to16(key, 2);
		const t2 = u8to16(key, 4);
		const t3 = u8to16(key, 6);
		const t4 = u8to16(key, 8);
		const t5 = u8to16(key, 10);
		const t6 = u8to16(key, 12);
		const t7 = u8to16(key, 14);
		this.r[0] = t0 & 8191;
		this.r[1] = (t0 >>> 13 | t1 << 3) & 8191;
		this.r[2] = (t1 >>> 10 | t2 << 6) & 7939;
		this.r[3] = (t2 >>> 7 | t3 << 9) & 8191;
		this.r[4] = (t3 >>> 4 | t4 << 12) & 255;
		this.r[5] = t4 >>> 1 & 8190;
		this.r[6] = (t4 >>> 14 | t5 << 2) & 8191;
		this.r[7] = (t5 >>> 11 | t6 << 5) & 8065;
		this.r[8] = (t6 >>> 8 | t7 << 8) & 8191;
		this.r[9] = t7 >>> 5 & 127;
		for (let i = 0; i < 8; i++) this.pad[i] = u8to16(key, 16 + 2 * i);
	}
	process(data, offset, isLast = false) {
		const hibit = isLast ? 0 : 2048;
		const { h, r } = this;
		const r0 = r[0];
		const r1 = r[1];
		const r2 = r[2];
		const r3 = r[3];
		const r4 = r[4];
		const r5 = r[5];
		const r6 = r[6];
		const r7 = r[7];
		const r8 = r[8];
		const r9 = r[9];
		const t0 = u8to16(data, offset + 0);
		const t1 = u8to16(data, offset + 2);
		const t2 = u8to16(data, offset + 4);
		const t3 = u8to16(data, offset + 6);
		const t4 = u8to16(data, offset + 8);
		const t5 = u8to16(data, offset + 10);
		const t6 = u8to16(data, offset + 12);
		const t7 = u8to16(data, offset + 14);
		let h0 = h[0] + (t0 & 8191);
		let h1 = h[1] + ((t0 >>> 13 | t1 << 3) & 8191);
		let h2 = h[2] + ((t1 >>> 10 | t2 << 6) & 8191);
		let h3 = h[3] + ((t2 >>> 7 | t3 << 9) & 8191);
		let h4 = h[4] + ((t3 >>> 4 | t4 << 12) & 8191);
		let h5 = h[5] + (t4 >>> 1 & 8191);
		let h6 = h[6] + ((t4 >>> 14 | t5 << 2) & 8191);
		let h7 = h[7] + ((t5 >>> 11 | t6 << 5) & 8191);
		let h8 = h[8] + ((t6 >>> 8 | t7 << 8) & 8191);
		let h9 = h[9] + (t7 >>> 5 | hibit);
		let c = 0;
		let d0 = c + h0 * r0 + h1 * (5 * r9) + h2 * (5 * r8) + h3 * (5 * r7) + h4 * (5 * r6);
		c = d0 >>> 13;
		d0 &= 8191;
		d0 += h5 * (5 * r5) + h6 * (5 * r4) + h7 * (5 * r3) + h8 * (5 * r2) + h9 * (5 * r1);
		c += d0 >>> 13;
		d0 &= 8191;
		let d1 = c + h0 * r1 + h1 * r0 + h2 * (5 * r9) + h3 * (5 * r8) + h4 * (5 * r7);
		c = d1 >>> 13;
		d1 &= 8191;
		d1 += h5 * (5 * r6) + h6 * (5 * r5) + h7 * (5 * r4) + h8 * (5 * r3) + h9 * (5 * r2);
		c += d1 >>> 13;
		d1 &= 8191;
		let d2 = c + h0 * r2 + h1 * r1 + h2 * r0 + h3 * (5 * r9) + h4 * (5 * r8);
		c = d2 >>> 13;
		d2 &= 8191;
		d2 += h5 * (5 * r7) + h6 * (5 * r6) + h7 * (5 * r5) + h8 * (5 * r4) + h9 * (5 * r3);
		c += d2 >>> 13;
		d2 &= 8191;
		let d3 = c + h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * (5 * r9);
		c = d3 >>> 13;
		d3 &= 8191;
		d3 += h5 * (5 * r8) + h6 * (5 * r7) + h7 * (5 * r6) + h8 * (5 * r5) + h9 * (5 * r4);
		c += d3 >>> 13;
		d3 &= 8191;
		let d4 = c + h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0;
		c = d4 >>> 13;
		d4 &= 8191;
		d4 += h5 * (5 * r9) + h6 * (5 * r8) + h7 * (5 * r7) + h8 * (5 * r6) + h9 * (5 * r5);
		c += d4 >>> 13;
		d4 &= 8191;
		let d5 = c + h0 * r5 + h1 * r4 + h2 * r3 + h3 * r2 + h4 * r1;
		c = d5 >>> 13;
		d5 &= 8191;
		d5 += h5 * r0 + h6 * (5 * r9) + h7 * (5 * r8) + h8 * (5 * r7) + h9 * (5 * r6);
		c += d5 >>> 13;
		d5 &= 8191;
		let d6 = c + h0 * r6 + h1 * r5 + h2 * r4 + h3 * r3 + h4 * r2;
		c = d6 >>> 13;
		d6 &= 8191;
		d6 += h5 * r1 + h6 * r0 + h7 * (5 * r9) + h8 * (5 * r8) + h9 * (5 * r7);
		c += d6 >>> 13;
		d6 &= 8191;
		let d7 = c + h0 * r7 + h1 * r6 + h2 * r5 + h3 * r4 + h4 * r3;
		c = d7 >>> 13;
		d7 &= 8191;
		d7 += h5 * r2 + h6 * r1 + h7 * r0 + h8 * (5 * r9) + h9 * (5 * r8);
		c += d7 >>> 13;
		d7 &= 8191;
		let d8 = c + h0 * r8 + h1 * r7 + h2 * r6 + h3 * r5 + h4 * r4;
		c = d8 >>> 13;
		d8 &= 8191;
		d8 += h5 * r3 + h6 * r2 + h7 * r1 + h8 * r0 + h9 * (5 * r9);
		c += d8 >>> 13;
		d8 &= 8191;
		let d9 = c + h0 * r9 + h1 * r8 + h2 * r7 + h3 * r6 + h4 * r5;
		c = d9 >>> 13;
		d9 &= 8191;
		d9 += h5 * r4 + h6 * r3 + h7 * r2 + h8 * r1 + h9 * r0;
		c += d9 >>> 13;
		d9 &= 8191;
		c = (c << 2) + c | 0;
		c = c + d0 | 0;
		d0 = c & 8191;
		c = c >>> 13;
		d1 += c;
		h[0] = d0;
		h[1] = d1;
		h[2] = d2;
		h[3] = d3;
		h[4] = d4;
		h[5] = d5;
		h[6] = d6;
		h[7] = d7;
		h[8] = d8;
		h[9] = d9;
	}
	finalize() {
		const { h, pad } = this;
		const g = /* @__PURE__ */ new Uint16Array(10);
		let c = h[1] >>> 13;
		h[1] &= 8191;
		for (let i = 2; i < 10; i++) {
			h[i] += c;
			c = h[i] >>> 13;
			h[i] &= 8191;
		}
		h[0] += c * 5;
		c = h[0] >>> 13;
		h[0] &= 8191;
		h[1] += c;
		c = h[1] >>> 13;
		h[1] &= 8191;
		h[2] += c;
		g[0] = h[0] + 5;
		c = g[0] >>> 13;
		g[0] &= 8191;
		for (let i = 1; i < 10; i++) {
			g[i] = h[i] + c;
			c = g[i] >>> 13;
			g[i] &= 8191;
		}
		g[9] -= 8192;
		let mask = (c ^ 1) - 1;
		for (let i = 0; i < 10; i++) g[i] &= mask;
		mask = ~mask;
		for (let i = 0; i < 10; i++) h[i] = h[i] & mask | g[i];
		h[0] = (h[0] | h[1] << 13) & 65535;
		h[1] = (h[1] >>> 3 | h[2] << 10) & 65535;
		h[2] = (h[2] >>> 6 | h[3] << 7) & 65535;
		h[3] = (h[3] >>> 9 | h[4] << 4) & 65535;
		h[4] = (h[4] >>> 12 | h[5] << 1 | h[6] << 14) & 65535;
		h[5] = (h[6] >>> 2 | h[7] << 11) & 65535;
		h[6] = (h[7] >>> 5 | h[8] << 8) & 65535;
		h[7] = (h[8] >>> 8 | h[9] << 5) & 65535;
		let f = h[0] + pad[0];
		h[0] = f & 65535;
		for (let i = 1; i < 8; i++) {
			f = (h[i] + pad[i] | 0) + (f >>> 16) | 0;
			h[i] = f & 65535;
		}
		clean(g);
	}
	update(data) {
		aexists(this);
		abytes(data);
		data = copyBytes(data);
		const { buffer, blockLen } = this;
		const len = data.length;
		for (let pos = 0; pos < len;) {
			const take = Math.min(blockLen - this.pos, len - pos);
			if (take === blockLen) {
				for (; blockLen <= len - pos; pos += blockLen) this.process(data, pos);
				continue;
			}
			buffer.set(data.subarray(pos, pos + take), this.pos);
			this.pos += take;
			pos += take;
			if (this.pos === blockLen) {
				this.process(buffer, 0, false);
				this.pos = 0;
			}
		}
		return this;
	}
	destroy() {
		this.destroyed = true;
		clean(this.h, this.r, this.buffer, this.pad);
	}
	digestInto(out) {
		aexists(this);
		aoutput(out, this);
		this.finished = true;
		const { buffer, h } = this;
		let { pos } = this;
		if (pos) {
			buffer[pos++] = 1;
			for (; pos < 16; pos++) buffer[pos] = 0;
			this.process(buffer, 0, true);
		}
		this.finalize();
		let opos = 0;
		for (let i = 0; i < 8; i++) {
			out[opos++] = h[i] >>> 0;
			out[opos++] = h[i] >>> 8;
		}
	}
	digest() {
		const { buffer, outputLen } = this;
		this.digestInto(buffer);
		const res = buffer.slice(0, outputLen);
		this.destroy();
		return res;
	}
};
const poly1305 = /* @__PURE__ */ wrapMacConstructor(32, (key) => new Poly1305(key));

// node_modules/@noble/ciphers/salsa.js
function salsaCore(s, k, n, out, cnt, rounds = 20, cntHi = 0) {
	let y00 = s[0], y01 = k[0], y02 = k[1], y03 = k[2], y04 = k[3], y05 = s[1], y06 = n[0], y07 = n[1], y08 = cnt, y09 = cntHi, y10 = s[2], y11 = k[4], y12 = k[5], y13 = k[6], y14 = k[7], y15 = s[3];
	let x00 = y00, x01 = y01, x02 = y02, x03 = y03, x04 = y04, x05 = y05, x06 = y06, x07 = y07, x08 = y08, x09 = y09, x10 = y10, x11 = y11, x12 = y12, x13 = y13, x14 = y14, x15 = y15;
	for (let r = 0; r < rounds; r += 2) {
		x04 ^= rotl(x00 + x12 | 0, 7);
		x08 ^= rotl(x04 + x00 | 0, 9);
		x12 ^= rotl(x08 + x04 | 0, 13);
		x00 ^= rotl(x12 + x08 | 0, 18);
		x09 ^= rotl(x05 + x01 | 0, 7);
		x13 ^= rotl(x09 + x05 | 0, 9);
		x01 ^= rotl(x13 + x09 | 0, 13);
		x05 ^= rotl(x01 + x13 | 0, 18);
		x14 ^= rotl(x10 + x06 | 0, 7);
		x02 ^= rotl(x14 + x10 | 0, 9);
		x06 ^= rotl(x02 + x14 | 0, 13);
		x10 ^= rotl(x06 + x02 | 0, 18);
		x03 ^= rotl(x15 + x11 | 0, 7);
		x07 ^= rotl(x03 + x15 | 0, 9);
		x11 ^= rotl(x07 + x03 | 0, 13);
		x15 ^= rotl(x11 + x07 | 0, 18);
		x01 ^= rotl(x00 + x03 | 0, 7);
		x02 ^= rotl(x01 + x00 | 0, 9);
		x03 ^= rotl(x02 + x01 | 0, 13);
		x00 ^= rotl(x03 + x02 | 0, 18);
		x06 ^= rotl(x05 + x04 | 0, 7);
		x07 ^= rotl(x06 + x05 | 0, 9);
		x04 ^= rotl(x07 + x06 | 0, 13);
		x05 ^= rotl(x04 + x07 | 0, 18);
		x11 ^= rotl(x10 + x09 | 0, 7);
		x08 ^= rotl(x11 + x10 | 0, 9);
		x09 ^= rotl(x08 + x11 | 0, 13);
		x10 ^= rotl(x09 + x08 | 0, 18);
		x12 ^= rotl(x15 + x14 | 0, 7);
		x13 ^= rotl(x12 + x15 | 0, 9);
		x14 ^= rotl(x13 + x12 | 0, 13);
		x15 ^= rotl(x14 + x13 | 0, 18);
	}
	let oi = 0;
	out[oi++] = y00 + x00 | 0;
	out[oi++] = y01 + x01 | 0;
	out[oi++] = y02 + x02 | 0;
	out[oi++] = y03 + x03 | 0;
	out[oi++] = y04 + x04 | 0;
	out[oi++] = y05 + x05 | 0;
	out[oi++] = y06 + x06 | 0;
	out[oi++] = y07 + x07 | 0;
	out[oi++] = y08 + x08 | 0;
	out[oi++] = y09 + x09 | 0;
	out[oi++] = y10 + x10 | 0;
	out[oi++] = y11 + x11 | 0;
	out[oi++] = y12 + x12 | 0;
	out[oi++] = y13 + x13 | 0;
	out[oi++] = y14 + x14 | 0;
	out[oi++] = y15 + x15 | 0;
}
function hsalsa(s, k, i, out) {
	const s2 = isLE ? s : swap32IfBE(s.slice(0, 4));
	const k2 = isLE ? k : swap32IfBE(k.slice(0, 8));
	const i2 = isLE ? i : swap32IfBE(i.slice(0, 4));
	const t = /* @__PURE__ */ new Uint32Array(16);
	salsaCore(s2, k2, i2.subarray(0, 2), t, i2[2], 20, i2[3]);
	let oi = 0;
	out[oi++] = t[0] - s2[0] | 0;
	out[oi++] = t[5] - s2[1] | 0;
	out[oi++] = t[10] - s2[2] | 0;
	out[oi++] = t[15] - s2[3] | 0;
	out[oi++] = t[6] - i2[0] | 0;
	out[oi++] = t[7] - i2[1] | 0;
	out[oi++] = t[8] - i2[2] | 0;
	out[oi++] = t[9] - i2[3] | 0;
	swap32IfBE(out);
	if (!isLE) clean(s2, k2, i2);
	clean(t);
}
const xsalsa20 = /* @__PURE__ */ createCipher(salsaCore, {
	counterRight: true,
	extendNonceFn: hsalsa
});
const xsalsa20poly1305 = /* @__PURE__ */ wrapCipher({
	blockSize: 64,
	nonceLength: 24,
	tagLength: 16
}, (key, nonce) => {
	return {
		encrypt(plaintext, output) {
			output = getOutput(plaintext.length + 32, output, false);
			const authKey = output.subarray(0, 32);
			const ciphPlaintext = output.subarray(32);
			output.set(plaintext, 32);
			clean(authKey);
			xsalsa20(key, nonce, output, output);
			const tag = poly1305(ciphPlaintext, authKey);
			output.set(tag, 16);
			clean(output.subarray(0, 16), tag);
			return output.subarray(16);
		},
		decrypt(ciphertext, output) {
			abytes(ciphertext, void 0, "data");
			output = getOutput(ciphertext.length + 32, output, false);
			const tmp = output.subarray(0, 32);
			const passedTag = output.subarray(32, 48);
			const ciphPlaintext = output.subarray(48);
			output.set(ciphertext, 32);
			clean(tmp);
			const authKey = xsalsa20(key, nonce, tmp, tmp);
			const tag = poly1305(ciphPlaintext, authKey);
			if (!equalBytes(passedTag, tag)) {
				clean(output);
				throw new Error("invalid tag");
			}
			xsalsa20(key, nonce, output.subarray(16), output.subarray(16));
			clean(tmp, passedTag, tag);
			return ciphPlaintext;
		}
	};
});

// src/signing/encrypted-key.ts
const PEM = /-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END ENCRYPTED \1 PRIVATE KEY-----/u;
const fileSchema = object({
	kdf: object({
		name: literal("scrypt"),
		params: object({
			N: int().min(2).max(signingLimits.scryptMaxN),
			r: int().min(1).max(signingLimits.scryptMaxR),
			p: int().min(1).max(signingLimits.scryptMaxP)
		}),
		salt: base64$1()
	}),
	cipher: object({
		name: literal("nacl/secretbox"),
		nonce: base64$1()
	}),
	ciphertext: base64$1()
});
function isEncryptedKey(pem) {
	return /-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----/u.test(pem);
}
async function decryptKey(pem, password) {
	const { kdf, cipher, ciphertext } = parseKeyFile(pem);
	const key = await deriveKey(password, Buffer.from(kdf.salt, "base64"), kdf.params);
	const nonce = Buffer.from(cipher.nonce, "base64");
	if (nonce.byteLength !== 24) throw invalidFile();
	try {
		return Buffer.from(xsalsa20poly1305(key, nonce).decrypt(Buffer.from(ciphertext, "base64")));
	} catch {
		throw new SigningError("KEY_PASSWORD_WRONG", "signing key can not be decrypted with this password", { hint: "Set COSIGN_PASSWORD to the password that the key was made with (empty if it has none)." });
	}
}
function parseKeyFile(pem) {
	const body = PEM.exec(pem)?.[2] ?? "";
	try {
		return fileSchema.parse(JSON.parse(Buffer.from(body, "base64").toString("utf8")));
	} catch {
		throw invalidFile();
	}
}
function deriveKey(password, salt, params) {
	return new Promise((resolve, reject) => {
		const options = {
			...params,
			maxmem: signingLimits.scryptMaxMemory
		};
		scrypt(password, salt, 32, options, (error, key) => {
			if (error) reject(invalidFile());
			else resolve(key);
		});
	});
}
function invalidFile() {
	return new SigningError("KEY_INVALID", "encrypted signing key is damaged, or its parameters are out of bounds");
}

// src/signing/keys.ts
function parseVerifyKey(pem) {
	assertKeySize(pem);
	let publicKey;
	try {
		if (!/-----BEGIN (?:RSA )?PUBLIC KEY-----/u.test(pem)) throw new Error("no PEM block of a public key");
		publicKey = createPublicKey(pem);
	} catch (cause) {
		throw new SigningError("KEY_INVALID", "verification key is not a public key in PEM", {
			cause,
			hint: "Give the .pub file of the key pair."
		});
	}
	return toVerifyKey(publicKey);
}
async function parseSigningKey(pem, password = "") {
	assertKeySize(pem);
	const isEncrypted = isEncryptedKey(pem);
	const secret = typeof password === "string" ? password : isEncrypted ? await password() : "";
	let privateKey;
	try {
		privateKey = isEncrypted ? createPrivateKey({
			key: await decryptKey(pem, secret),
			format: "der",
			type: "pkcs8"
		}) : createPrivateKey(pem);
	} catch (cause) {
		if (cause instanceof SigningError) throw cause;
		throw new SigningError("KEY_INVALID", "signing key is not a private key in PEM", { hint: "Give a key that `sealift keygen` or `cosign generate-key-pair` wrote, PKCS#8 or SEC1." });
	}
	return {
		kind: "key",
		verifyKey: toVerifyKey(createPublicKey(privateKey)),
		sign: async (data) => sign("sha256", data, privateKey)
	};
}
function toVerifyKey(publicKey) {
	const curve = publicKey.asymmetricKeyDetails?.namedCurve;
	const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
	const isP256 = publicKey.asymmetricKeyType === "ec" && curve === "prime256v1";
	const isRsa = publicKey.asymmetricKeyType === "rsa" && bits >= 2048 && bits <= 8192;
	if (!isP256 && !isRsa) {
		const found = [
			publicKey.asymmetricKeyType,
			curve,
			bits === 0 ? void 0 : bits
		].filter(Boolean).join(" ");
		throw new SigningError("KEY_INVALID", `key is ${found}, not ECDSA P-256 or RSA of at least 2048 bits`, { hint: "cosign and Flux refuse other kinds, too; make a key with `sealift keygen`." });
	}
	const der = publicKey.export({
		type: "spki",
		format: "der"
	});
	return {
		publicKey,
		hint: createHash("sha256").update(der).digest("base64")
	};
}
function assertKeySize(pem) {
	if (pem.length > signingLimits.keyBytes) throw new SigningError("KEY_INVALID", `key has ${pem.length} bytes, more than ${signingLimits.keyBytes}`);
}

// src/signing/trust-root.ts
const mediaTypePattern = /^application\/vnd\.dev\.sigstore\.trustedroot(?:\+json;version=0\.1|\.v0\.[12]\+json)$/u;
function parseTrustRoot(text) {
	if (text.length > signingLimits.trustRootBytes) throw invalidRoot(`has ${text.length} characters, more than ${signingLimits.trustRootBytes}`);
	let root;
	let material;
	try {
		const json = JSON.parse(text);
		root = import_dist$1.TrustedRoot.fromJSON(json);
		material = (0, import_dist$2.toTrustMaterial)(root);
	} catch (cause) {
		throw invalidRoot(`can not be read: ${errorMessageOf(cause, 200)}`, cause);
	}
	if (!mediaTypePattern.test(root.mediaType)) throw invalidRoot(`has media type ${errorMessageOf(root.mediaType, 100)}`);
	const authorities = [...material.certificateAuthorities, ...material.timestampAuthorities];
	if (material.certificateAuthorities.length === 0) throw invalidRoot("names no certificate authority");
	if (authorities.some(({ certChain }) => certChain.length === 0)) throw invalidRoot("has an authority without certificates");
	const issuerKeys = material.certificateAuthorities.flatMap(({ certChain }) => certChain.map(({ publicKey }) => createPublicKey({
		key: publicKey,
		format: "der",
		type: "spki"
	})));
	const hasLogs = material.tlogs.length > 0;
	const hasTimestampAuthorities = material.timestampAuthorities.length > 0;
	if (!hasLogs && !hasTimestampAuthorities) throw invalidRoot("names neither a log nor a timestamp authority");
	return {
		material,
		hash: createHash("sha256").update(text).digest("hex"),
		hasLogs,
		hasTimestampAuthorities,
		certificateLogThreshold: material.ctlogs.length > 0 ? 1 : 0,
		hasIssued: (der) => isIssuedBy(der, issuerKeys),
		expiresAtMs: (nowMs) => {
			const ends = authorities.map(({ certChain, validFor }) => Math.min(validFor.end.getTime(), ...certChain.map(({ notAfter }) => notAfter.getTime()))).filter((end) => end > nowMs);
			return ends.length === 0 ? void 0 : Math.min(...ends);
		}
	};
}
function isIssuedBy(der, keys) {
	try {
		const certificate = new X509Certificate$1(der);
		return keys.some((key) => certificate.verify(key));
	} catch {
		return false;
	}
}
function invalidRoot(reason, cause) {
	return new VerificationError("TRUST_ROOT_INVALID", `trusted root ${reason}`, [], {
		cause,
		hint: "Copy trusted_root.json anew from the connected side, as `cosign trusted-root create` or TUF gives it."
	});
}

// action/shared/markdown.ts
const valueLength = 300;
const problemLength = 1e3;
const problemsShown = 100;
function escape(value, max = valueLength) {
	const line = value.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ");
	return (line.length > max ? `${line.slice(0, max - 1)}\u2026` : line).replaceAll(/[&<>"'|*_`[\]\\~#!$]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);
}
function code(value) {
	return `<code>${escape(value)}</code>`;
}
function failureLines(title, error) {
	const problems = problemsOf(error);
	const shown = problems.slice(0, problemsShown);
	const out = [`### ${title}`, ""];
	for (const problem of shown) {
		const [message = "", ...more] = describeError(problem);
		out.push(`- **${escape(titleOf(errorCodeOf(problem)))}**: ${escape(message, problemLength)}`);
		for (const line of more) out.push(`  <br>${escape(line, problemLength)}`);
	}
	if (problems.length > shown.length) out.push(`- ${problems.length - shown.length} more are in the log`);
	return out;
}

export { legacyAnnotations as A, missingSignatureError as C, payloadType as D, formatStatement as E, parseSubject as F, decryptMembers as I, sealedMembersOf as L, identityAuthority as M, isKeyless as N, signaturePredicateType as O, mismatchOf as P, decryptFiles as R, matchAttestation as S, uncheckableError as T, findCandidates as _, parseSigningKey as a, provenanceOf as b, compile as c, spendComparison as d, spendWalk as f, promotionPredicateType as g, promotionPredicateSchema as h, parseTrustRoot as i, readIdentity as j, formatLegacyPayload as k, createCompiler as l, toInput as m, escape as n, parseVerifyKey as o, stepsOfText as p, failureLines as r, ExpressionError as s, code as t, builtIn as u, legacySignatureTag as v, searchStatements as w, provenancePredicateType as x, matchProvenance as y, isEncryptedFile as z };