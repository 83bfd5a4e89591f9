import { A as readContext, At as fetchArtifact, Mn as errorMessageOf, O as reportEnd, Pn as startAction, St as identityOf, a as readRegistry, b as reportError, bt as formatIdentity, c as lines, ct as isResourceFile, en as diffLimits, g as resolveInWorkspace, h as readText, i as parseVersion, j as repositoryOf, jn as errorCodeOf, k as withDeadline, m as text, n as maskRegistrySecrets, o as registryFields, pn as resourceLimits, r as parseRepository, s as flag, st as formatTime, t as readAll, u as parsed, un as planLimits, ut as readResources, v as placesIn, w as withRepository, xn as InputError, xt as identityKey, y as problemsOf } from "./chunks/common.js";
import { g as string, h as strictObject, i as array, l as int, n as _enum, p as object, u as literal, y as url } from "./chunks/zod.js";
import { a as toSourceOptions, i as renderShape, n as inlineCode, o as readSources, r as markerOf, t as fencedBlock } from "./chunks/markdown.js";
import { f as valueFieldsOf, i as commitSchema, l as isSecret, o as readEventAs, r as withGitHub, t as describeGitHubFailure, u as maskVersions } from "./chunks/github.js";
import { join, resolve } from "node:path";
import { writeFile } from "node:fs/promises";

// src/plan/report.ts
const shortText = string().max(2e3);
const digest = string().regex(/^sha256:[0-9a-f]{64}$/u);
const count = int().min(0).max(resourceLimits.resources);
const changeSchema = strictObject({
	action: _enum([
		"created",
		"configured",
		"deleted"
	]),
	name: shortText,
	group: shortText,
	kind: shortText,
	fields: array(shortText).max(200),
	immutable: array(shortText).max(200),
	text: string().max(planLimits.reportCharacters)
});
const reportSchema = strictObject({
	version: literal(1),
	base: strictObject({
		name: shortText,
		digest: digest.nullable()
	}),
	head: strictObject({
		name: shortText,
		digest: digest.nullable(),
		commit: shortText.nullable()
	}),
	madeAt: string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u),
	unchanged: count,
	changes: array(changeSchema).max(2 * resourceLimits.resources)
});
function parseReport(text) {
	let json;
	try {
		json = JSON.parse(text);
	} catch (cause) {
		throw new InputError("INPUT_INVALID", "report is not JSON", { cause });
	}
	const result = reportSchema.safeParse(json);
	if (result.success) return result.data;
	const issue = result.error.issues[0];
	const place = issue === void 0 || issue.path.length === 0 ? "report" : issue.path.map(String).join(".");
	throw new InputError("INPUT_INVALID", `report is not valid at ${place.slice(0, 100)}`, { hint: "Take report.json as the diff action of the same version wrote it." });
}
function formatReport(report) {
	return `${JSON.stringify(report, void 0, 2)}\n`;
}
function countsOf({ changes, unchanged }) {
	const counts = {
		created: 0,
		configured: 0,
		deleted: 0,
		unchanged
	};
	for (const { action } of changes) counts[action] += 1;
	return counts;
}

// src/plan/comment.ts
const reservedCharacters = 500;
function renderComment(report, key) {
	const marker = markerOf(key);
	return `${marker}\n${renderPlan(report, {
		maxCharacters: planLimits.commentCharacters - marker.length - 1,
		restPlace: "in the job summary"
	})}`;
}
function renderPlan(report, { maxCharacters, restPlace }) {
	const head = [
		`### ${heading(report)}`,
		"",
		sides(report),
		""
	];
	const tail = [
		...warningsOf(report),
		lastLine(report),
		""
	];
	const budget = { left: maxCharacters - lengthOf([...head, ...tail]) - reservedCharacters };
	const isEmpty = report.changes.length === 0;
	const table = isEmpty ? [] : renderTable(report.changes, {
		budget,
		restPlace
	});
	const details = isEmpty ? [] : renderDetails(report.changes, {
		budget,
		restPlace
	});
	return [
		...head,
		...table,
		...details,
		...tail
	].join("\n");
}
function heading(report) {
	const { created, configured, deleted, unchanged } = countsOf(report);
	const name = inlineCode(report.base.name, planLimits.cellCharacters);
	if (report.changes.length === 0) return `Plan for ${name}: no changes, ${unchanged} unchanged`;
	return `Plan for ${name}: ${`${created} to create, ${configured} to configure, ${deleted === 0 ? "0 to delete" : `**${deleted} to delete**`}, ${unchanged} unchanged`}`;
}
function sides({ base, head }) {
	return `base ${base.digest === null ? "nothing published there yet" : `<code>${base.digest}</code>`} \u2192 head ${inlineCode(head.digest ?? head.name, planLimits.cellCharacters)}`;
}
function lastLine({ head, madeAt }) {
	return `<sub>${head.commit === null ? "" : `of commit ${inlineCode(head.commit, 64)}, `}made at ${madeAt}</sub>`;
}
function renderTable(changes, { budget, restPlace }) {
	const header = ["| | object | change |", "| --- | --- | --- |"];
	const room = { left: Math.floor(budget.left / 2) };
	const rows = takeWhole(changes.map(renderRow), room);
	budget.left -= lengthOf([...header, ...rows]);
	const rest = changes.length - rows.length;
	return [
		...header,
		...rows,
		"",
		...rest === 0 ? [] : [`${rest} more ${restPlace}`, ""]
	];
}
function renderRow({ action, name, fields, immutable }) {
	const object = inlineCode(name, planLimits.cellCharacters);
	if (action === "deleted") return `| \u{2757} | **${object}** | **deleted** |`;
	if (immutable.length > 0) return `| \u{2757} | **${object}** | **must be recreated:** ${enumerate(immutable)} can not be changed |`;
	if (action === "created") return `| + | ${object} | created |`;
	return `| ~ | ${object} | ${enumerate(fields)} |`;
}
function enumerate(fields) {
	const shown = fields.slice(0, planLimits.cellFields).map((field) => inlineCode(field, 100));
	const rest = fields.length - shown.length;
	return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ");
}
function renderDetails(changes, { budget, restPlace }) {
	const shown = changes.filter(({ action }) => action !== "created");
	if (shown.length === 0) return [];
	const blocks = takeWhole(shown.map(renderDiff), budget);
	const rest = shown.length - blocks.length;
	return [
		`<details><summary>Differences of ${shown.length} object${shown.length === 1 ? "" : "s"}</summary>`,
		"",
		...blocks,
		...rest === 0 ? [] : [`${rest} more ${restPlace}`, ""],
		"</details>",
		""
	];
}
function renderDiff({ name, text }) {
	const title = inlineCode(name, planLimits.cellCharacters);
	if (text === "" || !/^@@ /mu.test(text)) return `${title}: only masked values differ, or there is no room\n`;
	return `${title}\n\n${fencedBlock(text, "diff")}\n`;
}
function warningsOf({ changes }) {
	const has = (test) => changes.some(test);
	const warnings = [
		has(({ kind, group }) => kind === "CustomResourceDefinition" && group === "apiextensions.k8s.io") ? "A CustomResourceDefinition changes: with its deletion all objects of its kind go." : "",
		has(({ action, kind, group }) => action === "deleted" && kind === "Namespace" && group === "") ? "A Namespace is deleted, with all that is in it." : "",
		has(({ immutable }) => immutable.length > 0) ? "Fields change that no API server changes: the objects must be deleted and made anew." : "",
		has(({ kind, group }) => kind === "Secret" && group === "") ? "Values of Secrets are masked." : ""
	].filter((line) => line !== "");
	return warnings.length === 0 ? [] : [...warnings.map((line) => `- ${line}`), ""];
}
function takeWhole(blocks, budget) {
	const taken = [];
	for (const block of blocks) {
		if (block.length + 1 > budget.left) break;
		budget.left -= block.length + 1;
		taken.push(block);
	}
	return taken;
}
function lengthOf(lines) {
	return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

// src/resources/stages.ts
const stages = [
	"definitions",
	"foundations",
	"rest",
	"webhooks"
];
const definitionKinds = /* @__PURE__ */ new Set([
	"apiextensions.k8s.io/CustomResourceDefinition",
	"/Namespace",
	"rbac.authorization.k8s.io/ClusterRole"
]);
const rbacGroup = "rbac.authorization.k8s.io";
function stageOf({ group, kind }) {
	if (definitionKinds.has(`${group}/${kind}`)) return "definitions";
	if (group === "admissionregistration.k8s.io" && kind.endsWith("WebhookConfiguration")) return "webhooks";
	if (kind.endsWith("Class") || group === rbacGroup && kind === "Role") return "foundations";
	return "rest";
}
function compareByStage(one, other) {
	const distance = stages.indexOf(stageOf(one)) - stages.indexOf(stageOf(other));
	if (distance !== 0) return distance;
	const [key, otherKey] = [identityKey(one), identityKey(other)];
	return key < otherKey ? -1 : Number(key > otherKey);
}

// src/resources/change-set.ts
function compareResources(before, after) {
	const old = new Map(before.map((resource) => [identityKey(identityOf(resource)), resource]));
	const created = [];
	const changed = [];
	const unchanged = [];
	for (const resource of sortByStage(after)) {
		const key = identityKey(identityOf(resource));
		const previous = old.get(key);
		old.delete(key);
		if (previous === void 0) {
			created.push(resource);
			continue;
		}
		const fields = findChangedFields(previous, resource);
		if (fields.length === 0) unchanged.push(resource);
		else changed.push({
			before: previous,
			after: resource,
			fields
		});
	}
	return {
		created,
		changed,
		unchanged,
		deleted: sortByStage([...old.values()]).toReversed()
	};
}
function sortByStage(resources) {
	return resources.map((resource) => [identityOf(resource), resource]).toSorted(([one], [other]) => compareByStage(one, other)).map(([, resource]) => resource);
}
function findChangedFields(before, after) {
	const fields = [];
	const open = [{
		before,
		after,
		path: ""
	}];
	for (let next = open.pop(); next !== void 0 && fields.length < diffLimits.fields; next = open.pop()) {
		const keys = commonKeys(next.before, next.after);
		if (keys === void 0) {
			if (!Object.is(normalZero(next.before), normalZero(next.after))) fields.push(next.path);
			continue;
		}
		for (const key of keys.toReversed()) open.push({
			before: memberOf(next.before, key),
			after: memberOf(next.after, key),
			path: appendPath(next.path, key)
		});
	}
	return fields;
}
function commonKeys(before, after) {
	if (Array.isArray(before) && Array.isArray(after)) return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index);
	if (!isMap$2(before) || !isMap$2(after)) return void 0;
	return [.../* @__PURE__ */ new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
}
function memberOf(value, key) {
	if (Array.isArray(value)) return value[Number(key)];
	return isMap$2(value) && Object.hasOwn(value, key) ? value[key] : void 0;
}
function normalZero(value) {
	return value === 0 ? 0 : value;
}
function appendPath(path, key) {
	if (typeof key === "number") return `${path}[${key}]`;
	if (!/^[A-Za-z_][A-Za-z0-9_-]*$/u.test(key)) return `${path}[${JSON.stringify(key)}]`;
	return path === "" ? key : `${path}.${key}`;
}
function isMap$2(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

// src/resources/format-yaml.ts
const plainText = /^[A-Za-z_/][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+(][A-Za-z0-9_./@+(),=-]*)*$/u;
const notText = /^(?:y|n|yes|no|true|false|on|off|null)$/iu;
const blockText = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{FEFF}\u{FFFE}\u{FFFF}]*$/u;
function formatYaml(value) {
	const lines = [];
	writeValue(value, "", {
		lines,
		lead: ""
	});
	return `${lines.join("\n")}\n`;
}
function writeValue(value, indent, { lines, lead }) {
	if (Array.isArray(value) && value.length > 0) writeItems(value, indent, {
		lines,
		lead
	});
	else if (isMap$1(value) && Object.keys(value).length > 0) writeMembers(value, indent, {
		lines,
		lead
	});
	else if (typeof value === "string" && isBlock(value)) {
		const text = value.endsWith("\n") ? value.slice(0, -1) : value;
		lines.push(`${lead}${value.endsWith("\n") ? "|" : "|-"}`);
		for (const line of text.split("\n")) lines.push(line === "" ? "" : `${indent}${line}`);
	} else lines.push(`${lead}${formatScalar(value)}`);
}
function writeItems(items, indent, { lines, lead }) {
	if (lead.trimEnd() !== "" && !lead.endsWith("- ")) lines.push(lead.trimEnd());
	items.forEach((item, index) => {
		const begin = lead.endsWith("- ") && index === 0 ? lead : indent;
		writeValue(item, `${indent}  `, {
			lines,
			lead: `${begin}- `
		});
	});
}
function writeMembers(map, indent, { lines, lead }) {
	const isItem = lead.endsWith("- ");
	if (lead.trimEnd() !== "" && !isItem) lines.push(lead.trimEnd());
	Object.keys(map).toSorted().forEach((key, index) => {
		const begin = isItem && index === 0 ? lead : indent;
		const value = map[key];
		writeValue(value, Array.isArray(value) ? indent : `${indent}  `, {
			lines,
			lead: `${begin}${formatText(key)}: `
		});
	});
}
function isBlock(text) {
	const lines = text.split("\n");
	return lines.length > 1 && !/^\s/u.test(text) && !text.endsWith("\n\n") && !/(?:^|\n)[ \t]+(?:\n|$)/u.test(text) && lines.every((line) => blockText.test(line.replaceAll("	", ""))) && lines.every((line) => !line.startsWith("	"));
}
function formatScalar(value) {
	if (typeof value === "string") return formatText(value);
	if (Array.isArray(value)) return "[]";
	return isMap$1(value) ? "{}" : String(value);
}
function formatText(text) {
	if (plainText.test(text) && !notText.test(text)) return text;
	return JSON.stringify(text).replaceAll(/[\u{7F}-\u{9F}\p{Cf}\p{Zl}\p{Zp}\u{FEFF}\u{FFFE}\u{FFFF}]/gu, (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`);
}
function isMap$1(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

// src/resources/text-diff.ts
function diffText(before, after, options) {
	if (before === after) return "";
	const { names, contextLines = 3, budget = { steps: diffLimits.steps } } = options;
	const sides = {
		old: splitLines(before),
		new: splitLines(after)
	};
	const body = groupEdits(findEdits(sides, budget), contextLines).map((edits) => formatHunk(edits, sides, contextLines)).join("");
	return `--- ${oneLine(names.before)}\n+++ ${oneLine(names.after)}\n${body}`;
}
function splitLines(text) {
	return text === "" ? [] : text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
}
function oneLine(name) {
	return name.replaceAll(/\p{Cc}/gu, "\ufffd");
}
function findEdits(sides, budget) {
	const shortest = Math.min(sides.old.length, sides.new.length);
	let begin = 0;
	while (begin < shortest && sides.old[begin] === sides.new[begin]) begin += 1;
	let end = 0;
	while (end < shortest - begin && sides.old.at(-1 - end) === sides.new.at(-1 - end)) end += 1;
	const middle = {
		old: sides.old.slice(begin, sides.old.length - end),
		new: sides.new.slice(begin, sides.new.length - end)
	};
	const pairs = matchLines(middle, budget) ?? [];
	const edits = [];
	let [oldAt, newAt] = [0, 0];
	for (const [oldLine, newLine] of [...pairs, [middle.old.length, middle.new.length]]) {
		if (oldLine > oldAt || newLine > newAt) edits.push({
			oldBegin: begin + oldAt,
			oldEnd: begin + oldLine,
			newBegin: begin + newAt,
			newEnd: begin + newLine
		});
		[oldAt, newAt] = [oldLine + 1, newLine + 1];
	}
	return edits;
}
function matchLines({ old, new: fresh }, budget) {
	const [height, width] = [old.length, fresh.length];
	if (height === 0 || width === 0) return [];
	const lineNumbers = numberLines(old, fresh);
	const most = Math.min(height + width, diffLimits.edits);
	const reach = new Int32Array(2 * most + 3);
	const trace = [];
	for (let edits = 0; edits <= most; edits += 1) {
		trace.push(reach.slice(most + 1 - edits - 1, most + 1 + edits + 2));
		for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
			const at = most + 1 + diagonal;
			let x = diagonal === -edits || diagonal !== edits && entry(reach, at - 1) < entry(reach, at + 1) ? entry(reach, at + 1) : entry(reach, at - 1) + 1;
			const begin = x;
			while (x < height && x - diagonal < width && lineNumbers.old[x] === lineNumbers.new[x - diagonal]) x += 1;
			budget.steps -= x - begin + 1;
			reach[at] = x;
			if (x >= height && x - diagonal >= width) return walkBack(trace, {
				height,
				width
			});
		}
		if (budget.steps <= 0) return void 0;
	}
}
function entry(numbers, index) {
	return numbers[index] ?? 0;
}
function numberLines(old, fresh) {
	const numbers = /* @__PURE__ */ new Map();
	const numberOf = (line) => {
		const known = numbers.get(line) ?? numbers.size;
		numbers.set(line, known);
		return known;
	};
	return {
		old: Int32Array.from(old, numberOf),
		new: Int32Array.from(fresh, numberOf)
	};
}
function walkBack(trace, size) {
	const pairs = [];
	let [x, y] = [size.height, size.width];
	for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
		const reach = trace[edits] ?? /* @__PURE__ */ new Int32Array();
		const diagonal = x - y;
		const at = edits + 1 + diagonal;
		const isDown = diagonal === -edits || diagonal !== edits && entry(reach, at - 1) < entry(reach, at + 1);
		const fromX = edits === 0 ? 0 : isDown ? entry(reach, at + 1) : entry(reach, at - 1);
		const fromY = edits === 0 ? 0 : fromX - (isDown ? diagonal + 1 : diagonal - 1);
		const [beginX, beginY] = edits === 0 ? [0, 0] : isDown ? [fromX, fromY + 1] : [fromX + 1, fromY];
		while (x > beginX && y > beginY) {
			x -= 1;
			y -= 1;
			pairs.push([x, y]);
		}
		[x, y] = [fromX, fromY];
	}
	return pairs.toReversed();
}
function groupEdits(edits, contextLines) {
	const hunks = [];
	for (const edit of edits) {
		const hunk = hunks.at(-1);
		const last = hunk?.at(-1);
		if (hunk !== void 0 && last !== void 0 && edit.oldBegin - last.oldEnd <= 2 * contextLines) hunk.push(edit);
		else hunks.push([edit]);
	}
	return hunks;
}
function formatHunk(edits, sides, contextLines) {
	const [first, last] = [edits[0], edits.at(-1)];
	if (first === void 0 || last === void 0) return "";
	const lead = Math.min(contextLines, first.oldBegin);
	const tail = Math.min(contextLines, sides.old.length - last.oldEnd);
	const parts = [`@@ -${formatRange(first.oldBegin - lead, last.oldEnd + tail)} +${formatRange(first.newBegin - lead, last.newEnd + tail)} @@\n`];
	let at = first.oldBegin - lead;
	for (const { oldBegin, oldEnd, newBegin, newEnd } of edits) {
		parts.push(formatLines(" ", sides.old.slice(at, oldBegin)));
		parts.push(formatLines("-", sides.old.slice(oldBegin, oldEnd)));
		parts.push(formatLines("+", sides.new.slice(newBegin, newEnd)));
		at = oldEnd;
	}
	parts.push(formatLines(" ", sides.old.slice(at, at + tail)));
	return parts.join("");
}
function formatRange(begin, end) {
	return begin === end ? `${begin},0` : `${begin + 1},${end - begin}`;
}
function formatLines(mark, lines) {
	return lines.map((line) => line.endsWith("\n") ? `${mark}${line}` : `${mark}${line}\n\\ No newline at end of file\n`).join("");
}

// src/operations/diff.ts
function diffArtifacts({ before, after, contextLines = 3, redact }) {
	const set = compareResources(before.map(({ resource }) => resource), after.map(({ resource }) => resource));
	const budget = { steps: diffLimits.steps };
	const textOf = (versions) => {
		const masked = maskVersions(versions);
		const [old, fresh] = [formatVersion(masked.before, redact), formatVersion(masked.after, redact)];
		const shown = versions.after ?? versions.before;
		const path = shown === void 0 ? "" : formatIdentity(identityOf(shown));
		const names = {
			before: versions.before === void 0 ? "/dev/null" : `a/${path}`,
			after: versions.after === void 0 ? "/dev/null" : `b/${path}`
		};
		return diffText(old, fresh, {
			names,
			contextLines,
			budget
		});
	};
	const deleted = set.deleted.map((resource) => changeOf("deleted", resource, {
		fields: [],
		text: textOf({
			before: resource,
			after: void 0
		})
	}));
	const configured = set.changed.map(({ before: old, after: fresh, fields }) => changeOf("configured", fresh, {
		fields,
		text: textOf({
			before: old,
			after: fresh
		})
	}));
	const created = set.created.map((resource) => changeOf("created", resource, {
		fields: [],
		text: textOf({
			before: void 0,
			after: resource
		})
	}));
	return {
		changes: [
			...deleted,
			...created,
			...configured
		],
		unchanged: set.unchanged.length
	};
}
function formatVersion(resource, redact) {
	return resource === void 0 ? "" : formatYaml(redact === void 0 ? resource : redact(resource));
}
function changeOf(action, resource, { fields, text }) {
	const identity = identityOf(resource);
	return {
		action,
		identity,
		name: formatIdentity(identity),
		fields,
		text
	};
}

// src/plan/immutable.ts
const workloadSelector = ["spec.selector"];
const rules = /* @__PURE__ */ new Map([
	["apps/Deployment", workloadSelector],
	["apps/DaemonSet", workloadSelector],
	["apps/ReplicaSet", workloadSelector],
	["apps/StatefulSet", [{
		in: "spec",
		mutable: [
			"minReadySeconds",
			"ordinals",
			"persistentVolumeClaimRetentionPolicy",
			"replicas",
			"revisionHistoryLimit",
			"template",
			"updateStrategy"
		]
	}]],
	["batch/Job", [
		"spec.completionMode",
		"spec.manualSelector",
		"spec.selector",
		"spec.template"
	]],
	["/Service", ["spec.clusterIP", "spec.clusterIPs"]],
	["/PersistentVolumeClaim", [{
		in: "spec",
		mutable: ["resources", "volumeAttributesClassName"]
	}]],
	["/PersistentVolume", [{
		in: "spec",
		mutable: [
			"accessModes",
			"capacity",
			"claimRef",
			"mountOptions",
			"persistentVolumeReclaimPolicy",
			"storageClassName",
			"volumeAttributesClassName"
		]
	}]],
	["/Secret", ["type"]],
	["rbac.authorization.k8s.io/RoleBinding", ["roleRef"]],
	["rbac.authorization.k8s.io/ClusterRoleBinding", ["roleRef"]],
	["networking.k8s.io/IngressClass", ["spec.controller"]],
	["node.k8s.io/RuntimeClass", ["handler"]],
	["scheduling.k8s.io/PriorityClass", ["value", "preemptionPolicy"]],
	["storage.k8s.io/StorageClass", [
		"parameters",
		"provisioner",
		"reclaimPolicy",
		"volumeBindingMode"
	]],
	["apiextensions.k8s.io/CustomResourceDefinition", [
		"spec.group",
		"spec.names.plural",
		"spec.scope"
	]]
]);
const sealable = /* @__PURE__ */ new Map([["/ConfigMap", [
	"binaryData",
	"data",
	"immutable"
]], ["/Secret", [
	"data",
	"immutable",
	"stringData"
]]]);
function findImmutableChanges(before, after) {
	const { group, kind } = identityOf(after);
	const key = `${group}/${kind}`;
	const sealed = before["immutable"] === true ? sealable.get(key) ?? [] : [];
	return [...rules.get(key) ?? [], ...sealed].flatMap((rule) => pathsOf(rule, before, after)).filter((path) => {
		const [old, fresh] = [valueAt(before, path), valueAt(after, path)];
		if (key === "/Service" && (old === void 0 || fresh === void 0)) return false;
		return findChangedFields(old, fresh).length > 0;
	});
}
function pathsOf(rule, before, after) {
	if (typeof rule === "string") return [rule];
	const members = [before, after].flatMap((resource) => {
		const part = valueAt(resource, rule.in);
		return isMap(part) ? Object.keys(part) : [];
	});
	return [...new Set(members)].filter((member) => !rule.mutable.includes(member) && !member.includes(".")).toSorted().map((member) => `${rule.in}.${member}`);
}
function valueAt(resource, path) {
	let value = resource;
	for (const member of path.split(".")) value = isMap(value) && Object.hasOwn(value, member) ? value[member] : void 0;
	return value;
}
function isMap(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

// src/plan/ignore.ts
function parseIgnoreRule(line) {
	const { kind, pointer } = /^(?<kind>\*|[A-Za-z][A-Za-z0-9.-]*)\s+(?<pointer>\/\S+)$/u.exec(line)?.groups ?? {};
	if (kind === void 0 || pointer === void 0 || /~(?![01])/u.test(pointer)) throw new InputError("INPUT_INVALID", `${JSON.stringify(line.slice(0, 200))} is no KIND and JSON pointer`, { hint: "Write it as \"Deployment.apps /spec/replicas\", or with \"*\" for every kind." });
	const members = pointer.slice(1).split("/").map((member) => member.replaceAll("~1", "/").replaceAll("~0", "~"));
	if (["apiVersion", "kind"].includes(members[0] ?? "") || isIdentity(members)) throw new InputError("INPUT_INVALID", `${pointer.slice(0, 200)} is part of what identifies an object`);
	return {
		kind,
		members
	};
}
function leaveOut(resource, rules) {
	const { group, kind } = identityOf(resource);
	const name = group === "" ? kind : `${kind}.${group}`;
	let left = resource;
	for (const rule of rules) if (rule.kind === "*" || rule.kind === name) left = without(left, rule.members);
	return left;
}
function isIdentity([first, second, ...more]) {
	if (first !== "metadata" || more.length > 0) return false;
	return second === void 0 || second === "name" || second === "namespace";
}
function without(value, [member = "", ...rest]) {
	if (Array.isArray(value)) {
		const at = /^(?:0|[1-9]\d{0,6})$/u.test(member) ? Number(member) : -1;
		if (rest.length === 0) return value.filter((_, index) => index !== at);
		return value.map((item, index) => index === at ? without(item, rest) : item);
	}
	if (typeof value !== "object" || value === null) return value;
	const entries = Object.entries(value);
	return Object.fromEntries(rest.length === 0 ? entries.filter(([key]) => key !== member) : entries.map(([key, part]) => [key, key === member ? without(part, rest) : part]));
}

// src/plan/mask.ts
const placeholder = "***";
function createValueMask(resources) {
	const needles = /* @__PURE__ */ new Set();
	for (const secret of resources.filter(isSecret)) collectForms(secret, needles);
	const index = indexByStart(needles);
	const isExceeded = needles.size > planLimits.secrets;
	const budget = { steps: planLimits.maskSteps };
	const text = (value) => isExceeded || budget.steps <= 0 ? placeholder : maskText(value, index, budget);
	return {
		text,
		resource: (resource) => isSecret(resource) ? resource : maskDeep(resource, text)
	};
}
function collectForms(secret, needles) {
	for (const field of valueFieldsOf(secret)) for (const value of leavesOf(secret[field])) {
		const decoded = field === "data" ? Buffer.from(value, "base64").toString("utf8") : value;
		const lines = decoded.split(/\r?\n/u).map((line) => line.trim());
		for (const spelling of [
			value,
			decoded,
			...lines
		].flatMap(spellingsOf)) needles.add(spelling);
	}
}
function spellingsOf(text) {
	return [
		text,
		text.trim(),
		base64(text),
		spellUrl(text),
		JSON.stringify(text).slice(1, -1)
	].filter((spelling) => spelling.length >= planLimits.secretCharacters);
}
function leavesOf(value) {
	const leaves = [];
	const open = [value];
	while (open.length > 0) {
		const next = open.pop();
		if (typeof next === "string") leaves.push(next);
		else if (typeof next === "object" && next !== null) for (const part of Object.values(next)) open.push(part);
		else if (typeof next === "number" || typeof next === "boolean") leaves.push(String(next));
	}
	return leaves;
}
function base64(text) {
	return Buffer.from(text).toString("base64");
}
function spellUrl(text) {
	return text.isWellFormed() ? encodeURIComponent(text) : text;
}
function indexByStart(needles) {
	const index = /* @__PURE__ */ new Map();
	for (const needle of [...needles].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))) {
		const start = needle.slice(0, planLimits.secretCharacters);
		const bucket = index.get(start) ?? {
			needles: [],
			cost: 0
		};
		bucket.needles.push(needle);
		bucket.cost += 10 + needle.length / 64;
		index.set(start, bucket);
	}
	return index;
}
function maskText(text, index, budget) {
	if (index.size === 0) return text;
	let out = "";
	let kept = 0;
	for (let at = 0; at < text.length;) {
		const bucket = index.get(text.slice(at, at + planLimits.secretCharacters));
		budget.steps -= 1 + (bucket?.cost ?? 0);
		if (budget.steps < 0) return placeholder;
		const found = bucket?.needles.find((needle) => text.startsWith(needle, at));
		if (found === void 0) {
			at += 1;
			continue;
		}
		out += `${text.slice(kept, at)}${placeholder}`;
		at += found.length;
		kept = at;
	}
	return out + text.slice(kept);
}
function maskDeep(value, mask) {
	if (typeof value === "string") return mask(value);
	if (typeof value === "number") {
		const masked = mask(String(value));
		return masked === String(value) ? value : masked;
	}
	if (Array.isArray(value)) return value.map((item) => maskDeep(item, mask));
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, member]) => [mask(key), maskDeep(member, mask)]));
}

// src/plan/compare.ts
function planChanges(request) {
	const before = request.before.map((resource) => leaveOut(resource, request.ignore));
	const after = request.after.map((resource) => leaveOut(resource, request.ignore));
	const mask = createValueMask([...request.before, ...request.after]);
	const { changes, unchanged } = diffArtifacts({
		before: before.map((resource) => ({ resource })),
		after: after.map((resource) => ({ resource })),
		contextLines: request.contextLines,
		redact: mask.resource
	});
	const [old, fresh] = [indexOf(before), indexOf(after)];
	const planned = changes.map((change) => {
		const key = identityKey(change.identity);
		return toPlanned(change, immutableOf(...[old.get(key), fresh.get(key)]), mask);
	});
	const { base, head, madeAt } = request;
	return {
		version: 1,
		base,
		head,
		madeAt,
		unchanged,
		changes: fitTexts(planned.toSorted((a, b) => rankOf(a) - rankOf(b)))
	};
}
function indexOf(resources) {
	return new Map(resources.map((resource) => [identityKey(identityOf(resource)), resource]));
}
function immutableOf(before, after) {
	return before === void 0 || after === void 0 ? [] : findImmutableChanges(before, after);
}
function toPlanned(change, immutable, mask) {
	const { action, identity, name, fields, text } = change;
	return {
		action,
		name: shorten(mask.text(name)),
		group: mask.text(identity.group),
		kind: mask.text(identity.kind),
		fields: fields.map((field) => shorten(mask.text(field))),
		immutable: immutable.map((field) => shorten(mask.text(field))),
		text: mask.text(text)
	};
}
function rankOf({ action, immutable }) {
	if (action === "deleted") return 0;
	if (immutable.length > 0) return 1;
	return action === "configured" ? 2 : 3;
}
function shorten(text) {
	return text.length > 1e3 ? `${text.slice(0, 999)}\u2026` : text;
}
function fitTexts(changes) {
	let left = planLimits.reportCharacters;
	return changes.map((change) => {
		if (change.text.length > left) return {
			...change,
			text: ""
		};
		left -= change.text.length;
		return change;
	});
}

// action/diff/inputs.ts
const inputsSchema = object({
	repository: parsed(text, optionalRepository),
	base: parsed(text.min(1, "is missing"), parseVersion),
	path: text,
	...renderShape,
	head: parsed(text, (value) => value === "" ? "" : parseVersion(value)),
	context: text.regex(/^(?:\d|[1-9]\d)$/u, "is no number from 0 to 99").transform(Number),
	ignore: lines,
	"fail-on": _enum([
		"none",
		"changes",
		"deletes"
	], "is neither none nor changes nor deletes"),
	comment: flag,
	"comment-key": text.max(300, "is longer than 300 characters"),
	"report-file": text,
	...registryFields,
	summary: flag,
	"github-token": text
});
function readInputs(host, context) {
	host.mask(host.input("github-token").trim());
	maskRegistrySecrets(host);
	return readAll(host, inputsSchema, async (_, problems, values) => {
		if (values === void 0) return void 0;
		const task = await readTask(values, context, problems);
		if (task === void 0) return void 0;
		const repository = values.repository === void 0 ? "" : `${values.repository.repository}/`;
		return {
			task,
			failOn: values["fail-on"],
			hasComment: values.comment,
			commentKey: values["comment-key"] === "" ? `${repository}${values.base}` : values["comment-key"],
			hasSummary: values.summary,
			timeoutMs: values.timeout,
			token: values["github-token"]
		};
	});
}
async function readTask(values, context, problems) {
	const { path, head, "report-file": file } = values;
	if (file !== "") {
		if (path !== "" || head !== "") problems.add(conflict("report-file: excludes path and head"));
		const show = await problems.attempt("report-file", async () => parseReport(await readText(resolve(context.workspace, file), planLimits.reportBytes)));
		return show === void 0 ? void 0 : { show };
	}
	if (path === "" === (head === "")) problems.add(conflict("path: exactly one of path and head is needed"));
	if (values.repository === void 0) problems.add(new InputError("INPUT_MISSING", "repository: is missing"));
	const ignore = await problems.attempt("ignore", () => values.ignore.map(parseIgnoreRule));
	const found = path === "" ? void 0 : await problems.attempt("path", () => resolveInWorkspace(context.workspace, path));
	const registry = await readRegistry(values, context, problems);
	if (values.repository === void 0 || ignore === void 0 || registry === void 0) return void 0;
	const { base, context: contextLines } = values;
	const render = await toSourceOptions(values, context, problems);
	const side = found === void 0 ? { reference: head } : {
		path: found,
		render
	};
	const { repository } = values;
	return { compare: {
		repository,
		base,
		head: side,
		contextLines,
		ignore,
		registry
	} };
}
function conflict(message) {
	return new InputError("INPUT_CONFLICT", message, { hint: "Leave out one of them." });
}
function optionalRepository(value) {
	return value === "" ? void 0 : parseRepository(value);
}

// action/diff/outputs.ts
function writeOutputs(host, { report, reportPath, commentUrl }) {
	const { created, configured, unchanged, deleted } = countsOf(report);
	const outputs = {
		changed: report.changes.length > 0,
		created,
		configured,
		unchanged,
		deleted,
		"base-digest": report.base.digest ?? "",
		"head-digest": report.head.digest ?? "",
		"report-path": reportPath,
		"comment-url": commentUrl
	};
	for (const [name, value] of Object.entries(outputs)) host.output(name, String(value));
}

// action/diff/pull-request.ts
const pullSchema = object({
	number: int().positive(),
	head: object({ sha: commitSchema })
});
const eventSchema = object({
	pull_request: pullSchema.optional(),
	workflow_run: object({
		head_sha: commitSchema,
		head_branch: string().min(1).max(500).nullish(),
		head_repository: object({ owner: object({ login: string().min(1).max(100) }) })
	}).optional()
});
async function readEvent(context) {
	const { pull_request: pull, workflow_run: run } = await readEventAs(eventSchema, context);
	const { commit: own } = context;
	if (pull !== void 0) return {
		commit: pull.head.sha,
		findPullRequest: async () => pull.number
	};
	if (run === void 0) return {
		commit: own,
		findPullRequest: async () => void 0
	};
	const { head_sha: sha, head_branch: branch, head_repository: from } = run;
	return {
		commit: sha,
		findPullRequest: async (request, repository) => {
			if (branch === void 0 || branch === null) return void 0;
			const head = `${from.owner.login}:${branch}`;
			const parameters = {
				...repository,
				state: "open",
				head,
				per_page: 100
			};
			return array(pullSchema).parse(await request("GET /repos/{owner}/{repo}/pulls", parameters)).find((candidate) => candidate.head.sha === sha)?.number;
		}
	};
}

// action/diff/sides.ts
async function readBase(store, base, signal) {
	let manifest;
	try {
		manifest = await store.resolve(base, signal);
	} catch (error) {
		const code = errorCodeOf(error);
		if (base.includes(":") || code !== "CONTENT_MISSING" && code !== "REGISTRY_NOT_FOUND") throw error;
		return {
			digest: null,
			resources: []
		};
	}
	return readArtifact(store, manifest, signal);
}
async function readHead(store, head, { env, signal, log, onRendered }) {
	if ("reference" in head) return readArtifact(store, await store.resolve(head.reference, signal), signal);
	const { files, skipped, rendering } = await readSources(head.path.absolute, head.render, {
		env,
		signal
	});
	if (rendering !== void 0) {
		onRendered(rendering);
		for (const note of skipped) log(note);
	}
	return {
		digest: null,
		resources: readResources(files).map(({ resource }) => resource)
	};
}
const ofArtifacts = /* @__PURE__ */ new WeakSet();
function isOfArtifact(problem) {
	return ofArtifacts.has(problem);
}
async function readArtifact(store, manifest, signal) {
	const files = await fetchArtifact(store, manifest, signal);
	try {
		const parsed = readResources(files.filter(({ path }) => isResourceFile(path)));
		return {
			digest: manifest.descriptor.digest,
			resources: parsed.map(({ resource }) => resource)
		};
	} catch (error) {
		for (const problem of problemsOf(error)) if (problem instanceof Error) ofArtifacts.add(problem);
		throw error;
	}
}

// action/diff/sticky-comment.ts
const pageSize = 100;
const written = object({ html_url: url({ protocol: /^https?$/u }) });
const commentSchema = object({
	id: int().positive(),
	body: string().nullish(),
	user: object({ login: string() }).nullish()
});
const viewerSchema = object({ viewer: object({ login: string().min(1) }) });
async function writeComment(github, { repository, number, body, isNews }) {
	const id = await findComment(github, {
		repository,
		number,
		marker: body.split("\n", 1)[0] ?? ""
	});
	if (id === void 0 && !isNews) return "";
	const answer = id === void 0 ? await github.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", {
		...repository,
		issue_number: number,
		body
	}) : await github.request("PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}", {
		...repository,
		comment_id: id,
		body
	});
	return written.parse(answer).html_url;
}
async function findComment(github, { repository, number, marker }) {
	const author = await readAuthor(github);
	for (let page = 1; page <= planLimits.commentPages; page += 1) {
		const answer = await github.request("GET /repos/{owner}/{repo}/issues/{issue_number}/comments", {
			...repository,
			issue_number: number,
			per_page: pageSize,
			page
		});
		const comments = array(commentSchema).parse(answer);
		const found = comments.find(({ body, user }) => user?.login === author && body?.split(/\r?\n/u, 1)[0] === marker);
		if (found !== void 0) return found.id;
		if (comments.length < pageSize) return void 0;
	}
}
async function readAuthor({ query }) {
	const answer = await query("query { viewer { login } }");
	return viewerSchema.parse(answer).viewer.login;
}

// action/diff/main.ts
async function run(given) {
	const { host } = given;
	let world = given;
	let inputs;
	let rendering;
	const onRendered = (made) => void (rendering = made);
	try {
		const context = readContext(world.env);
		inputs = await readInputs(host, context);
		world = withDeadline(given, inputs.timeoutMs);
		const event = await readEvent(context);
		const report = await makeReport(inputs, event, {
			...world,
			onRendered
		});
		const reportPath = "show" in inputs.task ? "" : await writeReport(report, context, world);
		const commentUrl = await comment(report, {
			inputs,
			event,
			context
		}, world);
		writeOutputs(host, {
			report,
			reportPath,
			commentUrl
		});
		await writeSummary(host, inputs, report);
		return judge(host, inputs.failOn, report);
	} catch (error) {
		if (world.signal.aborted) reportEnd(host, world.signal);
		else {
			const inFolder = placesIn(folderOf(inputs), rendering);
			reportError(host, error, (location, problem) => isOfArtifact(problem) ? {} : inFolder(location, problem));
		}
		return 1;
	}
}
async function makeReport({ task }, { commit }, world) {
	const report = "show" in task ? task.show : await compare(task.compare, world);
	return {
		...report,
		head: {
			...report.head,
			commit: commit ?? null
		}
	};
}
async function compare(comparison, world) {
	const { repository, base, head, contextLines, ignore, registry } = comparison;
	const { host, now, env, signal, onRendered } = world;
	return withRepository(repository, registry, world, async (store) => {
		const before = await host.group("Read base", () => readBase(store, base, signal));
		const after = await host.group("Read head", () => readHead(store, head, {
			env,
			signal,
			log: (line) => host.info(line),
			onRendered
		}));
		return planChanges({
			base: {
				name: base,
				digest: before.digest
			},
			head: {
				name: "reference" in head ? head.reference : `files of ${head.path.folder.slice(0, 500)}`,
				digest: after.digest,
				commit: null
			},
			madeAt: formatTime(now()),
			before: before.resources,
			after: after.resources,
			ignore,
			contextLines
		});
	});
}
async function writeReport(report, { workspace }, { env }) {
	const path = join(env["RUNNER_TEMP"] ?? workspace, "sealift-report.json");
	await writeFile(path, formatReport(report));
	return path;
}
async function comment(report, told, world) {
	const { inputs, event, context } = told;
	const { host, signal } = world;
	const repository = repositoryOf(context);
	if (!inputs.hasComment || repository === void 0 || inputs.token === "") return "";
	try {
		return await withGitHub({
			token: inputs.token,
			context
		}, world, async (github) => {
			const number = await event.findPullRequest(github.request, repository);
			if (number === void 0) {
				host.info("no comment: the event is of no pull request whose head is this commit");
				return "";
			}
			const body = renderComment(report, inputs.commentKey);
			return writeComment(github, {
				repository,
				number,
				body,
				isNews: report.changes.length > 0
			});
		});
	} catch (error) {
		signal.throwIfAborted();
		const why = describeGitHubFailure(error, "pull-requests: write");
		host.warning(`the comment could not be written: ${why}. The plan stands in the job summary; for forks show its report in a workflow_run.`, { title: "Comment" });
		return "";
	}
}
async function writeSummary(host, { hasSummary }, report) {
	if (!hasSummary) return;
	try {
		const options = {
			maxCharacters: planLimits.summaryCharacters,
			restPlace: "in the report"
		};
		await host.summary(renderPlan(report, options));
	} catch (error) {
		host.warning(`the job summary could not be written: ${errorMessageOf(error)}`, { title: "Job summary" });
	}
}
function judge(host, failOn, report) {
	const { created, configured, deleted, unchanged } = countsOf(report);
	host.info(`${created} created, ${configured} configured, ${deleted} deleted, ${unchanged} unchanged`);
	const isFailed = failOn === "changes" && report.changes.length > 0 || failOn === "deletes" && deleted > 0;
	if (isFailed) host.error(`the plan has ${failOn}, and fail-on is ${failOn}`, { title: "Plan is not empty" });
	return isFailed ? 1 : 0;
}
function folderOf(inputs) {
	if (inputs === void 0 || !("compare" in inputs.task)) return "";
	const { head } = inputs.task.compare;
	return "path" in head ? head.path.folder : "";
}

// action/diff/index.ts
await startAction(run);

export {  };