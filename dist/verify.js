import { A as readContext, Ct as artifactLayer, Dt as unpackLayer, En as startAction, Gt as archiveLimits, H as aggregationLabel, Mt as parseManifest, Q as objectRuleNames, Sn as VerificationError, St as parseTag, Tn as isSealiftError, Tt as fetchLayer, U as apiGroup, Z as objectRuleDomains, a as readRegistry, at as fetchBytes, ct as isResourceFile, dn as ContentError, f as requiredText, gt as formatIdentity, hn as PolicyError, i as parseVersion, m as text, n as maskRegistrySecrets, o as registryFields, pn as InputError, r as parseRepository, s as flag, t as readAll, u as parsed, ut as readResources, vt as identityOf, w as withRepository } from "./chunks/common.js";
import { d as object } from "./chunks/zod.js";
import { a as requirementsFor, c as matchSignatures, h as parseSourceUrl, i as runAction, n as trustFields, p as distinctSigners, r as defaultNamespace, s as judge, t as readTrust } from "./chunks/trust.js";
import { _ as findCandidates, x as provenancePredicateType, y as matchProvenance } from "./chunks/signing.js";

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

// src/render/transforms.ts
function transformsOf(transforms) {
	const { path, commonMetadata, ignore = [], driftMode = "Correct", layerSelector } = transforms;
	const used = /* @__PURE__ */ new Set();
	if (folderOf(path) !== "") used.add("path");
	if (commonMetadata !== void 0) used.add("commonMetadata");
	if (ignore.length > 0) used.add("ignore");
	if (driftMode !== "Correct") used.add("driftMode");
	if (layerSelector !== void 0) used.add("layerSelector");
	return used;
}
function transformResources(parsed, { path, commonMetadata }) {
	const folder = folderOf(path);
	const chosen = parsed.filter(({ location }) => folder === "" || location.file.startsWith(`${folder}/`)).map(({ resource }) => resource);
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
			const files = await fetchSelected(source, layer, {
				operation,
				signal
			});
			const parsed = readResources(files.filter(({ path }) => isResourceFile(path)));
			const resources = transformResources(parsed, transforms);
			assertNoSelfModification(resources, request.pullerNamespace);
			return [void 0, `${resources.length} objects in ${layer.size} bytes`];
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