import { A as readContext, C as withRegistries, Dn as ResourceError, Dt as parseReference, Et as formatReference, Mn as errorMessageOf, Nn as isSealiftError, O as reportEnd, Ot as parseTag, Pn as startAction, Qt as collectLimits, S as titleOf, Sn as InvalidReferenceError, St as identityOf, a as readRegistry, b as reportError, bn as FailuresError, c as lines, dt as locateFields, f as requiredText, g as resolveInWorkspace, hn as signingLimits, in as imageLimits, j as repositoryOf, jn as errorCodeOf, k as withDeadline, m as text, n as maskRegistrySecrets, nn as githubLimits, o as registryFields, p as splitLines, r as parseRepository, s as flag, st as formatTime, t as readAll, u as parsed, ut as readResources, v as placesIn, w as withRepository, x as reportWarnings, xn as InputError, y as problemsOf } from "./chunks/common.js";
import { g as string, n as _enum, p as object } from "./chunks/zod.js";
import { a as openSigner, l as validate, m as fetchBundle, n as optionalSigningFields, o as prepare, r as readSigning, s as publish, t as maskSigningSecrets } from "./chunks/packing.js";
import { a as toSourceOptions, c as matchesGlob, i as renderShape, o as readSources, s as compileGlob, t as fencedBlock } from "./chunks/markdown.js";
import { a as readCommit, r as withGitHub, s as readEventPayload, t as describeGitHubFailure } from "./chunks/github.js";
import { t as require_dist } from "./chunks/yaml.js";
import { O as signaturePredicateType, n as escape, r as failureLines, t as code, x as provenancePredicateType } from "./chunks/signing.js";
import { n as require_dist$2, r as require_dist$1 } from "./chunks/sigstore.js";
import { join, relative, resolve, sep } from "node:path";
import { realpath, writeFile } from "node:fs/promises";

// src/images/reference.ts
const defaultRegistry = "docker.io";
const defaultNamespace = "library";
const defaultRegistryAlias = "index.docker.io";
const defaultRegistryHost = "registry-1.docker.io";
const defaultTag = "latest";
function parseImage(text) {
	if (text.length > imageLimits.referenceLength || text.includes("://")) {
		const shown = JSON.stringify(text.slice(0, 300));
		throw new InvalidReferenceError("REFERENCE_INVALID", `image ${shown} is not valid`, { hint: "An image is [HOST/]NAME[:TAG][@DIGEST], without a scheme." });
	}
	const slash = text.indexOf("/");
	if (!isHost(slash < 0 ? "" : text.slice(0, slash))) return parseReference(`${defaultRegistry}/${slash < 0 ? `${defaultNamespace}/` : ""}${text}`);
	const reference = parseReference(text);
	if (reference.registry !== defaultRegistry && reference.registry !== defaultRegistryAlias) return reference;
	const { repository } = reference;
	return {
		...reference,
		registry: defaultRegistry,
		repository: repository.includes("/") ? repository : `${defaultNamespace}/${repository}`
	};
}
function formatImage(image) {
	const isBare = image.tag === void 0 && image.digest === void 0;
	return formatReference(isBare ? {
		...image,
		tag: defaultTag
	} : image);
}
function wantedOf({ tag, digest }) {
	return digest ?? tag ?? defaultTag;
}
function toRequestable({ registry, ...rest }) {
	return {
		...rest,
		registry: registry === defaultRegistry ? defaultRegistryHost : registry
	};
}
function isHost(first) {
	return first === "localhost" || /[.:]/u.test(first);
}

// src/images/rewrite.ts
function parseRewrites(texts, name = "--rewrite") {
	if (texts.length > imageLimits.rewrites) throw new InputError("INPUT_INVALID", `there are more than ${imageLimits.rewrites} rules to rewrite by`);
	return texts.map((text) => {
		const [from = "", to = "", ...more] = text.split("=");
		if (more.length === 0 && isPrefix(from) && isPrefix(to)) return {
			from,
			to
		};
		throw new InputError("INPUT_INVALID", `${name} ${JSON.stringify(text.slice(0, 300))} is not FROM=TO`, { hint: "Both are HOST or HOST/PATH, in full: docker.io/library=mirror.example.com/hub." });
	});
}
function rewriteImage(image, rules) {
	const name = `${image.registry}/${image.repository}`;
	const rule = rules.filter(({ from }) => name === from || name.startsWith(`${from}/`)).toSorted((a, b) => b.from.length - a.from.length)[0];
	if (rule === void 0) return image;
	const { registry, repository } = parseImage(`${rule.to}${name.slice(rule.from.length)}`);
	return {
		...image,
		registry,
		repository
	};
}
function isPrefix(text) {
	if (text === "" || text.length > imageLimits.referenceLength || /[@=]|:(?!\d+(?:\/|$))/u.test(text)) return false;
	try {
		return `${parseImage(`${text}/name`).registry}/` === `${text.split("/")[0] ?? ""}/`;
	} catch {
		return false;
	}
}

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
	assertNoCredentials(annotations.get(standard.source) ?? "");
	return Object.fromEntries(annotations);
}
function assertNoCredentials(source) {
	if (!URL.canParse(source)) return;
	const { protocol, username, password } = new URL(source);
	if (password === "" && (username === "" || !/^https?:$/u.test(protocol))) return;
	throw new InputError("INPUT_INVALID", "source is a URL with credentials, which would be published", { hint: "Leave out what stands before the \"@\"." });
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

// src/operations/path-choice.ts
const anyFolders = "**";
function isWild(segment) {
	return /[*?]/u.test(segment);
}
function choosePaths(paths) {
	if (paths.length > collectLimits.paths) throw new InputError("INPUT_INVALID", `${paths.length} paths are more than ${collectLimits.paths}`);
	const patterns = paths.map(compile);
	const meter = { steps: collectLimits.pathSteps };
	const reach = (pattern, path) => {
		const reached = follow(pattern.steps, path.split("/"), meter);
		if (meter.steps >= 0) return reached;
		throw new InputError("INPUT_INVALID", "the globs of all paths together cost too much to compare");
	};
	return {
		takes: (path) => patterns.some((pattern) => reach(pattern, path) === "taken"),
		enters: (folder) => patterns.some((pattern) => reach(pattern, folder) !== "left"),
		names: (path) => {
			const segments = path.split("/");
			return patterns.some(({ literal }) => segments.every((segment, index) => segment === literal[index]));
		},
		assertAllFound: (files) => {
			const empty = patterns.find((pattern) => !files.some((file) => reach(pattern, file) === "taken"));
			if (empty === void 0) return;
			throw new InputError("INPUT_INVALID", `${JSON.stringify(empty.given)} gives no file to publish`, { hint: "It may be ignored, or hold neither YAML nor JSON; wildcards find neither hidden files nor links." });
		}
	};
}
function compile({ given, segments }) {
	const wild = segments.findIndex(isWild);
	const steps = segments.map((segment) => {
		if (segment === anyFolders) return anyFolders;
		if (!isWild(segment)) return { name: segment };
		const glob = compileGlob(bytesOf(segment.replaceAll(/[[\\]/gu, String.raw`\$&`)));
		if (glob === void 0) throw new TypeError("no pattern without brackets is empty");
		return { glob };
	});
	return {
		given,
		literal: wild === -1 ? segments : segments.slice(0, wild),
		steps
	};
}
function follow(steps, segments, meter) {
	let places = /* @__PURE__ */ new Set();
	const enter = (set, place) => {
		set.add(place);
		if (steps[place] === anyFolders) enter(set, place + 1);
	};
	enter(places, 0);
	for (const segment of segments) {
		if (places.has(steps.length)) return "taken";
		const next = /* @__PURE__ */ new Set();
		for (const place of places) {
			const step = steps[place];
			if (step === anyFolders) enter(next, place);
			else if (step !== void 0 && stands(step, segment, meter)) enter(next, place + 1);
		}
		places = next;
	}
	if (places.has(steps.length)) return "taken";
	return places.size > 0 ? "open" : "left";
}
function stands(step, segment, meter) {
	return "name" in step ? step.name === segment : matchesGlob(step.glob, bytesOf(segment), meter);
}
function bytesOf(text) {
	return Buffer.from(text).toString("latin1");
}

// action/publish/paths.ts
async function readPath(given, { workspace }, problems) {
	if (given === void 0) return void 0;
	return problems.attempt("path", () => resolvePaths(workspace, splitLines(given)));
}
function toChosen({ only }, render, problems) {
	if (only === void 0) return render;
	if (render.mode !== "auto" && render.mode !== "none") problems.add(new InputError("INPUT_CONFLICT", `render: ${render.mode} has no use with several paths, or with a glob`, { hint: "Name in path the one directory that is rendered, or leave render out." }));
	return {
		...render,
		mode: "none",
		only
	};
}
async function resolvePaths(workspace, lines) {
	const [first = ".", ...others] = lines;
	if (others.length === 0 && !isWild(first)) return resolveInWorkspace(workspace, first);
	if (lines.length > collectLimits.paths) throw new InputError("INPUT_INVALID", `has ${lines.length} lines, more than ${collectLimits.paths}`);
	const found = [];
	for (const line of lines) found.push(await find(workspace, line));
	const shared = found.map(({ folder }) => folder).reduce(commonOf);
	const chosen = found.map(({ given, segments }) => ({
		given,
		segments: segments.slice(shared.length)
	}));
	const folder = shared.join("/");
	return {
		absolute: resolve(await realpath(workspace), folder),
		folder,
		only: choosePaths(chosen)
	};
}
async function find(workspace, given) {
	const parts = splitPath(given);
	const wild = parts.findIndex(isWild);
	const literal = wild === -1 ? parts : parts.slice(0, wild);
	const rest = wild === -1 ? [] : parts.slice(wild).filter((part) => part !== "" && part !== ".");
	if (rest.includes("..")) throw new InputError("INPUT_INVALID", `${JSON.stringify(given)} has ".." behind a wildcard`);
	const start = literal.length === 0 ? "." : literal.join("/") || "/";
	const place = await resolveInWorkspace(workspace, start);
	const root = await realpath(workspace);
	const way = relative(root, place.absolute).split(sep);
	return {
		given,
		folder: place.folder.split("/").filter((part) => part !== ""),
		segments: [...way.filter((part) => part !== ""), ...rest]
	};
}
function splitPath(path) {
	return sep === "/" ? path.split("/") : path.split(/[\\/]/u);
}
function commonOf(one, other) {
	const end = one.findIndex((part, index) => part !== other[index]);
	return end === -1 ? one : one.slice(0, end);
}

// action/publish/inputs.ts
const inputsSchema = object({
	repository: parsed(requiredText, parseRepository),
	path: requiredText,
	...renderShape,
	exclude: string(),
	tags: lines,
	annotations: lines,
	secrets: text.pipe(_enum([
		"deny",
		"warn",
		"allow"
	], "is neither deny nor warn nor allow")),
	validate: flag,
	"rewrite-images": lines,
	"lock-images": flag,
	source: parsed(text, parseSource),
	revision: text.regex(/^[^\r\n]*$/u, "has several lines"),
	created: parsed(text, parseCreated),
	...optionalSigningFields,
	"signature-storage": text.pipe(_enum([
		"referrer",
		"tag",
		"both"
	], "is neither referrer nor tag nor both")),
	provenance: flag,
	...registryFields,
	"dry-run": flag,
	summary: flag,
	"commit-status": flag,
	"github-token": text
});
const formats = {
	referrer: ["bundle"],
	tag: ["legacy"],
	both: ["bundle", "legacy"]
};
async function readInputs(host, context) {
	maskSigningSecrets(host, context);
	maskRegistrySecrets(host);
	host.mask(host.input("github-token").trim());
	return readAll(host, inputsSchema, (values, problems, whole) => complete(values, context, {
		problems,
		whole
	}));
}
async function complete(values, context, { problems, whole }) {
	const path = await readPath(values.path, context, problems);
	const render = whole && await toSourceOptions(whole, context, problems);
	const sources = path && render && toChosen(path, render, problems);
	const tags = await problems.attempt("tags", () => tagsOf(values.tags ?? [], context));
	const rewrites = await problems.attempt("rewrite-images", () => parseRewrites(values["rewrite-images"] ?? [], "rule"));
	const annotations = await readAnnotations(values, context, problems);
	const isDryRun = values["dry-run"] === true;
	const signing = await readSigning(values, context, {
		problems,
		isDryRun
	});
	const login = isDryRun ? {
		...values,
		"registry-username": "",
		"registry-password": ""
	} : values;
	const registry = await readRegistry(login, context, problems);
	if (whole === void 0 || path === void 0 || sources === void 0) return void 0;
	if (tags === void 0 || rewrites === void 0) return void 0;
	if (signing === void 0 || registry === void 0) return void 0;
	const revision = annotations[revisionAnnotation];
	return {
		reference: whole.repository,
		path,
		render: {
			...sources,
			exclude: whole.exclude
		},
		tags,
		annotations,
		secrets: whole.secrets,
		validates: whole.validate,
		rewrites,
		locksImages: whole["lock-images"],
		revision,
		commitUrl: commitUrlOf(revision, context),
		signing,
		signatureFormats: formats[whole["signature-storage"]],
		hasProvenance: whole.provenance,
		givenPath: whole.path,
		trustedRoot: whole["trusted-root"],
		registry,
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
			host.warning("the commit status could not be set: github-token, GITHUB_REPOSITORY or GITHUB_SHA is missing", { title: "Commit status" });
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
		const why = describeGitHubFailure(error, "statuses: write");
		host.warning(`the commit status could not be set: ${why}`, { title: "Commit status" });
	}
}

// src/images/kinds.ts
const podFields = [
	"containers.*.image",
	"initContainers.*.image",
	"ephemeralContainers.*.image",
	"volumes.*.image.reference"
];
const stepFields = [
	"steps.*.image",
	"sidecars.*.image",
	"stepTemplate.image"
];
const templates = [...[
	"container.image",
	"script.image",
	"initContainers.*.image",
	"sidecars.*.image"
], "containerSet.containers.*.image"];
const pod = (at) => podFields.map((field) => `${at}.${field}`);
const steps = (at) => stepFields.map((field) => `${at}.${field}`);
const workflow = (at) => templates.map((field) => `${at}.templates.*.${field}`);
const pipeline = (at) => [...steps(`${at}.tasks.*.taskSpec`), ...steps(`${at}.finally.*.taskSpec`)];
const template = pod("spec.template.spec");
const monitored = ["spec.image", ...pod("spec")];
const predictor = (at) => [...pod(at), ...[
	"model",
	"sklearn",
	"xgboost",
	"tensorflow",
	"pytorch",
	"triton",
	"onnx",
	"huggingface"
].map((framework) => `${at}.${framework}.image`)];
const table = {
	Pod: pod("spec"),
	PodTemplate: pod("template.spec"),
	ReplicationController: template,
	"Deployment.apps": template,
	"StatefulSet.apps": template,
	"DaemonSet.apps": template,
	"ReplicaSet.apps": template,
	"Job.batch": template,
	"CronJob.batch": pod("spec.jobTemplate.spec.template.spec"),
	"Rollout.argoproj.io": template,
	"Workflow.argoproj.io": workflow("spec"),
	"WorkflowTemplate.argoproj.io": workflow("spec"),
	"ClusterWorkflowTemplate.argoproj.io": workflow("spec"),
	"CronWorkflow.argoproj.io": workflow("spec.workflowSpec"),
	"Service.serving.knative.dev": template,
	"Configuration.serving.knative.dev": template,
	"Revision.serving.knative.dev": pod("spec"),
	"Task.tekton.dev": steps("spec"),
	"ClusterTask.tekton.dev": steps("spec"),
	"TaskRun.tekton.dev": steps("spec.taskSpec"),
	"Pipeline.tekton.dev": pipeline("spec"),
	"PipelineRun.tekton.dev": pipeline("spec.pipelineSpec"),
	"InferenceService.serving.kserve.io": [
		...predictor("spec.predictor"),
		...pod("spec.transformer"),
		...pod("spec.explainer")
	],
	"ServingRuntime.serving.kserve.io": pod("spec"),
	"ClusterServingRuntime.serving.kserve.io": pod("spec"),
	"Prometheus.monitoring.coreos.com": monitored,
	"PrometheusAgent.monitoring.coreos.com": monitored,
	"Alertmanager.monitoring.coreos.com": monitored,
	"ThanosRuler.monitoring.coreos.com": monitored,
	"OpenTelemetryCollector.opentelemetry.io": ["spec.image", ...podFields.map((field) => `spec.${field}`)],
	"ScaledJob.keda.sh": pod("spec.jobTargetRef.template.spec"),
	"CloneSet.apps.kruise.io": template,
	"StatefulSet.apps.kruise.io": template,
	"DaemonSet.apps.kruise.io": template,
	"Cluster.postgresql.cnpg.io": ["spec.imageName"],
	"Elasticsearch.elasticsearch.k8s.elastic.co": ["spec.image", ...pod("spec.nodeSets.*.podTemplate.spec")],
	"Kibana.kibana.k8s.elastic.co": ["spec.image", ...pod("spec.podTemplate.spec")],
	"RayCluster.ray.io": [...pod("spec.headGroupSpec.template.spec"), ...pod("spec.workerGroupSpecs.*.template.spec")],
	"SparkApplication.sparkoperator.k8s.io": [
		"spec.image",
		"spec.driver.image",
		"spec.executor.image"
	]
};
const paths = new Map(Object.entries(table).map(([kind, texts]) => [kind, texts.map((text) => text.split("."))]));
function imagePathsOf(kind, group) {
	return paths.get(group === "" ? kind : `${kind}.${group}`) ?? [];
}

// src/images/find.ts
function findImages(resources, files) {
	const found = [];
	const problems = [];
	for (const field of locate(resources.flatMap(fieldsOf), files)) {
		try {
			found.push({
				...field,
				image: parseImage(field.text)
			});
		} catch (cause) {
			problems.push(new ResourceError("RESOURCE_INVALID", errorMessageOf(cause), field.location, { cause }));
		}
		if (found.length > imageLimits.fields) {
			problems.push(new ResourceError("RESOURCE_LIMIT", `files name more than ${imageLimits.fields} images`, field.location));
			break;
		}
	}
	const [first, ...rest] = problems.slice(0, imageLimits.problems);
	if (first === void 0) return found;
	throw new FailuresError([first, ...rest], "not every image is a valid reference");
}
function fieldsOf({ resource, location }) {
	const identity = identityOf(resource);
	return imagePathsOf(identity.kind, identity.group).flatMap((path) => textsAt(resource, path).map((at) => ({
		...at,
		identity,
		location,
		object: location
	})));
}
function textsAt(value, path) {
	const [step, ...rest] = path;
	if (step === void 0) return typeof value === "string" && value !== "" ? [{
		text: value,
		path: []
	}] : [];
	if (step === "*") {
		if (!Array.isArray(value)) return [];
		return value.flatMap((item, index) => below(item, `${index}`, rest));
	}
	if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return [];
	return below(Object.entries(value).find(([key]) => key === step)?.[1], step, rest);
}
function below(value, step, rest) {
	return textsAt(value, rest).map(({ text, path }) => ({
		text,
		path: [step, ...path]
	}));
}
function locate(fields, files) {
	const bytesOf = new Map(files.map(({ path, bytes }) => [path, bytes]));
	return [...Map.groupBy(fields, ({ location }) => location.file)].flatMap(([file, inFile]) => {
		const bytes = bytesOf.get(file);
		const places = bytes === void 0 ? [] : locateFields(file, bytes, inFile);
		return inFile.map((field, index) => ({
			...field,
			location: places[index] ?? field.location
		}));
	});
}

// src/images/lock.ts
const imageLockFile = "images.lock";
async function lockImages(images, resolve) {
	const wanted = [...new Map(images.map((image) => [formatImage(image), image]))].toSorted(([a], [b]) => a < b ? -1 : 1);
	const locked = [];
	const failures = [];
	for (let begin = 0; begin < wanted.length; begin += imageLimits.lookups) {
		const batch = wanted.slice(begin, begin + imageLimits.lookups);
		const settled = await Promise.allSettled(batch.map(async ([name, image]) => ({
			image: name,
			digest: image.digest ?? await resolve(image)
		})));
		for (const one of settled) if (one.status === "fulfilled") locked.push(one.value);
		else failures.push(one.reason);
	}
	throwFailures(failures);
	return locked;
}
function formatImageLock(images) {
	const lines = images.map(({ image, digest }) => ({
		digest,
		image
	}));
	return Buffer.from(`${JSON.stringify({
		images: lines,
		version: 1
	}, void 0, 2)}\n`);
}
function throwFailures(failures) {
	const known = failures.filter(isSealiftError);
	if (known.length < failures.length) throw failures.find((failure) => !isSealiftError(failure));
	const [first, ...rest] = known.slice(0, imageLimits.problems);
	if (first === void 0) return;
	throw new FailuresError([first, ...rest], `image not found: ${errorMessageOf(first, 200)}`);
}

// src/operations/image-lock.ts
async function makeImageLock(files, resolve, { log }) {
	if (files.some(({ path }) => path === "images.lock")) throw new InputError("INPUT_CONFLICT", `an image lock, and a file ${imageLockFile} among the files`);
	const images = findImages(readResources(files), files).map(({ image }) => image);
	const locked = await lockImages(images, resolve);
	log(`locked ${locked.length} images`);
	return {
		file: {
			path: imageLockFile,
			bytes: formatImageLock(locked)
		},
		images: locked.length
	};
}

// src/resources/marked-values.ts
var import_dist$2 = require_dist();
const plainText = /^[A-Za-z0-9][\w./@-]*(?::[\w./@-]+)*$/u;
function editTexts(bytes, wanted) {
	const lines = Buffer.from(bytes).toString("utf8").split("\n");
	const edits = [];
	const problems = [];
	for (const { location, value, fresh } of wanted) {
		const { line = 1, column = 1 } = location;
		const at = column - 1 + (lines[line - 1]?.length ?? 0) - bareLine(lines, line - 1).length;
		const rest = lines[line - 1]?.slice(at) ?? "";
		const quote = [
			"\"",
			"'",
			""
		].find((one) => isWrittenSo(rest, `${one}${value}${one}`));
		if (quote === void 0 || !plainText.test(fresh)) problems.push(new ResourceError("RESOURCE_INVALID", "a text that is replaced must be plain or quoted text on one line, without escapes", location));
		else if (!edits.some((edit) => edit.line === line - 1 && edit.column === at)) edits.push({
			line: line - 1,
			column: at,
			old: `${quote}${value}${quote}`,
			fresh: `${quote}${fresh}${quote}`
		});
	}
	return {
		bytes: apply(bytes, lines, edits),
		problems
	};
}
function isWrittenSo(rest, written) {
	return rest.startsWith(written) && /^(?:[\s,\]}]|$)/u.test(rest.slice(written.length));
}
function apply(bytes, lines, edits) {
	if (edits.length === 0) return bytes;
	const edited = [...lines];
	for (const { line, column, old, fresh } of edits.toSorted((a, b) => b.column - a.column)) {
		const text = edited[line] ?? "";
		edited[line] = `${text.slice(0, column)}${fresh}${text.slice(column + old.length)}`;
	}
	return Buffer.from(edited.join("\n"));
}
function bareLine(lines, index) {
	const line = lines[index] ?? "";
	return index === 0 ? line.replace(/^\u{feff}/u, "") : line;
}

// src/operations/rewrite-images.ts
function rewriteImages(files, rules, { log }) {
	if (rules.length === 0) return files;
	const resources = readResources(files);
	const rewritten = findImages(resources, files).flatMap((found) => {
		const image = rewriteImage(found.image, rules);
		return image === found.image ? [] : [{
			...found,
			fresh: formatReference(image)
		}];
	});
	const byFile = Map.groupBy(rewritten, ({ location }) => location.file);
	const problems = [];
	const edited = files.map((file) => {
		const inFile = byFile.get(file.path);
		if (inFile === void 0) return file;
		const { bytes, problems: found } = editFile(file, inFile);
		problems.push(...found);
		return {
			...file,
			bytes
		};
	});
	const [first, ...rest] = problems.slice(0, imageLimits.problems);
	if (first !== void 0) throw new FailuresError([first, ...rest], "not every image can be rewritten");
	for (const { location, text, fresh } of rewritten) log(`rewrote ${location.file}:${location.line ?? 1}: ${text} -> ${fresh}`);
	return edited;
}
function editFile({ path, bytes }, images) {
	const wanted = images.map((image) => ({
		location: image.object,
		path: image.path
	}));
	const places = locateFields(path, bytes, wanted, "value");
	return editTexts(bytes, images.map(({ text, fresh, location }, index) => ({
		location: places[index] ?? location,
		value: text,
		fresh
	})));
}

// action/publish/images.ts
async function withImages(collected, { reference, registry, rewrites, locksImages, isDryRun }, world) {
	const { host, signal } = world;
	const log = (line) => host.info(line);
	const files = rewriteImages(collected, rewrites, { log });
	if (!locksImages || isDryRun) return {
		files,
		images: void 0
	};
	return withRegistries(reference.registry, registry, world, async (open) => {
		const { file, images } = await makeImageLock(files, async (image) => (await open(toRequestable(image)).resolve(wantedOf(image), signal)).descriptor.digest, { log });
		return {
			files: [...files, file],
			images
		};
	});
}

// action/publish/outputs.ts
function outputsOf(outcome) {
	const { signed, images = "" } = outcome;
	const repository = `${outcome.reference.registry}/${outcome.reference.repository}`;
	return {
		digest: outcome.digest,
		repository,
		ref: `${repository}@${outcome.digest}`,
		tag: outcome.tags[0] ?? "",
		tags: outcome.tags,
		changed: outcome.isChanged,
		...signedOutputs(signed),
		resources: outcome.resources.length,
		images,
		size: outcome.size
	};
}
function signedOutputs(signed) {
	return {
		signed: signed !== void 0,
		"signature-digest": signed?.signatureDigest ?? "",
		"bundle-path": signed?.bundlePath ?? "",
		"certificate-identity": signed?.identity?.subject ?? "",
		"certificate-oidc-issuer": signed?.identity?.issuer ?? "",
		"provenance-digest": signed?.provenanceDigest ?? ""
	};
}
function writeOutputs(host, outcome) {
	const outputs = outputsOf(outcome);
	for (const [name, value] of Object.entries(outputs)) host.output(name, typeof value === "object" ? value.join("\n") : String(value));
	host.output("metadata", JSON.stringify(outputs));
}

// src/signing/bundle-facts.ts
var import_dist = require_dist$1();
var import_dist$1 = require_dist$2();
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
	const { reference, digest, tags, size, resources, rendering } = outcome;
	const rows = [
		["Reference", code(`${reference.registry}/${reference.repository}@${digest}`)],
		["Digest", code(digest)],
		["Tags", enumerate(tags.map(code), tagsShown)],
		["Size", `${size} bytes`],
		["Objects", `${resources.length}: ${enumerate(countKinds(resources), kindsShown)}`],
		...outcome.images === void 0 ? [] : [["Images", `${outcome.images} locked`]]
	];
	if (rendering !== void 0) rows.push(["Rendered with", code(`${rendering.tool} ${rendering.version}`)]);
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
async function run(given) {
	const { host } = given;
	let world = given;
	let inputs;
	let rendering;
	const onRendered = (made) => void (rendering = made);
	try {
		const read = await readInputs(host, readContext(world.env));
		inputs = read;
		world = withDeadline(given, read.registry.timeoutMs);
		const outcome = await publishOrPrepare(read, world, onRendered);
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
			reportEnd(host, world.signal);
			return 1;
		}
		reportError(host, error, placesIn(inputs?.path.folder ?? "", rendering));
		await writeSummary(host, inputs, () => renderFailure(error));
		await setCommitStatus(world, statusOfFailure(error));
		return 1;
	}
}
async function publishOrPrepare(inputs, world, onRendered) {
	const { host, env, now, signal } = world;
	const startedMs = now();
	const ports = {
		now,
		signal,
		log: (line) => host.info(line)
	};
	const { files: collected, rendering } = await host.group("Collect files", async () => {
		const sources = await readSources(inputs.path.absolute, inputs.render, {
			env,
			signal
		});
		if (sources.rendering !== void 0) onRendered(sources.rendering);
		host.list(sources.files.map(({ path }) => path));
		host.list(sources.skipped.map((note) => sources.rendering === void 0 ? `left out ${note}` : note));
		return sources;
	});
	const { files, images } = await withImages(collected, inputs, world);
	const { reference, annotations, tags } = inputs;
	const toPlace = placesIn(inputs.path.folder, rendering);
	const warn = (warnings) => reportWarnings(host, warnings, toPlace);
	const content = {
		files,
		annotations,
		tags,
		...secretsOf(inputs, warn)
	};
	if (inputs.isDryRun) {
		const { packed, resources } = await host.group("Dry run", async () => {
			const prepared = prepare(content, ports);
			if (inputs.validates) warn(endingSoon(await validate(prepared, ports)));
			return prepared;
		});
		return {
			reference,
			digest: packed.manifest.descriptor.digest,
			tags,
			isChanged: false,
			signed: void 0,
			resources,
			images,
			size: packed.layer.bytes.byteLength,
			rendering
		};
	}
	const signer = openSigner(inputs.signing, world, inputs.registry);
	if (signer === void 0) host.warning("sign is none: nobody vouches for what is published, and no policy will accept it");
	return withRepository(reference, inputs.registry, world, async (store) => {
		const request = {
			...content,
			store,
			signer,
			validate: inputs.validates
		};
		const published = await host.group("Publish", () => publish({
			...request,
			...signingOf(inputs, world, {
				startedMs,
				rendering
			})
		}, ports));
		warn(endingSoon(published.warnings));
		if (!published.isChanged) host.info("nothing has changed");
		const signed = signer && await gatherSigned(store, signer, {
			published,
			world
		});
		return {
			...published,
			reference,
			signed,
			images,
			rendering
		};
	});
}
function secretsOf({ secrets }, warn) {
	return {
		allowPlaintextSecrets: secrets !== "deny",
		onPlaintextSecrets: secrets === "warn" ? warn : void 0
	};
}
function endingSoon(warnings) {
	return warnings.filter(({ code }) => code === "API_DEPRECATED" || code === "API_NOT_SERVED");
}
function signingOf({ reference, signing, signatureFormats, hasProvenance, givenPath, annotations }, { env }, { startedMs, rendering }) {
	return {
		signatureFormats,
		repository: `${reference.registry}/${reference.repository}`,
		provenance: signing.way === "none" || !hasProvenance ? void 0 : {
			path: givenPath,
			source: annotations[sourceAnnotation],
			revision: annotations[revisionAnnotation],
			rendering,
			env,
			startedMs
		}
	};
}
function pickFacts(inputs) {
	const { revision, commitUrl, isDryRun, trustedRoot, signing } = inputs;
	const { plainHttp } = inputs.registry;
	return {
		revision,
		commitUrl,
		isDryRun,
		verifying: {
			plainHttp,
			trustedRoot,
			isLogged: (signing.way === "keyless" ? signing.services.logs : []).some(({ version }) => version === 1 || inputs.signatureFormats.includes("bundle"))
		}
	};
}
async function writeSummary(host, inputs, render) {
	if (inputs?.hasSummary !== true) return;
	try {
		await host.summary(render());
	} catch (error) {
		host.warning(`the job summary could not be written: ${errorMessageOf(error)}`, { title: "Job summary" });
	}
}

// action/publish/index.ts
await startAction(run);

export {  };