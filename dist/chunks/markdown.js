import { En as RenderError, Mn as errorMessageOf, St as identityOf, Zt as archiveLimits, bn as FailuresError, bt as formatIdentity, c as lines, ct as isResourceFile, fn as renderLimits, ft as locatePath, g as resolveInWorkspace, ht as splitDocuments, lt as isSource, m as text, mt as readDocuments, pn as resourceLimits, pt as parseFile, rn as ignoreLimits, s as flag, xn as InputError, xt as identityKey } from "./common.js";
import { d as looseObject, g as string, i as array, n as _enum } from "./zod.js";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { access, copyFile, cp, lstat, mkdir, mkdtemp, readFile, readdir, realpath, rm, stat, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

// src/render/chart.ts
const chartFile = "Chart.yaml";
const schemaFile = "values.schema.json";
const chartSchema = looseObject({
	name: string().max(250).regex(/^[a-zA-Z0-9._-]+$/u, "is no name of a chart"),
	dependencies: array(looseObject({
		name: string().max(250),
		repository: string().max(2048).nullish()
	})).max(1e3).nullish()
});
async function inspectChart(tree) {
	const walk = {
		tree,
		schemas: [],
		archives: []
	};
	await inspectFolder$1(walk, tree.directory, 0);
	const { name, dependencies } = await readChart(tree, tree.directory);
	const vendored = await readVendored(tree);
	return {
		name,
		missing: dependencies.filter((dependency) => !vendored(dependency.name)),
		uncheckedValues: await findUnchecked(walk)
	};
}
async function inspectFolder$1(walk, folder, depth) {
	const { tree } = walk;
	if (depth > renderLimits.depth) {
		const location = { file: tree.nameOf(folder) };
		throw new RenderError("RENDER_LIMIT", `chart nests deeper than ${renderLimits.depth} folders`, { location });
	}
	for (const { name } of await readdir(folder, { withFileTypes: true })) {
		if (name === ".git") continue;
		const path = join(folder, name);
		if ((await tree.find(path, { file: tree.nameOf(path) })).kind === "folder") await inspectFolder$1(walk, path, depth + 1);
		else if (name === schemaFile) walk.schemas.push(path);
		else if (basename(folder) === "charts" && /\.t(?:ar\.)?gz$/u.test(name)) walk.archives.push(path);
	}
}
async function readChart(tree, folder) {
	const path = join(folder, chartFile);
	const file = tree.nameOf(path);
	const { documents, problems } = readDocuments(file, await tree.readDocument(path));
	const [document] = documents;
	const [problem] = problems;
	if (problem !== void 0 || document === void 0) {
		const what = problem?.message.replace(/^.*?: /u, "") ?? "file is empty";
		throw new RenderError("RENDER_FAILED", what, { location: problem?.location ?? { file } });
	}
	const { data, error } = chartSchema.safeParse(document.value);
	if (data === void 0) {
		const [issue] = error.issues;
		const where = issue?.path.map(String) ?? [];
		const location = locatePath(document, where, "value");
		throw new RenderError("RENDER_FAILED", `${where.join(".")}: ${issue?.message}`, { location });
	}
	const dependencies = (data.dependencies ?? []).map(({ name, repository }, index) => ({
		name,
		repository: repository ?? "",
		location: locatePath(document, ["dependencies", `${index}`], "value")
	}));
	return {
		name: data.name,
		dependencies
	};
}
async function readVendored(tree) {
	const folder = join(tree.directory, "charts");
	const place = { file: "charts" };
	if ((await tree.find(folder, place)).kind !== "folder") return () => false;
	const folders = /* @__PURE__ */ new Set();
	const archives = [];
	for (const name of await readdir(folder)) {
		const found = await tree.find(join(folder, name), place);
		if (found.kind === "file") archives.push(name);
		else if (found.kind === "folder") {
			if ((await tree.find(join(folder, name, "Chart.yaml"), place)).kind === "file") folders.add((await readChart(tree, join(folder, name))).name);
		}
	}
	return (name) => folders.has(name) || archives.some((archive) => archive.startsWith(`${name}-`) && /\.t(?:ar\.)?gz$/u.test(archive));
}
async function findUnchecked({ tree, schemas, archives }) {
	const [archive] = archives;
	if (archive !== void 0) return `${tree.nameOf(archive)} may have a schema that refers to others`;
	for (const path of schemas) {
		let schema;
		try {
			schema = JSON.parse((await tree.readDocument(path)).toString("utf8"));
		} catch {
			return `${tree.nameOf(path)} can not be read`;
		}
		const reference = findReference(schema);
		if (reference !== void 0) return `${tree.nameOf(path)} refers to ${reference}`;
	}
}
const referenceKeys = /* @__PURE__ */ new Set([
	"$ref",
	"$dynamicRef",
	"$recursiveRef"
]);
function findReference(schema) {
	const open = [schema];
	while (open.length > 0) {
		const next = open.pop();
		if (typeof next !== "object" || next === null) continue;
		for (const [key, value] of Object.entries(next)) if (typeof value !== "string") open.push(value);
		else if (referenceKeys.has(key) && !value.startsWith("#")) return value.slice(0, 200);
		else if (key === "$schema" && !/^https?:\/\/json-schema\.org\/[\w/-]+#?$/u.test(value)) return value.slice(0, 200);
	}
}

// src/render/tool.ts
async function findTool(names, env) {
	const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
	const suffix = process.platform === "win32" ? ".exe" : "";
	for (const name of names) for (const folder of folders) {
		const path = join(folder, `${name}${suffix}`);
		if (await isProgram(path)) return {
			name,
			path
		};
	}
}
async function isProgram(path) {
	try {
		await access(path, constants.X_OK);
		return (await stat(path)).isFile();
	} catch {
		return false;
	}
}
async function withToolHome(use) {
	const home = await realpath(await mkdtemp(join(tmpdir(), "sealift-render-")));
	try {
		await Promise.all(["bin", "tmp"].map((name) => mkdir(join(home, name))));
		return await use(home);
	} finally {
		await rm(home, {
			recursive: true,
			force: true,
			maxRetries: 3
		});
	}
}
function runTool(run, { env, signal }) {
	const { tool, args, cwd, timeoutMs = renderLimits.toolTimeoutMs } = run;
	const { maxBytes = renderLimits.outputBytes } = run;
	return new Promise((resolve, reject) => {
		signal?.throwIfAborted();
		const child = spawn(tool.path, args, {
			cwd,
			env: environmentOf(run, env),
			stdio: [
				"ignore",
				"pipe",
				"pipe"
			],
			detached: process.platform !== "win32",
			windowsHide: true
		});
		const words = keepLast(child.stderr, renderLimits.wordsBytes);
		const end = (settle) => {
			clearTimeout(timer);
			signal?.removeEventListener("abort", onAbort);
			killGroup(child);
			child.stdout.destroy();
			child.stderr.destroy();
			settle();
		};
		const fail = (code, what, cause) => {
			const options = cause === void 0 ? {} : { cause };
			end(() => reject(new RenderError(code, `${tool.name} ${what}`, options)));
		};
		const onAbort = () => end(() => reject(signal?.reason));
		const timer = setTimeout(() => fail("RENDER_LIMIT", `did not end within ${timeoutMs} ms`), timeoutMs);
		signal?.addEventListener("abort", onAbort);
		const chunks = [];
		let size = 0;
		child.stdout.on("data", (chunk) => {
			size += chunk.byteLength;
			if (size > maxBytes) fail("RENDER_LIMIT", `gave more than ${maxBytes} bytes`);
			else chunks.push(chunk);
		});
		child.on("error", (error) => fail("RENDER_FAILED", `could not be run: ${errorMessageOf(error, 200)}`));
		child.on("close", (code, killedBy) => {
			if (code === 0) end(() => resolve({
				stdout: Buffer.concat(chunks),
				words: words()
			}));
			else fail("RENDER_FAILED", `ended with ${code ?? killedBy ?? "nothing"}`, saidBy(words()));
		});
	});
}
async function askVersion(tool, args, { home, world }) {
	const { versionTimeoutMs: timeoutMs, wordsBytes: maxBytes } = renderLimits;
	return (await runTool({
		tool,
		args,
		cwd: home,
		home,
		allowNetwork: false,
		timeoutMs,
		maxBytes
	}, world)).stdout.toString("utf8");
}
function saidBy(words) {
	const said = errorMessageOf(words.slice(-1e3), 1e3);
	return said === "" ? void 0 : /* @__PURE__ */ new Error(`it says: ${said}`);
}
function environmentOf({ home, allowNetwork }, env) {
	const own = {
		HOME: home,
		TMPDIR: join(home, "tmp"),
		XDG_CACHE_HOME: join(home, "cache"),
		XDG_CONFIG_HOME: join(home, "config"),
		XDG_DATA_HOME: join(home, "data"),
		HELM_CACHE_HOME: join(home, "cache/helm"),
		HELM_CONFIG_HOME: join(home, "config/helm"),
		HELM_DATA_HOME: join(home, "data/helm"),
		HELM_PLUGINS: join(home, "data/helm/plugins"),
		LANG: "C.UTF-8",
		TZ: "UTC"
	};
	const system = env["SYSTEMROOT"] === void 0 ? {} : { SYSTEMROOT: env["SYSTEMROOT"] };
	return {
		...own,
		...system,
		...allowNetwork ? openNetwork(env) : closedNetwork(home)
	};
}
function closedNetwork(home) {
	const proxies = [
		"HTTP_PROXY",
		"HTTPS_PROXY",
		"ALL_PROXY"
	].flatMap((name) => [name, name.toLowerCase()]);
	return {
		PATH: join(home, "bin"),
		...Object.fromEntries(proxies.map((name) => [name, "http://127.0.0.1:0"])),
		NO_PROXY: "",
		no_proxy: ""
	};
}
const networkVariables = [
	"PATH",
	"HTTP_PROXY",
	"HTTPS_PROXY",
	"NO_PROXY",
	"SSL_CERT_FILE",
	"SSL_CERT_DIR"
];
function openNetwork(env) {
	const given = networkVariables.flatMap((name) => name === "PATH" ? [name] : [name, name.toLowerCase()]).flatMap((name) => {
		const value = env[name];
		return value === void 0 ? [] : [[name, value]];
	});
	return {
		...Object.fromEntries(given),
		GIT_ALLOW_PROTOCOL: "https:http",
		GIT_TERMINAL_PROMPT: "0"
	};
}
function killGroup(child) {
	if (child.pid === void 0) return;
	try {
		if (process.platform === "win32") child.kill("SIGKILL");
		else process.kill(-child.pid, "SIGKILL");
	} catch {}
}
function keepLast(stream, maxBytes) {
	let kept = Buffer.alloc(0);
	stream.on("data", (chunk) => {
		kept = Buffer.concat([kept, chunk]).subarray(-maxBytes);
	});
	return () => kept.toString("utf8");
}

// src/render/helm.ts
function checkHelmOptions({ releaseName, releaseNamespace, kubeVersion, apiVersions }) {
	const check = (what, value, pattern, maxLength) => {
		if (value === void 0 || value.length <= maxLength && pattern.test(value)) return;
		throw new InputError("INPUT_INVALID", `${what} is ${JSON.stringify(value.slice(0, 300))}`);
	};
	check("release name", releaseName, /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/u, 53);
	check("namespace of the release", releaseNamespace, /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u, 63);
	check("version of Kubernetes", kubeVersion, /^v?\d{1,4}\.\d{1,4}(?:\.\d{1,4})?(?:[-+][\w.+-]+)?$/u, 64);
	for (const version of apiVersions) check("API version", version, /^[A-Za-z0-9][\w.-]*(?:\/[\w.-]+){0,2}$/u, 400);
}
async function findHelm(home, world) {
	const tool = await findTool(["helm"], world.env);
	if (tool === void 0) throw new RenderError("TOOL_MISSING", "helm is not in PATH", { hint: "Install helm, which renders this directory, or publish rendered files." });
	const text = await askVersion(tool, [
		"version",
		"--template",
		"{{.Version}}"
	], {
		home,
		world
	});
	const version = /^v\d[\w.+-]*/u.exec(text)?.[0];
	if (version === void 0) throw new RenderError("RENDER_FAILED", `${tool.path} does not say its version`);
	return {
		tool,
		version
	};
}
async function prepareChart({ helm, tree, chart, home }, options, world) {
	const { values, releaseName, releaseNamespace = "default", kubeVersion, apiVersions } = options;
	if (!options.allowNetwork) refuseMissing(chart.missing);
	const folder = chart.missing.length === 0 ? tree.directory : await fetchDependencies({
		helm,
		tree,
		chart,
		home
	}, world);
	const args = [
		"template",
		releaseName ?? chart.name.toLowerCase().slice(0, 53).replaceAll(/[^a-z0-9-]/gu, "-").replaceAll(/^-+|-+$/gu, ""),
		".",
		"--namespace",
		releaseNamespace,
		"--include-crds"
	];
	if (chart.uncheckedValues !== void 0 && !options.allowNetwork) args.push("--skip-schema-validation");
	if (kubeVersion !== void 0) args.push("--kube-version", kubeVersion);
	for (const version of apiVersions) args.push("--api-versions", version);
	const copies = await copyValues(values, home);
	for (const path of copies) args.push("--values", path);
	return {
		folder,
		args,
		names: new Map(copies.map((copy, index) => [copy, values[index] ?? copy]))
	};
}
async function copyValues(values, home) {
	if (values.length > renderLimits.values) throw new InputError("INPUT_INVALID", `there are more than ${renderLimits.values} files of values`);
	const copies = [];
	for (const [index, path] of values.entries()) {
		const copy = join(home, `values-${index}.yaml`);
		try {
			const found = await stat(path);
			if (!found.isFile() || found.size > archiveLimits.fileBytes) {
				const what = found.isFile() ? `has more than ${archiveLimits.fileBytes} bytes` : "is no file";
				throw new InputError("INPUT_INVALID", `${path} ${what}`);
			}
			await copyFile(path, copy);
		} catch (cause) {
			if (cause instanceof InputError) throw cause;
			const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
			throw new InputError("FILE_UNREADABLE", `${path} can not be read (${code})`, { cause });
		}
		copies.push(copy);
	}
	return copies;
}
function refuseMissing(missing) {
	const [first, ...rest] = missing.map(({ name, location }) => new RenderError("RENDER_REFUSED", `chart ${name} is not in charts/, and the network is not allowed`, {
		location,
		hint: "Run `helm dependency build` and commit charts/, or give --allow-network."
	}));
	if (first === void 0) return;
	const count = missing.length;
	throw new FailuresError([first, ...rest], `${count} chart${count === 1 ? " is" : "s are"} missing`);
}
async function fetchDependencies({ helm, tree, chart, home }, world) {
	if ((await tree.find(join(tree.directory, "Chart.lock"), { file: "Chart.lock" })).kind !== "file") throw new RenderError("RENDER_REFUSED", "chart has dependencies that are not in charts/, and no Chart.lock", {
		location: { file: "Chart.yaml" },
		hint: "Run `helm dependency update` and commit Chart.lock: without it each run might fetch other versions."
	});
	const relative = chart.missing.find(({ repository }) => !/^(?:https?|oci):/u.test(repository));
	if (relative !== void 0) throw new RenderError("RENDER_REFUSED", `chart ${relative.name} is not in charts/, and has no address`, {
		location: relative.location,
		hint: "Run `helm dependency build` and commit charts/."
	});
	const folder = join(home, "chart");
	await cp(tree.directory, folder, {
		recursive: true,
		dereference: true
	});
	await writeRepositories(chart.missing, home);
	await runTool({
		tool: helm.tool,
		args: [
			"dependency",
			"build",
			"."
		],
		cwd: folder,
		home,
		allowNetwork: true
	}, world);
	return folder;
}
async function writeRepositories(missing, home) {
	const urls = [...new Set(missing.map(({ repository }) => repository))].filter((url) => !url.startsWith("oci:"));
	const folder = join(home, "config/helm");
	await mkdir(folder, { recursive: true });
	const repositories = urls.map((url, index) => ({
		name: `r${index}`,
		url
	}));
	await writeFile(join(folder, "repositories.yaml"), JSON.stringify({
		apiVersion: "v1",
		repositories
	}));
}
async function renderChart({ helm, chart, home }, { folder, args, names }, world) {
	const run = {
		tool: helm.tool,
		args,
		cwd: folder,
		home,
		allowNetwork: false
	};
	try {
		const { stdout, words } = await runTool(run, world);
		return {
			documents: stdout,
			unknownHooks: [...words.matchAll(/skipping unknown hook: "([^"\n]{1,200})"/gu)].map(([, hook = ""]) => hook)
		};
	} catch (error) {
		if (!(error instanceof RenderError) || error.code !== "RENDER_FAILED") throw error;
		let words = error.cause === void 0 ? "" : errorMessageOf(error.cause);
		for (const [copy, name] of names) words = words.replaceAll(copy, name);
		const location = placeIn(words, chart.name);
		throw new RenderError("RENDER_FAILED", error.message, {
			...location === void 0 ? {} : { location },
			...words === "" ? {} : { cause: new Error(words) }
		});
	}
}
function placeIn(words, name) {
	const [, chart, file, line] = /(?:template: |at \(|error on )([\w.-]+)\/([\w./-]+?\.(?:ya?ml|json|tpl|txt))(?::(\d{1,7}))?/u.exec(words) ?? [];
	if (chart !== name || file === void 0) return void 0;
	return line === void 0 ? { file } : {
		file,
		line: Number(line)
	};
}

// src/render/kustomization.ts
const kustomizationNames = [
	"kustomization.yaml",
	"kustomization.yml",
	"Kustomization"
];
function readKustomization(file, bytes) {
	const { documents, problems } = readDocuments(file, bytes);
	const draft = {
		references: [],
		charts: [],
		problems: problems.map((problem) => unreadable(problem))
	};
	const [document, ...more] = documents;
	if (more.length > 0) draft.problems.push(refusal$1("file has several documents", { file }));
	if (document === void 0) return draft;
	readMembers(fields, "field")(document.value, [], {
		...draft,
		document
	});
	return draft;
}
function readPlugins(file, bytes, location) {
	const { documents, problems } = readDocuments(file, bytes);
	const draft = {
		references: [],
		charts: [],
		problems: problems.map((problem) => unreadable(problem, location))
	};
	for (const document of documents) {
		const place = location ?? locatePath(document, [], "value");
		readPlugin(document.value, place, draft);
	}
	return draft;
}
function isInline(text) {
	return text.includes("\n") || text.trimStart().startsWith("{");
}
function isRemote(path) {
	return /^\s*[a-z][a-z0-9+.-]*:|^[^/]*@|^(?:www\.)?(?:github|gitlab|bitbucket)\.|[?&](?:ref|version)=|\.git(?:\/|$)|\/\/|\/_git\//iu.test(path);
}
const functionAnnotations = ["config.kubernetes.io/function", "config.k8s.io/function"];
const pathMembers = /* @__PURE__ */ new Set([
	"path",
	"paths",
	"files",
	"env",
	"envs"
]);
function readPlugin(value, location, draft) {
	if (!isMap(value)) {
		draft.problems.push(refusal$1("plugin is no object", location));
		return;
	}
	const { apiVersion, kind, metadata } = value;
	const name = `${nameOf(kind)} of ${nameOf(apiVersion)}`;
	const annotations = isMap(metadata) ? metadata["annotations"] : void 0;
	if (isMap(annotations) && functionAnnotations.some((key) => key in annotations)) draft.problems.push(refusal$1(`${name} is a function plugin, which runs a program or a container`, location));
	else if (apiVersion !== "builtin") draft.problems.push(refusal$1(`${name} is a plugin that is not built into kustomize`, location));
	else if (/^helm/iu.test(nameOf(kind))) draft.charts.push(location);
	for (const path of pathsIn(value)) if (/^(?:[^=]*=)?\s*https?:/iu.test(path)) draft.references.push({
		kind: "file",
		path,
		location
	});
}
function pathsIn(value, isPath = false) {
	if (typeof value === "string") return isPath ? [value] : [];
	if (isList(value)) return value.flatMap((item) => pathsIn(item, isPath));
	if (!isMap(value)) return [];
	return Object.entries(value).flatMap(([key, member]) => pathsIn(member, pathMembers.has(fold(key))));
}
const pass = () => void 0;
const one = (kind) => (value, path, reading) => {
	const location = locatePath(reading.document, path, "value");
	if (typeof value !== "string") reading.problems.push(refusal$1(`${path.join(".")} is no text`, location));
	else reading.references.push({
		kind,
		path: value,
		location
	});
};
const fileOrText = (value, path, reading) => {
	if (typeof value !== "string" || !isInline(value)) one("file")(value, path, reading);
};
const namedFile = (value, path, reading) => {
	const text = typeof value === "string" ? value.replace(/^[^=]*=/u, "") : value;
	one("file")(text, path, reading);
};
const plugin = (value, path, reading) => {
	if (typeof value !== "string" || !isInline(value)) {
		one("plugin")(value, path, reading);
		return;
	}
	const location = locatePath(reading.document, path, "value");
	const found = readPlugins(location.file, Buffer.from(value), location);
	reading.references.push(...found.references);
	reading.charts.push(...found.charts);
	reading.problems.push(...found.problems);
};
const chart = (_, path, reading) => {
	reading.charts.push(locatePath(reading.document, path, "key"));
};
const list = (item) => (value, path, reading) => {
	if (value === null) return;
	if (isList(value)) for (const [index, member] of value.entries()) item(member, [...path, `${index}`], reading);
	else {
		const location = locatePath(reading.document, path, "value");
		reading.problems.push(refusal$1(`${path.join(".")} is no list`, location));
	}
};
function fold(name) {
	return name.toUpperCase().toLowerCase();
}
function readMembers(members, what) {
	const readers = new Map(Object.entries(members).map(([name, reader]) => [fold(name), reader]));
	return (value, path, reading) => {
		if (value === null) return;
		if (!isMap(value)) {
			const location = locatePath(reading.document, path, "value");
			reading.problems.push(refusal$1(`${path.join(".") || "kustomization"} is no object`, location));
			return;
		}
		for (const [key, member] of Object.entries(value)) {
			const here = [...path, key];
			const reader = readers.get(fold(key));
			if (reader === void 0) {
				const location = locatePath(reading.document, here, "key");
				reading.problems.push(refusal$1(`${what} ${here.join(".")} is not known`, location));
			} else if (member !== null) reader(member, here, reading);
		}
	};
}
const patch = readMembers({
	path: one("file"),
	patch: pass,
	target: pass,
	options: pass
}, "member");
const generator = readMembers({
	name: pass,
	namespace: pass,
	behavior: pass,
	type: pass,
	literals: pass,
	options: pass,
	files: list(namedFile),
	envs: list(one("file")),
	env: one("file")
}, "member");
const fields = {
	...Object.fromEntries([
		"apiVersion",
		"kind",
		"metadata",
		"namePrefix",
		"nameSuffix",
		"namespace",
		"commonLabels",
		"labels",
		"commonAnnotations",
		"images",
		"imageTags",
		"replicas",
		"vars",
		"sortOptions",
		"generatorOptions",
		"buildMetadata"
	].map((name) => [name, pass])),
	resources: list(one("resource")),
	bases: list(one("resource")),
	components: list(one("resource")),
	crds: list(one("file")),
	configurations: list(one("file")),
	openapi: readMembers({
		path: one("file"),
		version: pass
	}, "member"),
	patches: list(patch),
	patchesJson6902: list(patch),
	patchesStrategicMerge: list(fileOrText),
	replacements: list(readMembers({
		path: one("file"),
		source: pass,
		targets: pass
	}, "member")),
	configMapGenerator: list(generator),
	secretGenerator: list(generator),
	generators: list(plugin),
	transformers: list(plugin),
	validators: list(plugin),
	helmGlobals: pass,
	helmCharts: chart,
	helmChartInflationGenerator: chart
};
function isList(value) {
	return Array.isArray(value);
}
function isMap(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
function nameOf(value) {
	return typeof value === "string" ? value : "no name";
}
function unreadable({ message, location }, outer) {
	return refusal$1(message.replace(/^.*?: /u, ""), outer ?? location);
}
function refusal$1(message, location) {
	return new RenderError("RENDER_REFUSED", message, { location });
}

// src/render/kustomize.ts
async function inspectKustomization(tree, options) {
	const walk = {
		...options,
		tree,
		seen: /* @__PURE__ */ new Set(),
		open: [tree.directory],
		problems: []
	};
	for (let folder = walk.open.pop(); folder !== void 0; folder = walk.open.pop()) {
		if (walk.seen.has(folder)) continue;
		walk.seen.add(folder);
		if (walk.seen.size > renderLimits.kustomizations) throw new RenderError("RENDER_LIMIT", `there are more than ${renderLimits.kustomizations} kustomizations`);
		await inspectFolder(walk, folder);
	}
	const [first, ...rest] = walk.problems.slice(0, resourceLimits.problems);
	if (first === void 0) return;
	const count = walk.problems.length;
	throw new FailuresError([first, ...rest], `${count} problem${count === 1 ? "" : "s"} in the kustomization`);
}
async function inspectFolder(walk, folder) {
	const { tree } = walk;
	const place = { file: tree.nameOf(folder) };
	const found = [];
	for (const name of kustomizationNames) if ((await tree.find(join(folder, name), place)).kind === "file") found.push(join(folder, name));
	const [file, ...more] = found;
	if (file === void 0 || more.length > 0) {
		const what = file === void 0 ? "folder has no kustomization" : "folder has several kustomizations";
		walk.problems.push(new RenderError("RENDER_FAILED", what, { location: place }));
		return;
	}
	await inspectFound(walk, folder, readKustomization(tree.nameOf(file), await tree.readDocument(file)));
}
async function inspectFound(walk, folder, { references, charts, problems }) {
	walk.problems.push(...problems);
	if (!walk.allowNetwork) walk.problems.push(...charts.map(refuseChart));
	for (const reference of references) try {
		await inspectReference(walk, folder, reference);
	} catch (error) {
		if (!(error instanceof RenderError) || error.code === "RENDER_LIMIT") throw error;
		walk.problems.push(error);
	}
}
async function inspectReference(walk, folder, { kind, path, location }) {
	const found = /^(?:[^=]*=)?\s*https?:/iu.test(path) ? void 0 : await walk.tree.find(join(folder, path), location);
	if (found === void 0 || found.kind === "missing") {
		if (!isRemote(path)) throw new RenderError("RENDER_FAILED", `${path} is not there`, { location });
		if (!walk.allowNetwork) throw needsNetwork(path, location);
		return;
	}
	if (found.kind === "file") {
		if (kind !== "plugin") return;
		await inspectFound(walk, folder, readPlugins(walk.tree.nameOf(found.path), await walk.tree.readDocument(found.path)));
		return;
	}
	if (kind === "resource") walk.open.push(found.path);
	else throw new RenderError("RENDER_REFUSED", `${path} is a folder, not a file`, {
		location,
		hint: "Name the files in it one by one."
	});
}
function needsNetwork(path, location) {
	return new RenderError("RENDER_REFUSED", `${path} is not here, and the network is not allowed`, {
		location,
		hint: "Copy it into the repository, so that the same commit gives the same bytes; or give --allow-network."
	});
}
function refuseChart(location) {
	return new RenderError("RENDER_REFUSED", "kustomize would fetch a chart and run helm", {
		location,
		hint: "Render the chart's own directory, or give --allow-network."
	});
}
async function findKustomize(home, world) {
	const tool = await findTool(["kustomize", "kubectl"], world.env);
	if (tool === void 0) throw new RenderError("TOOL_MISSING", "neither kustomize nor kubectl is in PATH", { hint: "Install kustomize, which builds this directory, or publish rendered files." });
	const isKubectl = tool.name === "kubectl";
	const text = await askVersion(tool, isKubectl ? ["version", "--client"] : ["version"], {
		home,
		world
	});
	const built = (isKubectl ? /^Kustomize Version: *(v[\w.+-]+)/mu : /(v\d[\w.+-]*)/u).exec(text)?.[1];
	if (built === void 0) throw new RenderError("RENDER_FAILED", `${tool.path} does not say its version`);
	const client = /^Client Version: *(v[\w.+-]+)/mu.exec(text)?.[1];
	return isKubectl ? {
		tool,
		name: "kubectl kustomize",
		version: `${client ?? "unknown"} (kustomize ${built})`,
		verb: "kustomize"
	} : {
		tool,
		name: "kustomize",
		version: built,
		verb: "build"
	};
}
async function buildKustomization({ tool, verb }, run, world) {
	const args = [
		verb,
		".",
		"--load-restrictor",
		"LoadRestrictionsRootOnly"
	];
	const helm = run.allowNetwork ? await findTool(["helm"], world.env) : void 0;
	const withHelm = helm === void 0 ? [] : [
		"--enable-helm",
		"--helm-command",
		helm.path
	];
	return (await runTool({
		...run,
		tool,
		args: [...args, ...withHelm]
	}, world)).stdout;
}

// src/render/objects.ts
const outputName = "output";
function readOutput(output) {
	const split = splitDocuments(output);
	if (split.problem !== void 0) throw new RenderError("RENDER_FAILED", `what was rendered can not be read: ${split.problem.message}`);
	if (split.documents.length > resourceLimits.resources) throw new RenderError("RENDER_LIMIT", `there are more than ${resourceLimits.resources} documents`);
	const found = [];
	const problems = [];
	for (const { text } of split.documents) {
		const source = sourceOf(text);
		const parsed = parseFile(source ?? outputName, Buffer.from(text));
		problems.push(...parsed.problems);
		const resources = parsed.resources.map(({ resource }) => resource);
		const [first] = resources;
		if (first !== void 0) found.push({
			text,
			identity: identityOf(first),
			resources,
			source
		});
	}
	const [first, ...rest] = problems.slice(0, resourceLimits.problems);
	if (first !== void 0) throw new FailuresError([first, ...rest], `${problems.length} problem${problems.length === 1 ? "" : "s"} in what was rendered`);
	return found;
}
function sourceOf(text) {
	const found = /^# Source: [^/\n]+\/([^\n]{1,400})$/mu.exec(text.slice(0, 1e3))?.[1];
	return found !== void 0 && /^(?:[\w@+-][\w.@+-]*\/)*[\w@+-][\w.@+-]*$/u.test(found) ? found : void 0;
}
const hookAnnotation = "helm.sh/hook";
function hookOf({ resources }) {
	for (const { metadata } of resources) {
		const hook = metadata.annotations?.[hookAnnotation];
		if (hook !== void 0) return hook;
	}
}
function isTest(hook) {
	return hook.split(",").every((event) => /^test(?:-success|-failure)?$/iu.test(event.trim()));
}
function textsOf(documents) {
	return new Map(documents.map(({ identity, text }) => [identityKey(identity), {
		name: formatIdentity(identity),
		text
	}]));
}
function findDifferences(first, second) {
	const [before, after] = [textsOf(first), textsOf(second)];
	const names = /* @__PURE__ */ new Set();
	for (const [key, { name, text }] of before) if (after.get(key)?.text !== text) names.add(name);
	for (const [key, { name }] of after) if (!before.has(key)) names.add(name);
	return [...names];
}

// src/render/rendered-files.ts
function toFiles(documents) {
	return [...groupBy(documents, pathIn)].flatMap(([path, parts]) => {
		const whole = toFile(path, parts);
		if (whole.bytes.byteLength <= archiveLimits.fileBytes) return [whole];
		return [...groupBy(parts, ({ identity }) => `${path}.d/${pathOf(identity)}`)].map(([name, some]) => toFile(name, some));
	}).sort((a, b) => a.path < b.path ? -1 : 1);
}
function toFile(path, documents) {
	return {
		path,
		bytes: Buffer.from(documents.map(({ text }) => text).join("---\n"))
	};
}
function groupBy(documents, nameOf) {
	const groups = /* @__PURE__ */ new Map();
	for (const document of documents) {
		const name = nameOf(document);
		const there = groups.get(name);
		if (there === void 0) groups.set(name, [document]);
		else there.push(document);
	}
	return groups;
}
function pathIn({ source, identity }) {
	return source === void 0 ? pathOf(identity) : templatePath(source);
}
function templatePath(source) {
	return isResourceFile(source) && !isSource(source) ? source : `${source}.yaml`;
}
function pathOf({ group, kind, namespace, name }) {
	const file = `${`${kind.toLowerCase()}${group === "" ? "" : `.${group}`}`}_${name.replaceAll(/[^a-z0-9.-]/gu, (character) => `%${character.codePointAt(0)?.toString(16)}`)}`;
	const short = file.length > 240 ? file.slice(0, 240) : file;
	return `${namespace === void 0 ? "" : `${namespace}/`}${short}.yaml`;
}

// src/render/source-tree.ts
async function openSourceTree(directory, root) {
	const here = await realpath(directory);
	const top = root === void 0 ? await findRoot(here) : await realpath(root);
	if (!isInside(top, here)) throw new RenderError("RENDER_REFUSED", `${directory} leads out of ${top}`);
	let entries = 0;
	let bytes = 0;
	const nameOf = (path) => relative(here, path).replaceAll(sep, "/") || ".";
	return {
		directory: here,
		nameOf,
		async find(path, location) {
			const target = await resolveLinks(path);
			if (target === void 0) return { kind: "missing" };
			if (!isInside(top, target)) throw new RenderError("RENDER_REFUSED", `${nameOf(path)} leads out of the checkout`, {
				location,
				hint: "Only files of the checkout are rendered: the folder above that has .git, or the workspace."
			});
			const found = await stat(target);
			if (found.isDirectory()) return {
				kind: "folder",
				path: target
			};
			if (!found.isFile()) throw new RenderError("RENDER_REFUSED", `${nameOf(path)} is neither a file nor a folder`, { location });
			entries += 1;
			bytes += found.size;
			if (entries > renderLimits.entries || bytes > renderLimits.sourceBytes) {
				const limit = `${renderLimits.entries} files or ${renderLimits.sourceBytes} bytes`;
				throw new RenderError("RENDER_LIMIT", `sources have more than ${limit}`);
			}
			return {
				kind: "file",
				path: target
			};
		},
		async readDocument(path) {
			const { size } = await stat(path);
			if (size > renderLimits.documentBytes) throw new RenderError("RENDER_LIMIT", `file has ${size} bytes, more than ${renderLimits.documentBytes}`, { location: { file: nameOf(path) } });
			return readFile(path);
		}
	};
}
async function resolveLinks(path) {
	try {
		return await realpath(path);
	} catch {
		return;
	}
}
async function findRoot(directory) {
	let folder = directory;
	for (let count = 0; count < renderLimits.parents; count += 1) {
		if (await isThere$1(join(folder, ".git"))) return folder;
		const above = dirname(folder);
		if (above === folder) break;
		folder = above;
	}
	const current = await realpath(resolve("."));
	return isInside(current, directory) ? current : directory;
}
async function isThere$1(path) {
	return lstat(path).then(() => true, () => false);
}
function isInside(folder, path) {
	const way = relative(folder, path);
	return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

// src/render/render-directory.ts
const renderModes = [
	"auto",
	"none",
	"kustomize",
	"helm"
];
async function renderDirectory(directory, options, world) {
	const tool = await chooseTool(directory, options.mode);
	if (tool !== "helm") refuseChartOptions(options);
	checkHelmOptions(options);
	if (tool === void 0) return void 0;
	const tree = await openSourceTree(directory, options.root);
	return withToolHome((home) => tool === "helm" ? renderHelm({
		tree,
		home,
		options
	}, world) : renderKustomize({
		tree,
		home,
		options
	}, world));
}
async function chooseTool(directory, mode) {
	if (mode === "none") return void 0;
	const isChart = await isThere(join(directory, chartFile));
	const isKustomization = (await Promise.all(kustomizationNames.map((name) => isThere(join(directory, name))))).includes(true);
	if (mode === "auto") {
		if (isChart && isKustomization) throw new InputError("INPUT_CONFLICT", `${directory} is a chart and a kustomization`, { hint: "Say which one to render: kustomize, helm, or none." });
		return isChart ? "helm" : isKustomization ? "kustomize" : void 0;
	}
	if (mode === "helm" ? isChart : isKustomization) return mode;
	const wanted = mode === "helm" ? chartFile : kustomizationNames[0];
	throw new InputError("INPUT_INVALID", `${directory} has no ${wanted}`);
}
async function isThere(path) {
	return lstat(path).then(() => true, () => false);
}
function refuseChartOptions(options) {
	const given = [
		options.values.length > 0 ? "values" : void 0,
		options.releaseName === void 0 ? void 0 : "a release name",
		options.releaseNamespace === void 0 ? void 0 : "a namespace of the release",
		options.kubeVersion === void 0 ? void 0 : "a version of Kubernetes",
		options.apiVersions.length > 0 ? "API versions" : void 0
	].filter((what) => what !== void 0);
	if (given.length === 0) return;
	throw new InputError("INPUT_CONFLICT", `${given.join(", ")} without a chart`, { hint: "They are for a directory with Chart.yaml." });
}
async function renderKustomize({ tree, home, options }, world) {
	const { allowNetwork, dropHooks } = options;
	await inspectKustomization(tree, { allowNetwork });
	const kustomize = await findKustomize(home, world);
	const run = {
		cwd: tree.directory,
		home,
		allowNetwork
	};
	const { documents, dropped } = await renderTwice(options, async () => ({
		documents: await buildKustomization(kustomize, run, world),
		unknownHooks: []
	}));
	const { name: tool, version } = kustomize;
	const parameters = {
		...dropHooks ? { dropHooks } : {},
		...allowNetwork ? { allowNetwork } : {}
	};
	return {
		files: toFiles(documents),
		rendering: {
			tool,
			version,
			parameters
		},
		notes: dropped
	};
}
async function renderHelm({ tree, home, options }, world) {
	const chart = await inspectChart(tree);
	const helm = await findHelm(home, world);
	const ready = await prepareChart({
		helm,
		tree,
		chart,
		home
	}, options, world);
	const { documents, dropped } = await renderTwice(options, () => renderChart({
		helm,
		chart,
		home
	}, ready, world));
	const { releaseName, releaseNamespace, kubeVersion, apiVersions, dropHooks, allowNetwork } = options;
	const parameters = {
		...options.values.length === 0 ? {} : { values: await nameValues(tree, options.values) },
		...releaseName === void 0 ? {} : { releaseName },
		...releaseNamespace === void 0 ? {} : { releaseNamespace },
		...kubeVersion === void 0 ? {} : { kubeVersion },
		...apiVersions.length === 0 ? {} : { apiVersions },
		...dropHooks ? { dropHooks } : {},
		...allowNetwork ? { allowNetwork } : {}
	};
	const unchecked = chart.uncheckedValues === void 0 || allowNetwork ? [] : [`values were not compared with the chart's schema: ${chart.uncheckedValues}`];
	const placed = releaseNamespace === void 0 ? noteDefault(documents) : [];
	const rendering = {
		tool: "helm",
		version: helm.version,
		parameters
	};
	return {
		files: toFiles(documents),
		rendering,
		notes: [
			...dropped,
			...unchecked,
			...placed
		]
	};
}
function noteDefault(documents) {
	const count = documents.filter(({ identity }) => identity.namespace === "default").length;
	if (count === 0) return [];
	return [`${count === 1 ? "1 object is" : `${count} objects are`} for the namespace default: no namespace of the release is given`];
}
function nameValues(tree, values) {
	return Promise.all(values.map(async (path) => tree.nameOf(await realpath(path))));
}
async function renderTwice({ dropHooks }, render) {
	const first = await render();
	const second = await render();
	const output = dropFrom(readOutput(first.documents), first.unknownHooks, dropHooks);
	if (Buffer.compare(first.documents, second.documents) === 0) return output;
	const again = readOutput(second.documents).filter((document) => hookOf(document) === void 0);
	if (isSame(output.documents, again)) return output;
	const names = findDifferences(output.documents, again);
	const what = names.length === 0 ? "the order of the objects" : enumerate(names);
	throw new RenderError("RENDER_UNSTABLE", `two runs gave other bytes: ${what}`, { hint: "Give as values what the templates make up, such as passwords, certificates and times." });
}
function isSame(first, second) {
	return first.length === second.length && first.every(({ text }, index) => text === second[index]?.text);
}
function dropFrom(documents, unknownHooks, dropHooks) {
	const kept = [];
	const dropped = [];
	const refused = unknownHooks.map((hook) => `an object for ${hook}`);
	for (const document of documents) {
		const hook = hookOf(document);
		if (hook === void 0) kept.push(document);
		else {
			const name = `${formatIdentity(document.identity)} (hook ${hook})`;
			if (dropHooks || isTest(hook)) dropped.push(`left out ${name}`);
			else refused.push(name);
		}
	}
	if (!dropHooks && refused.length > 0) throw new RenderError("HOOKS_REFUSED", `hooks have nobody who runs them: ${enumerate(refused)}`, { hint: "Turn them off by values, or leave them out with --drop-hooks where the objects do without." });
	return {
		documents: kept,
		dropped
	};
}
function enumerate(names) {
	const shown = names.slice(0, Math.min(20, resourceLimits.problems));
	const rest = names.length - shown.length;
	return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ");
}

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
		folderBytes: file.endsWith(".sealiftignore") ? Buffer.byteLength(file) - 14 : 0,
		rules: rules.toReversed(),
		above: options.above,
		budget
	};
}
function findIgnoring(rules, entry) {
	const path = Buffer.from(entry.path).toString("latin1");
	const name = path.slice(path.lastIndexOf("/") + 1);
	for (let level = rules; level !== void 0; level = level.above) {
		const below = path.slice(level.folderBytes);
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
async function collectFiles(path, { exclude = "", only } = {}) {
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
		const own = await readRules(path, folder, {
			entries,
			budget
		});
		const rules = folder.path !== "" || exclude === "" ? own : parseIgnoreFile(Buffer.from(exclude), {
			file: "exclude",
			above: own,
			budget
		});
		for (const entry of entries) {
			if (entry.name === ".sealiftignore") continue;
			const relative = joinRelative(folder.path, entry.name);
			if (!isChosen(entry, relative, only)) continue;
			const reason = reasonToSkip(entry, relative, {
				rules,
				only
			});
			if (reason !== void 0) skipped.push(`${relative} (${reason})`);
			else if (entry.isDirectory()) open.push({
				path: relative,
				rules
			});
			else files.push(await readEntry(join(path, relative), relative));
			if (files.length > archiveLimits.entries) throw new InputError("INPUT_INVALID", `${path} holds more than ${archiveLimits.entries} files`);
		}
	}
	assertSome(path, files, only);
	return {
		files: files.sort((a, b) => a.path < b.path ? -1 : 1),
		skipped: skipped.sort()
	};
}
function assertSome(path, files, only) {
	only?.assertAllFound(files.map((file) => file.path));
	if (files.length > 0) return;
	throw new InputError("INPUT_INVALID", `${path} holds no YAML or JSON file that is not ignored`, { hint: "Name the directory that holds the rendered manifests." });
}
async function readSingle(path) {
	const name = basename(path);
	if (isResourceFile(name)) return readEntry(path, name);
	throw new InputError("INPUT_INVALID", `${path} is neither YAML nor JSON by its name`, { hint: "Name it *.yaml, *.yml or *.json, or name the directory that holds the rendered manifests." });
}
function isChosen(entry, path, only) {
	if (only === void 0) return true;
	return entry.isDirectory() ? only.enters(path) : only.takes(path);
}
function reasonToSkip(entry, path, { rules, only }) {
	if (entry.name.startsWith(".") && only?.names(path) !== true) return "hidden";
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

// src/operations/read-sources.ts
async function readSources(path, { exclude, only, ...options }, world) {
	const rendered = await isLink(path) ? void 0 : await renderDirectory(path, {
		mode: "auto",
		values: [],
		apiVersions: [],
		dropHooks: false,
		allowNetwork: false,
		...options
	}, world);
	if (rendered === void 0) return {
		...await collectFiles(path, {
			exclude,
			only
		}),
		rendering: void 0
	};
	return {
		files: rendered.files,
		skipped: rendered.notes,
		rendering: rendered.rendering
	};
}
async function isLink(path) {
	return lstat(path).then((found) => found.isSymbolicLink(), () => true);
}

// action/shared/render-inputs.ts
const renderShape = {
	render: _enum(renderModes, `is none of ${renderModes.join(", ")}`),
	values: lines,
	"release-name": text,
	"release-namespace": text,
	"kube-version": text,
	"drop-hooks": flag,
	"allow-network": flag
};
async function toSourceOptions(values, { workspace }, problems) {
	const files = [];
	for (const path of values.values) {
		const found = await problems.attempt("values", () => resolveInWorkspace(workspace, path));
		if (found !== void 0) files.push(found.absolute);
	}
	const given = (value) => value === "" ? void 0 : value;
	return {
		mode: values.render,
		root: workspace,
		values: files,
		releaseName: given(values["release-name"]),
		releaseNamespace: given(values["release-namespace"]),
		kubeVersion: given(values["kube-version"]),
		dropHooks: values["drop-hooks"],
		allowNetwork: values["allow-network"]
	};
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

export { toSourceOptions as a, matchesGlob as c, renderShape as i, inlineCode as n, readSources as o, markerOf as r, compileGlob as s, fencedBlock as t };