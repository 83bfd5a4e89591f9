import { C as userSettings, Ct as signingLimits, Ft as errorMessageOf, I as parseTag, Lt as startAction, Ot as InputError, Pt as errorCodeOf, _ as titleOf, a as flag, c as parsed, d as text, g as reportError, h as problemsOf, i as readCa, mt as githubLimits, n as parseRepository, o as lines, p as resolveInWorkspace, t as readAll, u as requiredText, v as readContext, w as connectRegistries, y as repositoryOf } from "./chunks/common.js";
import { i as collectFiles, t as fencedBlock } from "./chunks/markdown.js";
import { p as string, u as object } from "./chunks/zod.js";
import { a as openSigner, m as provenancePredicateType, n as optionalSigningFields, o as prepare, p as fetchBundle, r as readSigning, s as publish, t as maskSigningSecrets } from "./chunks/packing.js";
import { a as readCommit, l as formatTime, r as withGitHub, s as readEventPayload, t as describeGitHubFailure } from "./chunks/github.js";
import { n as require_dist$1, r as require_dist } from "./chunks/sigstore.js";
import { D as signaturePredicateType, n as escape, r as failureLines, t as code } from "./chunks/signing.js";
import { join, posix } from "node:path";
import { writeFile } from "node:fs/promises";

// src/operations/annotations.ts
const standard = {
	source: "org.opencontainers.image.source",
	revision: "org.opencontainers.image.revision",
	created: "org.opencontainers.image.created"
};
function annotationsOf(pairs, { source, revision, created }) {
	const annotations = /* @__PURE__ */ new Map();
	for (const pair of pairs) {
		const at = pair.indexOf("=");
		const key = pair.slice(0, at);
		if (at <= 0 || !/^[\w./-]{1,255}$/u.test(key)) throw new InputError("INPUT_INVALID", `annotation ${JSON.stringify(pair.slice(0, 100))} is not KEY=VALUE`);
		if (annotations.has(key)) throw new InputError("INPUT_CONFLICT", `annotation ${key} is given twice`);
		annotations.set(key, pair.slice(at + 1));
	}
	const named = {
		source,
		revision,
		created: created === void 0 ? void 0 : parseTime(created)
	};
	for (const name of [
		"source",
		"revision",
		"created"
	]) {
		const value = named[name];
		if (value === void 0 || value === "") continue;
		if (annotations.has(standard[name])) throw new InputError("INPUT_CONFLICT", `annotation ${standard[name]} is given twice`);
		annotations.set(standard[name], value);
	}
	return Object.fromEntries(annotations);
}
function parseTime(text) {
	const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/u.test(text) ? Date.parse(text) : NaN;
	if (Number.isNaN(ms)) throw new InputError("INPUT_INVALID", `created is ${JSON.stringify(text.slice(0, 100))}, not a time as RFC 3339 writes it`);
	return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

// action/publish/annotations.ts
const revisionAnnotation = "org.opencontainers.image.revision";
const sourceAnnotation = "org.opencontainers.image.source";
function parseSource(value) {
	const url = URL.canParse(value) ? new URL(value) : void 0;
	if (url !== void 0 && (url.username !== "" || url.password !== "")) throw new InputError("INPUT_INVALID", "URL has credentials", { hint: "Leave out what stands before the \"@\"." });
	if (/[\r\n]/u.test(value)) throw new InputError("INPUT_INVALID", "has several lines");
	return value;
}
function parseCreated(value) {
	if (value !== "none" && value !== "commit" && value !== "") annotationsOf([], { created: value });
	return value === "" ? "none" : value;
}
async function readAnnotations({ annotations = [], source, revision, created: mode }, context, problems) {
	const created = mode === "commit" ? await problems.attempt("created", () => readCommitTime(context)) : mode === "none" ? void 0 : mode;
	const given = await problems.attempt("annotations", () => annotationsOf(annotations, {
		source,
		revision,
		created
	}));
	return {
		...annotationsOf([], {
			source: repositoryUrl(context),
			revision: defaultRevision(context)
		}),
		...given
	};
}
const eventSchema = object({ head_commit: object({ timestamp: string() }) });
async function readCommitTime(context) {
	const found = eventSchema.safeParse(await readEventPayload(context));
	if (found.success) return found.data.head_commit.timestamp;
	throw new InputError("INPUT_INVALID", "the event has no head commit, so the commit's time is not known", { hint: "Use none, or a time as RFC 3339 writes it: `git log -1 --format=%cI` prints it." });
}
function commitUrlOf(revision, context) {
	const url = repositoryUrl(context);
	if (revision !== defaultRevision(context) || url === void 0 || context.commit === void 0) return void 0;
	return `${url}/commit/${context.commit}`;
}
function repositoryUrl({ serverUrl, repository }) {
	return serverUrl === void 0 || repository === void 0 ? void 0 : `${serverUrl}/${repository}`;
}
function defaultRevision({ refName, commit }) {
	return refName === void 0 || commit === void 0 ? void 0 : `${refName}@sha1:${commit}`;
}

// action/publish/inputs.ts
const inputsSchema = object({
	repository: parsed(requiredText, parseRepository),
	path: requiredText,
	tags: lines,
	annotations: lines,
	"allow-plaintext-secrets": flag,
	source: parsed(text, parseSource),
	revision: text.regex(/^[^\r\n]*$/u, "has several lines"),
	created: parsed(text, parseCreated),
	...optionalSigningFields,
	provenance: flag,
	"ca-file": text,
	"plain-http": flag,
	"dry-run": flag,
	summary: flag,
	"commit-status": flag,
	"github-token": text
});
async function readInputs(host, context) {
	maskSigningSecrets(host, context);
	host.mask(host.input("github-token").trim());
	return readAll(host, inputsSchema, (values, problems, whole) => complete(values, context, {
		problems,
		whole
	}));
}
async function complete(values, context, { problems, whole }) {
	const { path: wanted } = values;
	const path = wanted === void 0 ? void 0 : await problems.attempt("path", () => resolveInWorkspace(context.workspace, wanted));
	const tags = await problems.attempt("tags", () => tagsOf(values.tags ?? [], context));
	const annotations = await readAnnotations(values, context, problems);
	const signing = await readSigning(values, context, {
		problems,
		isDryRun: values["dry-run"] === true
	});
	const ca = await readCa(values, context, problems);
	if (whole === void 0 || path === void 0 || tags === void 0 || signing === void 0) return void 0;
	const revision = annotations[revisionAnnotation];
	return {
		reference: whole.repository,
		path,
		tags,
		annotations,
		allowPlaintextSecrets: whole["allow-plaintext-secrets"],
		revision,
		commitUrl: commitUrlOf(revision, context),
		signing,
		hasProvenance: whole.provenance,
		givenPath: whole.path,
		trustedRoot: whole["trusted-root"],
		ca,
		plainHttp: whole["plain-http"],
		isDryRun: whole["dry-run"],
		hasSummary: whole.summary
	};
}
function tagsOf(given, { refType, refName, commit }) {
	if (given.length > 0) return [...new Set(given)].map(parseTag);
	if (refType === "tag" && refName !== void 0) return [parseTag(refName)];
	if (commit !== void 0) return [parseTag(`sha-${commit.slice(0, 12)}`)];
	throw new InputError("INPUT_MISSING", "there is no default, since GITHUB_SHA is not set");
}

// action/publish/commit-status.ts
function statusOfOutcome({ digest }) {
	return {
		state: "success",
		description: digest.slice(0, 19)
	};
}
function statusOfFailure(error) {
	const [first, ...rest] = problemsOf(error);
	const more = rest.length === 0 ? "" : ` and ${rest.length} more`;
	return {
		state: "failure",
		description: `${titleOf(errorCodeOf(first))}${more}`.slice(0, githubLimits.descriptionCharacters)
	};
}
async function setCommitStatus(world, status) {
	const { host, env } = world;
	const { shape } = inputsSchema;
	const isWanted = shape["commit-status"].safeParse(host.input("commit-status")).data === true;
	const isDryRun = shape["dry-run"].safeParse(host.input("dry-run")).data === true;
	if (!isWanted || isDryRun) return;
	try {
		const context = readContext(env);
		const [repository, sha] = [repositoryOf(context), await readCommit(context)];
		const token = shape["github-token"].parse(host.input("github-token"));
		if (repository === void 0 || sha === void 0 || token === "") {
			host.warning("the commit status could not be set: github-token, GITHUB_REPOSITORY or GITHUB_SHA is missing");
			return;
		}
		await withGitHub({
			token,
			context
		}, world, async ({ request }) => request("POST /repos/{owner}/{repo}/statuses/{sha}", {
			...repository,
			sha,
			context: "sealift/publish",
			...status,
			...context.runUrl === void 0 ? {} : { target_url: context.runUrl }
		}));
		host.info(`commit status ${status.state} on ${sha}`);
	} catch (error) {
		if (world.signal.aborted) return;
		host.warning(`the commit status could not be set: ${describeGitHubFailure(error, "statuses: write")}`);
	}
}

// action/publish/outputs.ts
function outputsOf(outcome) {
	const { signed } = outcome;
	const repository = `${outcome.reference.registry}/${outcome.reference.repository}`;
	return {
		digest: outcome.digest,
		repository,
		ref: `${repository}@${outcome.digest}`,
		tag: outcome.tags[0] ?? "",
		tags: outcome.tags,
		changed: outcome.isChanged,
		signed: signed !== void 0,
		"signature-digest": signed?.signatureDigest ?? "",
		"bundle-path": signed?.bundlePath ?? "",
		"certificate-identity": signed?.identity?.subject ?? "",
		"certificate-oidc-issuer": signed?.identity?.issuer ?? "",
		"provenance-digest": signed?.provenanceDigest ?? "",
		resources: outcome.resources.length,
		size: outcome.size
	};
}
function writeOutputs(host, outcome) {
	const outputs = outputsOf(outcome);
	for (const [name, value] of Object.entries(outputs)) host.output(name, typeof value === "object" ? value.join("\n") : String(value));
	host.output("metadata", JSON.stringify(outputs));
}

// src/signing/bundle-facts.ts
var import_dist = require_dist();
var import_dist$1 = require_dist$1();
function readBundleFacts(bytes) {
	const json = JSON.parse(Buffer.from(bytes).toString("utf8"));
	const { tlogEntries, timestampVerificationData } = (0, import_dist.bundleFromJSON)(json).verificationMaterial;
	const [entry] = tlogEntries;
	const [timestamp] = timestampVerificationData?.rfc3161Timestamps ?? [];
	const loggedMs = Number(entry?.integratedTime ?? 0) * 1e3;
	return {
		logIndex: entry?.logIndex,
		signedAtMs: timestamp === void 0 ? loggedMs || void 0 : import_dist$1.RFC3161Timestamp.parse(Buffer.from(timestamp.signedTimestamp)).signingTime.getTime()
	};
}

// action/publish/signed.ts
async function gatherSigned(store, signer, { published, world }) {
	const { signed, signatureDigest } = published;
	const { signal } = world;
	const ofType = (wanted) => signed.find(({ format, predicateType }) => format === "bundle" && predicateType === wanted)?.digest;
	const digest = ofType(signaturePredicateType);
	return {
		identity: signer.kind === "key" ? void 0 : await signer.identity(signal),
		signatureDigest,
		provenanceDigest: ofType(provenancePredicateType),
		...digest === void 0 ? nothing : await keepBundle(store, digest, world)
	};
}
const nothing = {
	bundlePath: void 0,
	logIndex: void 0,
	signedAt: void 0
};
async function keepBundle(store, digest, world) {
	const { env, host, signal } = world;
	const folder = env["RUNNER_TEMP"];
	try {
		const bytes = await fetchBundle(store, digest, signal);
		const { logIndex, signedAtMs } = readBundleFacts(bytes);
		const hex = digest.slice(digest.indexOf(":") + 1);
		const path = folder && join(folder, `sealift-${hex.slice(0, 12)}.sigstore.json`);
		if (path) await writeFile(path, bytes);
		return {
			bundlePath: path,
			logIndex,
			signedAt: signedAtMs === void 0 ? void 0 : formatTime(signedAtMs)
		};
	} catch (error) {
		if (signal.aborted) throw error;
		host.warning(`the bundle of the signature could not be kept: ${errorMessageOf(error)}`);
		return nothing;
	}
}

// action/publish/commands.ts
function renderCommands({ reference, digest, signed }, facts) {
	if (signed === void 0) return [];
	const ref = `${reference.registry}/${reference.repository}@${digest}`;
	const { identity } = signed;
	const { sealift, cosign } = identity === void 0 ? keyFlags : identityFlags(identity, facts);
	const [ours, theirs] = facts.plainHttp ? ["--plain-http", "--allow-http-registry"] : [];
	const commands = [[
		"sealift",
		"verify",
		ref,
		...sealift,
		...ours === void 0 ? [] : [ours]
	], [
		"cosign",
		"verify",
		...cosign,
		...theirs === void 0 ? [] : [theirs],
		ref
	]].map((words) => words.map(quote).join(" "));
	return [
		`Verify it ${identity === void 0 ? "with the public key" : "by its identity"}:`,
		"",
		fencedBlock(commands.join("\n"), "sh"),
		""
	];
}
const keyFlags = {
	sealift: ["--verify-key", "sealift.pub"],
	cosign: [
		"--key",
		"sealift.pub",
		"--insecure-ignore-tlog"
	]
};
function identityFlags({ subject, issuer }, { trustedRoot, isLogged }) {
	const who = [`--certificate-identity=${subject}`, `--certificate-oidc-issuer=${issuer}`];
	const root = `--trusted-root=${trustedRoot === "" ? "trusted_root.json" : trustedRoot}`;
	return {
		sealift: [...who, root],
		cosign: [
			...who,
			...trustedRoot === "" ? [] : [root],
			...isLogged ? [] : ["--insecure-ignore-tlog", "--use-signed-timestamps"]
		]
	};
}
function quote(word) {
	return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

// action/publish/summary.ts
const summaryBytes = 204800;
const tagsShown = 20;
const kindsShown = 30;
function renderSummary(facts) {
	const { outcome, isDryRun } = facts;
	return withList([
		`### ${heading(facts)}`,
		"",
		...outcome.isChanged || isDryRun ? [] : ["Nothing has changed: every tag showed this digest already.", ""],
		...renderTable(facts),
		"",
		...isDryRun ? ["Nothing was pushed or signed.", ""] : renderCommands(outcome, facts.verifying),
		...isDryRun || outcome.signed !== void 0 ? [] : ["**Nothing was signed**: nobody vouches for it, and no policy accepts it.", ""]
	], outcome.resources);
}
function renderFailure(error) {
	return withinBudget(failureLines("Nothing was published", error));
}
function heading({ outcome, isDryRun }) {
	const name = outcome.reference.repository.split("/").at(-1) ?? "";
	return `${isDryRun ? "Dry run of" : outcome.isChanged ? "Published" : "Unchanged:"} ${escape(name)} @ ${escape(outcome.tags[0] ?? outcome.digest)}`;
}
function renderTable({ outcome, revision, commitUrl }) {
	const { reference, digest, tags, size, resources } = outcome;
	const rows = [
		["Reference", code(`${reference.registry}/${reference.repository}@${digest}`)],
		["Digest", code(digest)],
		["Tags", enumerate(tags.map(code), tagsShown)],
		["Size", `${size} bytes`],
		["Objects", `${resources.length}: ${enumerate(countKinds(resources), kindsShown)}`]
	];
	rows.push(...signatureRows(outcome));
	if (revision !== void 0) {
		const shown = code(revision);
		rows.push(["Revision", commitUrl === void 0 ? shown : `<a href="${escape(commitUrl, 2e3)}">${shown}</a>`]);
	}
	return [
		"| | |",
		"| --- | --- |",
		...rows.map(([name, value]) => `| ${name} | ${value} |`)
	];
}
function signatureRows({ signed }) {
	if (signed === void 0) return [];
	const { identity, signatureDigest, logIndex, signedAt, provenanceDigest } = signed;
	return [
		["Signed as", identity && codeOf(identity.subject)],
		["Issuer", identity && codeOf(identity.issuer)],
		["Signature", signatureDigest && code(signatureDigest)],
		["Log index", logIndex && code(logIndex)],
		["Timestamp", signedAt && code(signedAt)],
		["Provenance", provenanceDigest && code(provenanceDigest)]
	].flatMap(([name, value]) => value === void 0 ? [] : [[name, value]]);
}
function codeOf(text) {
	return `<code>${escape(text, signingLimits.identityLength)}</code>`;
}
function countKinds(resources) {
	const counts = /* @__PURE__ */ new Map();
	for (const resource of resources) {
		const kind = resource.split(" ", 1)[0] ?? "";
		counts.set(kind, (counts.get(kind) ?? 0) + 1);
	}
	return [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1)).map(([kind, count]) => `${count} ${escape(kind)}`);
}
function withList(head, resources) {
	const fold = (lines) => [
		...head,
		`<details><summary>${resources.length} objects</summary>`,
		"",
		...lines,
		"",
		"</details>",
		""
	];
	const more = (count) => `- ${count} more`;
	let left = summaryBytes - byteLength(fold([more(resources.length)]));
	const lines = [];
	for (const resource of resources) {
		const line = `- ${code(resource)}`;
		left -= Buffer.byteLength(line) + 1;
		if (left < 0) break;
		lines.push(line);
	}
	if (lines.length < resources.length) lines.push(more(resources.length - lines.length));
	return fold(lines).join("\n");
}
function withinBudget(lines) {
	const kept = [...lines, ""];
	while (byteLength(kept) > summaryBytes) kept.splice(-2, 1);
	return kept.join("\n");
}
function byteLength(lines) {
	return Buffer.byteLength(lines.join("\n"));
}
function enumerate(items, max) {
	const rest = items.length - max;
	return rest > 0 ? `${items.slice(0, max).join(", ")} and ${rest} more` : items.join(", ");
}

// action/publish/main.ts
async function run(world) {
	const { host } = world;
	let inputs;
	try {
		const read = await readInputs(host, readContext(world.env));
		inputs = read;
		const outcome = await publishOrPrepare(read, world);
		writeOutputs(host, outcome);
		host.info(`${outcome.reference.registry}/${outcome.reference.repository}@${outcome.digest}`);
		await writeSummary(host, read, () => renderSummary({
			...pickFacts(read),
			outcome
		}));
		await setCommitStatus(world, statusOfOutcome(outcome));
		return 0;
	} catch (error) {
		if (world.signal.aborted) {
			host.error("the run was cancelled", { title: "Cancelled" });
			return 1;
		}
		const folder = inputs?.path.folder ?? "";
		reportError(host, error, (file) => posix.join(folder, file));
		await writeSummary(host, inputs, () => renderFailure(error));
		await setCommitStatus(world, statusOfFailure(error));
		return 1;
	}
}
async function publishOrPrepare(inputs, world) {
	const { host, now, signal } = world;
	const startedMs = now();
	const ports = {
		now,
		signal,
		log: (line) => host.info(line)
	};
	const files = await host.group("Collect files", async () => {
		const collected = await collectFiles(inputs.path.absolute);
		for (const { path } of collected.files) host.info(path);
		for (const path of collected.skipped) host.info(`left out ${path}`);
		return collected.files;
	});
	const { reference, annotations, allowPlaintextSecrets, tags } = inputs;
	if (inputs.isDryRun) {
		const { packed, resources } = await host.group("Dry run", async () => prepare({
			files,
			annotations,
			allowPlaintextSecrets,
			tags
		}, ports));
		return {
			reference,
			digest: packed.manifest.descriptor.digest,
			tags,
			isChanged: false,
			signed: void 0,
			resources,
			size: packed.layer.bytes.byteLength
		};
	}
	const signer = openSigner(inputs.signing, world);
	if (signer === void 0) host.warning("sign is none: nobody vouches for what is published, and no policy will accept it");
	const { open, close } = connectRegistries({
		...userSettings(world.env),
		ca: inputs.ca,
		random: world.random,
		now
	});
	try {
		const store = open(reference, inputs.plainHttp);
		const request = {
			store,
			files,
			annotations,
			allowPlaintextSecrets,
			signer,
			tags
		};
		const published = await host.group("Publish", () => publish({
			...request,
			...signingOf(inputs, world, startedMs)
		}, ports));
		if (!published.isChanged) host.info("nothing has changed");
		const signed = signer === void 0 ? void 0 : await gatherSigned(store, signer, {
			published,
			world
		});
		if (signed?.identity !== void 0) host.info(`signed as ${signed.identity.subject}`);
		return {
			...published,
			reference,
			signed
		};
	} finally {
		close();
	}
}
function signingOf({ reference, signing, hasProvenance, givenPath, annotations }, { env }, startedMs) {
	return {
		repository: `${reference.registry}/${reference.repository}`,
		provenance: signing.way === "none" || !hasProvenance ? void 0 : {
			path: givenPath,
			source: annotations[sourceAnnotation],
			revision: annotations[revisionAnnotation],
			env,
			startedMs
		}
	};
}
function pickFacts(inputs) {
	const { revision, commitUrl, isDryRun, plainHttp, trustedRoot, signing } = inputs;
	return {
		revision,
		commitUrl,
		isDryRun,
		verifying: {
			plainHttp,
			trustedRoot,
			isLogged: signing.way === "keyless" && signing.services.logs.length > 0
		}
	};
}
async function writeSummary(host, inputs, render) {
	if (inputs?.hasSummary !== true) return;
	try {
		await host.summary(render());
	} catch (error) {
		host.warning(`the job summary could not be written: ${errorMessageOf(error)}`);
	}
}

// action/publish/index.ts
await startAction(run);

export {  };