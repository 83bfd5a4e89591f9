import { A as readContext, At as fetchLayer, Ct as isTemplate, Dt as parseTag, H as aggregationLabel, Lt as parseManifest, Mn as startAction, Mt as unpackLayer, On as VerificationError, Ot as artifactLayer, Q as objectRuleNames, St as identityOf, Tn as ResourceError, U as apiGroup, Xt as archiveLimits, Z as objectRuleDomains, _n as ContentError, _t as isMergeKey, a as readRegistry, at as fetchBytes, bt as formatIdentity, ct as isResourceFile, f as requiredText, gt as NodeError, i as parseVersion, jn as isSealiftError, m as text, mn as sopsLimits, mt as readDocuments, n as maskRegistrySecrets, o as registryFields, r as parseRepository, s as flag, t as readAll, u as parsed, ut as readResources, vt as keyText, w as withRepository, xn as PolicyError, yn as InputError, yt as offsetOf } from "./chunks/common.js";
import { d as object, i as array, l as looseObject, m as string, o as boolean } from "./chunks/zod.js";
import { a as requirementsFor, c as matchSignatures, h as parseSourceUrl, i as runAction, n as trustFields, p as distinctSigners, r as defaultNamespace, s as judge, t as readTrust } from "./chunks/trust.js";
import { t as require_dist } from "./chunks/yaml.js";
import { t as RE2JS } from "./chunks/re2.js";
import { _ as findCandidates, x as provenancePredicateType, y as matchProvenance } from "./chunks/signing.js";
import { createDecipheriv, createHash, createHmac, createPublicKey, diffieHellman, hkdfSync, timingSafeEqual } from "node:crypto";

// src/artifact/select-layer.ts
const copiedFile = "layer.yaml";
function selectLayer(manifest, selector) {
	if (selector === void 0) return artifactLayer(manifest);
	const { mediaType } = selector;
	const layer = manifest.layers.find((one) => mediaType === void 0 || one.mediaType === mediaType);
	if (layer !== void 0) return layer;
	throw new ContentError("MEDIA_TYPE_UNEXPECTED", `artifact has no layer${mediaType === void 0 ? "" : ` of type ${mediaType}`}`, { hint: "Name the media type of one of its layers in spec.source.layerSelector." });
}
async function fetchSelected(source, layer, { operation, signal }) {
	if (operation === "extract") return unpackLayer(fetchLayer(source, layer, signal));
	return [{
		path: copiedFile,
		bytes: await fetchBytes(source, layer, archiveLimits.fileBytes, signal)
	}];
}

// src/resources/ordered.ts
var import_dist = require_dist();
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
	if ((0, import_dist.isMap)(node)) return {
		kind: "map",
		members: node.items.map(({ key, value }) => {
			if (isMergeKey(key)) throw new NodeError("YAML_INVALID", "merge has no order", key);
			return [keyText(key), read(value)];
		})
	};
	if ((0, import_dist.isSeq)(node)) return {
		kind: "list",
		items: node.items.map(read)
	};
	if (node === null || node === void 0) return {
		kind: "scalar",
		value: null,
		plain: ""
	};
	if (!(0, import_dist.isScalar)(node)) throw new NodeError("YAML_INVALID", "alias has no text of its own", node);
	const { value } = node;
	if (value !== null && typeof value !== "boolean" && typeof value !== "number" && typeof value !== "string") throw new NodeError("YAML_INVALID", "value is none that JSON has", node);
	return {
		kind: "scalar",
		value,
		plain: node.type === import_dist.Scalar.PLAIN && node.tag === void 0 ? node.source ?? "" : void 0
	};
}

// src/render/sops/age.ts
const privatePrefix = Buffer.from("302e020100300506032b656e04220420", "hex");
const publicPrefix = Buffer.from("302a300506032b656e032100", "hex");
function openAge(armored, identities) {
	const bytes = dearmor(armored);
	const parsed = bytes === void 0 ? void 0 : parseHeader(bytes);
	if (bytes === void 0 || parsed === void 0) return void 0;
	const { header, end } = parsed;
	for (const { type, args, body } of header.stanzas) {
		if (type !== "X25519") continue;
		const share = decodeBase64(args[0] ?? "");
		if (args.length !== 1 || share?.length !== 32 || body.length !== 32) return void 0;
		for (const identity of identities) {
			const fileKey = unwrap(identity, share, body);
			if (fileKey === void 0) continue;
			return isOfKey(header, fileKey) ? openPayload(bytes.subarray(end), fileKey) : void 0;
		}
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
	const unencryptedRegex = compile(sops.unencrypted_regex);
	const encryptedRegex = compile(sops.encrypted_regex);
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
function compile(text) {
	if (text === void 0 || text === "") return void 0;
	try {
		const compiled = RE2JS.compile(text);
		return (name) => compiled.test(name);
	} catch {
		return "broken";
	}
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
function decryptFiles(files, identities) {
	const secrets = /* @__PURE__ */ new Set();
	return {
		files: files.map((file) => decryptFile(file, identities, secrets)),
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
function decryptFile(file, identities, secrets) {
	const { documents, encrypted } = readEncrypted(file);
	const [first] = encrypted;
	if (first === void 0) return file;
	if (identities === void 0) throw refused(first, "is encrypted by sops, and the Delivery decrypts nothing", { hint: "Set spec.decryption of the Delivery, and let its TrustPolicy allow the transform decryption." });
	const clear = /* @__PURE__ */ new Map();
	for (const group of groupsOf(encrypted)) for (const [document, value] of decryptGroup(group, identities, secrets)) clear.set(document, value);
	return {
		path: file.path,
		bytes: write(documents, clear)
	};
}
function isForAnOperator(value) {
	return typeof value === "object" && value !== null && "kind" in value && value.kind === "SopsSecret";
}
function groupsOf(documents) {
	return [...Map.groupBy(documents, ({ value }) => macOf(value)).values()];
}
function decryptGroup(group, identities, secrets) {
	const [first] = group;
	if (first === void 0) return [];
	const metadata = readMetadata(first.value);
	if (typeof metadata === "string") throw refused(first, metadata);
	const key = openKey(metadata, identities);
	if (key === void 0) {
		const { length } = metadata.enveloped;
		throw refused(first, `is encrypted for ${length} recipients, and none of the ${identities.length} identities is one`, { hint: "Encrypt it for the public key of an identity in the Secret of spec.decryption." });
	}
	const hash = createHash("sha512");
	if (metadata.isMacOfEncrypted) hash.update(macOnlyEncrypted);
	const values = group.map((document) => {
		if (document.tree === void 0) throw refused(document, "is encrypted, and has aliases or merges");
		try {
			return [document, decryptTree(document.tree, {
				key,
				metadata,
				hash,
				secrets
			})];
		} catch (error) {
			if (!(error instanceof ValueError)) throw error;
			throw refused(document, `has a value that can not be decrypted: ${error.path.join(".")}`, { hint: changed });
		}
	});
	assertMac(first, metadata, {
		key,
		sum: hash.digest("hex").toUpperCase()
	});
	return values;
}
const macOnlyEncrypted = createHash("sha256").update("sops").digest();
const changed = "It was changed after it was encrypted, as kustomize and helm do when they render it: publish it as sops wrote it.";
function openKey({ enveloped }, identities) {
	for (const armored of enveloped) {
		const key = openAge(armored, identities);
		if (key?.length === 32) return key;
	}
}
function assertMac(document, { mac, lastModified }, { key, sum }) {
	const found = decryptValue(mac, key, lastModified)?.macBytes;
	if (found?.length === sum.length && timingSafeEqual(found, Buffer.from(sum))) return;
	throw refused(document, "has another mac than its values", { hint: changed });
}
function refused({ location, subject = "file" }, what, options = {}) {
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

// src/render/transforms.ts
function transformsOf(transforms) {
	const { path, commonMetadata, ignore = [], driftMode = "Correct", layerSelector } = transforms;
	const used = /* @__PURE__ */ new Set();
	if (folderOf(path) !== "") used.add("path");
	if (commonMetadata !== void 0) used.add("commonMetadata");
	if (ignore.length > 0) used.add("ignore");
	if (driftMode !== "Correct") used.add("driftMode");
	if (layerSelector !== void 0) used.add("layerSelector");
	if (transforms.postBuild !== void 0) used.add("substitution");
	if (transforms.decryption !== void 0) used.add("decryption");
	return used;
}
function transformResources(parsed, { path, commonMetadata, postBuild }, substitute) {
	const folder = folderOf(path);
	const inFolder = parsed.filter(({ location }) => folder === "" || location.file.startsWith(`${folder}/`));
	const chosen = substitute?.(inFolder) ?? inFolder.map(({ resource }) => resource);
	if (postBuild === void 0 || substitute !== void 0) assertNamespaces(inFolder, chosen);
	if (chosen.length === 0 && parsed.length > 0) throw new InputError("INPUT_INVALID", `spec.path ${path} holds no object of the artifact`);
	if (commonMetadata === void 0) return chosen;
	const { labels = {}, annotations = {} } = commonMetadata;
	assertForeign([...Object.keys(labels), ...Object.keys(annotations)]);
	return chosen.map((resource) => ({
		...resource,
		metadata: {
			...resource.metadata,
			labels: {
				...resource.metadata.labels,
				...labels
			},
			annotations: {
				...resource.metadata.annotations,
				...annotations
			}
		}
	}));
}
function assertNamespaces(parsed, chosen) {
	for (const [index, { metadata }] of chosen.entries()) {
		if (!isTemplate(metadata.namespace)) continue;
		const message = `metadata.namespace ${JSON.stringify(metadata.namespace)} is not a namespace name`;
		throw new ResourceError("RESOURCE_INVALID", message, parsed[index]?.location ?? { file: "." }, { hint: "It has a variable: spec.postBuild of the Delivery gives variables their values." });
	}
}
function folderOf(path) {
	return path.replace(/^\.\//u, "").replace(/^\.$/u, "").replace(/\/+$/u, "");
}
const ruleAnnotations = new Set(objectRuleDomains.flatMap((domain) => objectRuleNames.map((rule) => `${domain}/${rule}`)));
function assertForeign(names) {
	for (const name of names) {
		const domain = name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
		if (ruleAnnotations.has(name)) throw new InputError("INPUT_INVALID", `spec.commonMetadata may not set ${name}: only an artifact may`);
		if (domain !== "sealift.dev" && !domain.endsWith(`.${"sealift.dev"}`)) continue;
		throw new InputError("INPUT_INVALID", `spec.commonMetadata may not set ${name}: it is Sealift's own`);
	}
}

// src/trust/self-modification.ts
function assertNoSelfModification(resources, pullerNamespace) {
	for (const resource of resources) {
		const reason = selfModification(resource, pullerNamespace);
		if (reason === void 0) continue;
		throw new PolicyError("SELF_MODIFICATION", `artifact holds ${formatIdentity(identityOf(resource))}, ${reason}`, { hint: "Such objects are the cluster admin's to apply." });
	}
}
function selfModification(resource, pullerNamespace) {
	const { group, kind, name, namespace } = identityOf(resource);
	if (group === "sealift.dev") return `which Sealift itself is steered by`;
	if (kind === "CustomResourceDefinition" && name.endsWith(`.${"sealift.dev"}`)) return "which defines Sealift's own API";
	if (kind === "APIService" && name.endsWith(`.${"sealift.dev"}`)) return "which serves Sealift's own API";
	if (namespace === pullerNamespace) return `which lies in the puller's namespace`;
	if (group === "" && kind === "Namespace" && name === pullerNamespace) return `which is the puller's namespace`;
	if (resource.metadata.labels?.["sealift.dev/aggregate-to-puller"] !== void 0) return `whose label would widen the puller's rights`;
}

// src/operations/verify.ts
async function verifyArtifact(source, { reference, authorities, threshold = 1, requiresProvenance = false, signal }) {
	const { descriptor } = await source.resolve(reference, signal);
	const candidates = await findCandidates(source, descriptor, signal);
	const { matched, signatures } = matchSignatures(candidates, {
		authorities,
		threshold
	});
	if (requiresProvenance) matchProvenance(candidates, authorities);
	return {
		digest: descriptor.digest,
		matched,
		formats: [...new Set(signatures.map(({ format }) => format))],
		signers: distinctSigners(signatures.map(({ signer }) => signer))
	};
}
async function judgeReference(source, request) {
	const { followed, signal } = request;
	const transforms = request.transforms ?? { path: "./" };
	const checks = [];
	let digest;
	let verdict;
	try {
		const requirements = await tell(checks, "policy", "a TrustPolicy that matches the source", async () => {
			const found = requirementsFor(request.policies, followed);
			return [found, `matched by ${found.map(({ policy }) => policy).join(", ")}`];
		});
		const manifest = await tell(checks, "source", `${followed.url.canonical}:${followed.tag} in the registry`, async () => {
			const { reference } = request;
			const wanted = typeof reference === "string" ? reference : await reference();
			const content = await source.resolve(wanted, signal);
			return [content, content.descriptor.digest];
		});
		({digest} = manifest.descriptor);
		const candidates = await tell(checks, "source", "everything that is attached can be listed", async () => {
			const found = await findCandidates(source, manifest.descriptor, signal);
			return [found, describe(found)];
		});
		verdict = judge(requirements, candidates, {
			highest: request.highest,
			nowMs: request.nowMs,
			transforms: transformsOf(transforms)
		});
		checks.push(...verdict.checks);
		if (request.requiresProvenance === true) await tell(checks, "attestation", `${provenancePredicateType} by whom each policy accepts`, async () => {
			const found = requirements.map((one) => matchProvenance(candidates, provers(one)).candidate);
			return [void 0, [...new Set(found)].join(", ")];
		});
		await tell(checks, "content", "an artifact of Kubernetes objects that leaves its judge alone", async () => {
			const { layerSelector } = transforms;
			const layer = selectLayer(parseManifest(manifest.bytes), layerSelector);
			const operation = layerSelector?.operation ?? "extract";
			const resourceFiles = (await fetchSelected(source, layer, {
				operation,
				signal
			})).filter(({ path }) => isResourceFile(path));
			const { clear, note } = readable(resourceFiles, request.transforms);
			const parsed = clear.length === 0 && resourceFiles.length > 0 ? [] : readResources(clear);
			const resources = transformResources(parsed, transforms);
			assertNoSelfModification(resources, request.pullerNamespace);
			return [void 0, `${resources.length} objects in ${layer.size} bytes${note}`];
		});
	} catch (error) {
		if (!(error instanceof Told)) throw error;
	}
	return {
		digest,
		checks,
		verdict
	};
}
function readable(files, transforms) {
	if (transforms === void 0) return {
		clear: files,
		note: ""
	};
	if (transforms.decryption === void 0) decryptFiles(files, void 0);
	const clear = files.filter((file) => !isEncryptedFile(file));
	const count = files.length - clear.length;
	return {
		clear,
		note: `${count === 0 ? "" : `; ${count} encrypted files are not decrypted here`}${transforms.postBuild === void 0 ? "" : "; variables are not filled in here"}`
	};
}
function provers({ signatures, attestations }) {
	const asked = attestations.filter(({ predicateType }) => predicateType === provenancePredicateType);
	return [.../* @__PURE__ */ new Set([...signatures.authorities, ...asked.flatMap(({ authorities }) => authorities)])];
}
function describe({ found, rejected, unreadable }) {
	const bundles = found.filter(({ format }) => format === "bundle").length;
	return `${bundles} bundles, ${found.length - bundles} legacy signatures, ${rejected.length} of another kind, ${unreadable.length} unreadable`;
}
var Told = class extends Error {};
async function tell(checks, name, expected, make) {
	try {
		const [value, found] = await make();
		checks.push({
			policy: "-",
			name,
			outcome: "passed",
			expected,
			found
		});
		return value;
	} catch (error) {
		const known = firstOf(error);
		if (known === void 0) throw error;
		checks.push({
			policy: "-",
			name,
			outcome: "failed",
			expected,
			found: known.message,
			error: known
		});
		throw new Told();
	}
}
function firstOf(error) {
	if (isSealiftError(error)) return error;
	if (error instanceof AggregateError) return error.errors.find((one) => isSealiftError(one));
}
function assertJudged({ checks, digest }) {
	const failed = checks.find(({ outcome }) => outcome === "failed");
	if (failed?.error !== void 0) throw failed.error;
	if (digest === void 0) throw new PolicyError("POLICY_MISSING", "nothing was judged");
	return digest;
}

// action/verify/inputs.ts
const inputsSchema = object({
	repository: parsed(requiredText, parseRepository),
	version: parsed(requiredText, parseVersion),
	channel: parsed(text, (value) => value === "" ? "" : parseTag(value)),
	...trustFields,
	"trusted-root": text,
	"require-provenance": flag,
	...registryFields,
	summary: flag
});
function readInputs(host, context) {
	maskRegistrySecrets(host);
	return readAll(host, inputsSchema, (values, problems, whole) => complete(values, context, {
		problems,
		whole
	}));
}
async function complete(values, context, { problems, whole }) {
	const trust = await readTrust(values, context, problems);
	const registry = await readRegistry(values, context, problems);
	const { version = "" } = values;
	const channel = values.channel === "" && !version.includes(":") ? version : values.channel;
	if (channel === "" && version !== "" && values.policy !== "") problems.add(new InputError("INPUT_MISSING", "channel: is missing: policies judge what a tag shows", { hint: "Name the tag that the site follows, beside the digest in version." }));
	if (whole === void 0 || trust === void 0 || registry === void 0) return void 0;
	return {
		reference: whole.repository,
		version,
		trust,
		namespace: whole.namespace,
		channel: channel ?? version,
		requiresProvenance: whole["require-provenance"],
		registry,
		hasSummary: whole.summary
	};
}

// action/verify/outputs.ts
function writeOutputs(host, { registry, repository }, { digest, matched, signers }) {
	const certified = signers.filter((one) => one.kind === "certificate");
	const outputs = {
		verified: "true",
		digest,
		ref: `${registry}/${repository}@${digest}`,
		"signed-by": matched.join("\n"),
		"certificate-identity": certified.map(({ subject }) => subject).join("\n"),
		"certificate-oidc-issuer": certified.map(({ issuer }) => issuer).join("\n"),
		"signed-at": certified.map(({ signedAt = "" }) => signedAt).join("\n")
	};
	for (const [name, value] of Object.entries(outputs)) host.output(name, value);
}

// action/verify/main.ts
function run(given) {
	const { host } = given;
	return runAction(given, {
		read: () => readInputs(host, readContext(given.env)),
		act: async (inputs, world) => {
			const { reference, version, registry } = inputs;
			const outcome = await withRepository(reference, registry, world, (store) => host.group("Verify", () => verify(store, inputs, world)));
			writeOutputs(host, reference, outcome);
			const name = `${reference.registry}/${reference.repository}@${outcome.digest}`;
			return {
				title: `Verified ${version}`,
				line: name,
				facts: [["Artifact", name], ...outcome.matched.map((who) => ["Signed by", who])]
			};
		}
	});
}
async function verify(source, { reference, version, trust, namespace, channel, requiresProvenance }, { host, now, signal }) {
	try {
		if ("authorities" in trust) {
			const { authorities } = trust;
			return await verifyArtifact(source, {
				reference: version,
				authorities,
				requiresProvenance,
				signal
			});
		}
		const { policies, highest } = trust.policy;
		const url = parseSourceUrl(`oci://${reference.registry}/${reference.repository}`);
		const judgement = await judgeReference(source, {
			followed: {
				url,
				tag: channel,
				namespace
			},
			reference: version,
			policies,
			highest,
			pullerNamespace: defaultNamespace,
			requiresProvenance,
			nowMs: now(),
			signal
		});
		for (const { policy, name, outcome, expected, found } of judgement.checks) host.info(`${outcome}: ${policy} ${name}: expected ${expected}; found ${found}`);
		const { matched = [], signers = [] } = judgement.verdict ?? {};
		return {
			digest: assertJudged(judgement),
			matched,
			signers
		};
	} catch (error) {
		if (error instanceof VerificationError || error instanceof PolicyError) for (const { candidate, reason } of error.candidates) host.info(`${candidate}: ${reason}`);
		throw error;
	}
}

// action/verify/index.ts
await startAction(run);

export {  };