import { A as readContext, An as VerificationError, Cn as PolicyError, Ct as isTemplate, Dn as ResourceError, H as aggregationLabel, Mn as errorMessageOf, Nn as isSealiftError, Nt as unpackLayer, Ot as parseTag, Pn as startAction, Q as objectRuleNames, Rt as parseManifest, St as identityOf, Tt as resourceSchema, U as apiGroup, Z as objectRuleDomains, Zt as archiveLimits, a as readRegistry, at as fetchBytes, bt as formatIdentity, ct as isResourceFile, f as requiredText, i as parseVersion, jt as fetchLayer, kt as artifactLayer, ln as patchLimits, m as text, mt as readDocuments, n as maskRegistrySecrets, o as registryFields, pn as resourceLimits, r as parseRepository, s as flag, t as readAll, u as parsed, ut as readResources, w as withRepository, wt as parseApiVersion, xn as InputError, xt as identityKey, yn as ContentError } from "./chunks/common.js";
import { c as discriminatedUnion, g as string, i as array, p as object, s as custom, u as literal } from "./chunks/zod.js";
import { a as requirementsFor, c as matchSignatures, h as parseSourceUrl, i as runAction, n as trustFields, p as distinctSigners, r as defaultNamespace, s as judge, t as readTrust } from "./chunks/trust.js";
import { I as decryptMembers, R as decryptFiles, _ as findCandidates, x as provenancePredicateType, y as matchProvenance, z as isEncryptedFile } from "./chunks/signing.js";
import { t as RE2JS } from "./chunks/re2.js";
import { isDeepStrictEqual } from "node:util";

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

// src/resources/scope.ts
const clusterKinds = {
	"": "Namespace Node PersistentVolume ComponentStatus",
	"admissionregistration.k8s.io": "MutatingWebhookConfiguration ValidatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding MutatingAdmissionPolicy MutatingAdmissionPolicyBinding",
	"apiextensions.k8s.io": "CustomResourceDefinition",
	"apiregistration.k8s.io": "APIService",
	"authentication.k8s.io": "TokenReview SelfSubjectReview",
	"authorization.k8s.io": "SubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview",
	"certificates.k8s.io": "CertificateSigningRequest ClusterTrustBundle",
	"flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
	"internal.apiserver.k8s.io": "StorageVersion",
	"networking.k8s.io": "IngressClass IPAddress ServiceCIDR",
	"node.k8s.io": "RuntimeClass",
	policy: "PodSecurityPolicy",
	"rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
	"resource.k8s.io": "DeviceClass DeviceTaintRule ResourceSlice",
	"scheduling.k8s.io": "PriorityClass",
	"storage.k8s.io": "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass",
	"storagemigration.k8s.io": "StorageVersionMigration"
};
const builtIn = new Set(Object.entries(clusterKinds).flatMap(([group, kinds]) => kinds.split(" ").map((kind) => `${group}/${kind}`)));
const dottedGroups = /* @__PURE__ */ new Set([
	...Object.keys(clusterKinds),
	"coordination.k8s.io",
	"discovery.k8s.io",
	"events.k8s.io"
]);
function isBuiltInGroup(group) {
	return !group.includes(".") || dottedGroups.has(group);
}
function clusterScopeOf(objects) {
	const defined = /* @__PURE__ */ new Set();
	for (const object of objects) {
		const { kind, spec } = membersOf$1(object);
		const { group, scope, names } = membersOf$1(kind === "CustomResourceDefinition" ? spec : void 0);
		const { kind: name } = membersOf$1(names);
		if (scope !== "Cluster" || typeof group !== "string" || typeof name !== "string") continue;
		if (group.includes(".")) defined.add(`${group}/${name}`);
	}
	return ({ group, kind }) => builtIn.has(`${group}/${kind}`) || defined.has(`${group}/${kind}`);
}
function membersOf$1(value) {
	return typeof value === "object" && value !== null ? value : {};
}

// src/render/acceptable.ts
function assertAcceptable(objects) {
	const seen = /* @__PURE__ */ new Set();
	return objects.map((value) => {
		const { data, error } = resourceSchema.safeParse(value);
		if (data === void 0) {
			const [issue] = error.issues;
			throw refusal$1(`an object is none any longer: ${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? "is not valid"}`);
		}
		const identity = identityOf(data);
		const label = formatIdentity(identity);
		const key = identityKey(identity);
		if (seen.has(key)) throw refusal$1(`two objects become ${label}`);
		seen.add(key);
		if (isTooDeep(value)) throw refusal$1(`${label} nests deeper than ${resourceLimits.depth} levels`);
		const bytes = Buffer.byteLength(JSON.stringify(value));
		if (bytes > resourceLimits.resourceBytes) throw refusal$1(`${label} has ${bytes} bytes, more than the API server takes (${resourceLimits.resourceBytes})`);
		return data;
	});
}
function isTooDeep(value) {
	let level = [value];
	for (let depth = 0; level.length > 0; depth += 1) {
		if (depth > resourceLimits.depth) return true;
		level = level.flatMap((one) => typeof one === "object" && one !== null ? Object.values(one) : []);
	}
	return false;
}
function refusal$1(message) {
	return new InputError("INPUT_INVALID", `after the Delivery's transforms ${message}`);
}

// src/render/edit.ts
function isMap(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
function isList(value) {
	return Array.isArray(value);
}
function memberOf(value, key) {
	return isMap(value) && Object.hasOwn(value, key) ? value[key] : void 0;
}
function textOf(value, key) {
	const member = memberOf(value, key);
	return typeof member === "string" ? member : "";
}
function withMember(map, key, value) {
	if (Object.hasOwn(map, key) && map[key] === value) return map;
	return {
		...map,
		[key]: value
	};
}
function withoutMember(map, key) {
	if (!Object.hasOwn(map, key)) return map;
	return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
}
function changeAt(value, path, change) {
	const [step, ...rest] = path;
	if (step === void 0) return change(value);
	if (isList(value)) return changeItems(value, (item) => changeAt(item, path, change));
	const member = memberOf(value, step);
	if (!isMap(value) || member === void 0 || member === null) return value;
	return withMember(value, step, changeAt(member, rest, change));
}
function changeItems(items, change) {
	const changed = items.map(change);
	return changed.some((item, index) => item !== items[index]) ? changed : items;
}

// src/render/built-object.ts
const noNamespace = "_non_namespaceable_";
function kindOf(value) {
	return {
		...parseApiVersion(textOf(value, "apiVersion")),
		kind: textOf(value, "kind")
	};
}
function nameOf(value, isClusterScoped) {
	const metadata = memberOf(value, "metadata");
	const written = textOf(metadata, "namespace");
	const namespace = isClusterScoped(kindOf(value)) ? noNamespace : written === "" ? "default" : written;
	return {
		name: textOf(metadata, "name"),
		namespace
	};
}
function noteName({ value, former }, isClusterScoped) {
	return {
		value,
		former: [...former, nameOf(value, isClusterScoped)]
	};
}
function withMetadata(value, key, text) {
	const metadata = memberOf(value, "metadata");
	return withMember(value, "metadata", withMember(isMap(metadata) ? metadata : {}, key, text));
}

// src/render/affix-names.ts
function affixNames(objects, { prefix, suffix }, isClusterScoped) {
	return objects.map((object) => {
		if (keepsName(object.value)) return object;
		const noted = noteName(object, isClusterScoped);
		const name = textOf(memberOf(object.value, "metadata"), "name");
		return {
			...noted,
			value: withMetadata(object.value, "name", `${prefix}${name}${suffix}`)
		};
	});
}
function keepsName(value) {
	const { group, kind } = kindOf(value);
	if (kind === "CustomResourceDefinition" || kind === "Namespace") return true;
	return kind === "APIService" && group === "apiregistration.k8s.io";
}

// src/render/image-override.ts
const containerLists = /* @__PURE__ */ new Set(["containers", "initContainers"]);
const volumePaths = ["spec/volumes/image/reference", "spec/template/spec/volumes/image/reference"].map((path) => path.split("/"));
function overrideImages(objects, images) {
	const overrides = joinByName(images).map(compile);
	if (overrides.length === 0) return objects;
	const change = (found) => typeof found === "string" ? overrides.reduce((image, override) => override(image), found) : found;
	return objects.map((object) => {
		if (kindOf(object.value).kind === "CustomResourceDefinition") return object;
		const inLists = inContainers(object.value, change);
		const changed = volumePaths.reduce((value, path) => changeAt(value, path, change), inLists);
		return isMap(changed) ? {
			...object,
			value: changed
		} : object;
	});
}
function joinByName(images) {
	const joined = /* @__PURE__ */ new Map();
	for (const image of images) {
		const { newName, newTag, digest, ...rest } = image;
		const before = joined.get(image.name);
		const version = newTag || digest ? {
			newTag,
			digest
		} : {
			newTag: before?.newTag,
			digest: before?.digest
		};
		joined.set(image.name, {
			...rest,
			newName: newName || before?.newName,
			...version
		});
	}
	return [...joined.values()];
}
function compile({ name, newName, newTag, digest }, index) {
	const pattern = compileName(name, `spec.images[${index}].name`);
	return (image) => {
		if (!pattern.test(image)) return image;
		const split = splitImage(image);
		const version = newTag || digest ? {
			tag: newTag,
			digest
		} : split;
		const tag = version.tag ? `:${version.tag}` : "";
		return `${newName || split.name}${tag}${version.digest ? `@${version.digest}` : ""}`;
	};
}
function compileName(name, where) {
	try {
		return RE2JS.compile(`^${name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`);
	} catch (cause) {
		const why = errorMessageOf(cause, 200);
		throw new InputError("INPUT_INVALID", `${where} is no regular expression: ${why}`, { cause });
	}
}
function splitImage(image) {
	const host = Math.max(0, image.indexOf("/"));
	const [before = "", ...digests] = image.slice(host).split("@");
	const colon = before.indexOf(":");
	const end = host + (colon < 0 ? before.length : colon);
	return {
		name: image.slice(0, end),
		tag: colon < 0 ? void 0 : before.slice(colon + 1),
		digest: digests.length === 0 ? void 0 : digests.join("@")
	};
}
function inContainers(value, change) {
	if (isList(value)) return changeItems(value, (item) => inContainers(item, change));
	if (!isMap(value)) return value;
	return Object.entries(value).reduce((map, [key, member]) => {
		const inner = inContainers(member, change);
		const changed = containerLists.has(key) && isList(inner) ? changeItems(inner, (item) => changeImage(item, change)) : inner;
		return changed === member ? map : withMember(map, key, changed);
	}, value);
}
function changeImage(container, change) {
	const image = memberOf(container, "image");
	if (!isMap(container) || image === void 0) return container;
	return withMember(container, "image", change(image));
}

// src/render/reference-table.ts
const rbac = "rbac.authorization.k8s.io";
const admission = "admissionregistration.k8s.io";
const podSpecs = {
	Pod: "spec",
	PodTemplate: "template/spec",
	Deployment: "spec/template/spec",
	ReplicaSet: "spec/template/spec",
	ReplicationController: "spec/template/spec",
	DaemonSet: "spec/template/spec",
	StatefulSet: "spec/template/spec",
	Job: "spec/template/spec",
	CronJob: "spec/jobTemplate/spec/template/spec"
};
const withData = [
	"Pod",
	"PodTemplate",
	"Deployment",
	"ReplicaSet",
	"DaemonSet",
	"StatefulSet",
	"Job",
	"CronJob"
];
const withAccounts = [
	"Pod",
	"StatefulSet",
	"Deployment",
	"ReplicationController",
	"CronJob",
	"Job",
	"DaemonSet"
];
function inPods(target, kinds, fields) {
	return kinds.flatMap((kind) => {
		const referrer = kind === "Pod" && kinds === withData ? {
			kind,
			version: "v1"
		} : { kind };
		return fields.map((field) => ({
			target,
			referrer,
			path: `${podSpecs[kind]}/${field}`.split("/")
		}));
	});
}
function of(target, fields) {
	return fields.flatMap(([referrer, ...paths]) => paths.map((path) => ({
		target,
		referrer,
		path: path.split("/")
	})));
}
function inAnnotations(target, kind, names) {
	return names.map((name) => ({
		target,
		referrer: { kind },
		path: [
			"metadata",
			"annotations",
			name
		]
	}));
}
const configMap = {
	kind: "ConfigMap",
	version: "v1"
};
const secret = {
	kind: "Secret",
	version: "v1"
};
const service = {
	kind: "Service",
	version: "v1"
};
const claim = {
	kind: "PersistentVolumeClaim",
	version: "v1"
};
const account = {
	kind: "ServiceAccount",
	version: "v1"
};
const volume = {
	kind: "PersistentVolume",
	version: "v1"
};
const clusterRole = {
	kind: "ClusterRole",
	group: rbac
};
const roleBinding = {
	kind: "RoleBinding",
	group: rbac
};
const clusterRoleBinding = {
	kind: "ClusterRoleBinding",
	group: rbac
};
const storageClass = {
	kind: "StorageClass",
	group: "storage.k8s.io",
	version: "v1"
};
const references = [
	...[
		"Deployment",
		"ReplicationController",
		"ReplicaSet",
		"StatefulSet"
	].flatMap((kind) => of({ kind }, [[{ kind: "HorizontalPodAutoscaler" }, "spec/scaleTargetRef/name"]])),
	...inPods(configMap, withData, [
		"volumes/configMap/name",
		"volumes/projected/sources/configMap/name",
		"containers/env/valueFrom/configMapKeyRef/name",
		"initContainers/env/valueFrom/configMapKeyRef/name",
		"containers/envFrom/configMapRef/name",
		"initContainers/envFrom/configMapRef/name"
	]),
	...of(configMap, [
		[{ kind: "Node" }, "spec/configSource/configMap"],
		[{ kind: "Role" }, "rules/resourceNames"],
		[{ kind: "ClusterRole" }, "rules/resourceNames"]
	]),
	...inAnnotations(configMap, "Ingress", ["nginx.ingress.kubernetes.io/fastcgi-params-configmap"]),
	...inPods(secret, withData, [
		"volumes/secret/secretName",
		"volumes/projected/sources/secret/name",
		"containers/env/valueFrom/secretKeyRef/name",
		"initContainers/env/valueFrom/secretKeyRef/name",
		"containers/envFrom/secretRef/name",
		"initContainers/envFrom/secretRef/name",
		"imagePullSecrets/name"
	]),
	...of(secret, [
		[{ kind: "Ingress" }, "spec/tls/secretName"],
		[{ kind: "ServiceAccount" }, "imagePullSecrets/name"],
		[
			{ kind: "StorageClass" },
			"parameters/secretName",
			"parameters/adminSecretName",
			"parameters/userSecretName",
			"parameters/secretRef"
		],
		[{ kind: "Role" }, "rules/resourceNames"],
		[{ kind: "ClusterRole" }, "rules/resourceNames"],
		[{
			kind: "Service",
			group: "serving.knative.dev",
			version: "v1"
		}, "spec/template/spec/containers/env/valueFrom/secretKeyRef/name"],
		[{ kind: "PersistentVolume" }, "spec/azureFile/secretName"]
	]),
	...inAnnotations(secret, "Ingress", [
		"ingress.kubernetes.io/auth-secret",
		"nginx.ingress.kubernetes.io/auth-secret",
		"nginx.ingress.kubernetes.io/auth-tls-secret"
	]),
	...of(service, [
		[{
			kind: "StatefulSet",
			group: "apps"
		}, "spec/serviceName"],
		[
			{ kind: "Ingress" },
			"spec/rules/http/paths/backend/serviceName",
			"spec/backend/serviceName",
			"spec/rules/http/paths/backend/service/name",
			"spec/defaultBackend/service/name"
		],
		[{
			kind: "APIService",
			group: "apiregistration.k8s.io"
		}, "spec/service/name"],
		[{
			kind: "ValidatingWebhookConfiguration",
			group: admission
		}, "webhooks/clientConfig/service"],
		[{
			kind: "MutatingWebhookConfiguration",
			group: admission
		}, "webhooks/clientConfig/service"]
	]),
	...of({
		kind: "Role",
		group: rbac
	}, [[roleBinding, "roleRef/name"]]),
	...of(clusterRole, [[roleBinding, "roleRef/name"], [clusterRoleBinding, "roleRef/name"]]),
	...of(account, [[roleBinding, "subjects"], [clusterRoleBinding, "subjects"]]),
	...inPods(account, withAccounts, ["serviceAccountName"]),
	...inPods(claim, withAccounts, ["volumes/persistentVolumeClaim/claimName"]),
	...inPods({
		kind: "PriorityClass",
		group: "scheduling.k8s.io",
		version: "v1"
	}, withAccounts, ["priorityClassName"]),
	...of(volume, [[{ kind: "PersistentVolumeClaim" }, "spec/volumeName"], [{ kind: "ClusterRole" }, "rules/resourceNames"]]),
	...of(storageClass, [
		[{ kind: "PersistentVolume" }, "spec/storageClassName"],
		[{ kind: "PersistentVolumeClaim" }, "spec/storageClassName"],
		[{ kind: "StatefulSet" }, "spec/volumeClaimTemplates/spec/storageClassName"]
	]),
	...of({
		kind: "ValidatingAdmissionPolicy",
		group: admission
	}, [[{
		kind: "ValidatingAdmissionPolicyBinding",
		group: admission
	}, "spec/policyName"]])
];

// src/render/name-references.ts
const byReferrer = Map.groupBy(references, ({ referrer }) => referrer.kind);
function followNames(objects, isClusterScoped) {
	const index = indexByFormerName(objects, isClusterScoped);
	if (index.size === 0) return objects;
	return objects.map((object) => {
		const kind = kindOf(object.value);
		const own = (byReferrer.get(kind.kind) ?? []).filter(({ referrer }) => matches(kind, referrer));
		if (own.length === 0) return object;
		const select = selectFrom(index, referrerOf(object.value, isClusterScoped));
		const value = own.reduce((value, reference) => follow(value, reference, select), object.value);
		return {
			...object,
			value
		};
	});
}
function indexByFormerName(objects, isClusterScoped) {
	const index = /* @__PURE__ */ new Map();
	for (const { value, former } of objects) {
		if (former.length === 0) continue;
		const kind = kindOf(value);
		const written = textOf(memberOf(value, "metadata"), "namespace");
		const scoped = isClusterScoped(kind);
		const candidate = {
			kind,
			former,
			written,
			now: nameOf(value, isClusterScoped),
			isClusterScoped: scoped
		};
		for (const name of new Set(former.map((one) => one.name))) {
			const found = index.get(name);
			if (found === void 0) index.set(name, [candidate]);
			else found.push(candidate);
		}
	}
	return index;
}
function matches(kind, pattern) {
	return kind.kind === pattern.kind && (pattern.group === void 0 || pattern.group === kind.group) && (pattern.version === void 0 || pattern.version === kind.version);
}
function referrerOf(value, isClusterScoped) {
	const { kind, group } = kindOf(value);
	const { name, namespace } = nameOf(value, isClusterScoped);
	return {
		isClusterScoped: isClusterScoped({
			kind,
			group
		}),
		namespace,
		label: `${kind} ${name}`,
		accountNamespaces: kind === "RoleBinding" ? accountNamespacesOf(value) : /* @__PURE__ */ new Set(),
		role: roleOf(memberOf(value, "roleRef"))
	};
}
function follow(value, reference, select) {
	const rewriteOne = (found) => rewrite(found, reference, select);
	const changed = changeAt(value, reference.path, (found) => isList(found) ? changeItems(found, rewriteOne) : rewriteOne(found));
	return isMap(changed) ? changed : value;
}
function rewrite(found, reference, select) {
	if (typeof found === "string") return select(found, reference)?.now.name ?? found;
	const name = textOf(found, "name");
	if (!isMap(found) || name === "") return found;
	const meant = select(name, reference, memberOf(found, "namespace"));
	if (meant === void 0) return found;
	const renamed = withMember(found, "name", meant.now.name);
	return meant.written === "" ? renamed : withMember(renamed, "namespace", meant.written);
}
function selectFrom(index, referrer) {
	return (name, { target, path }, namespace) => {
		const isRole = path.at(-2) === "roleRef";
		const reachable = (index.get(name) ?? []).filter((candidate) => matches(candidate.kind, target) && (!isRole || isRoleOf(referrer, candidate)) && canReach(referrer, candidate));
		const candidates = namespace === void 0 ? reachable : inNamespace(reachable, namespace);
		const [first, ...rest] = candidates;
		if (first === void 0) return void 0;
		const isMapped = path.at(-1) === "subjects" || path.at(-1) === "service";
		const isOther = (other) => other.now.name !== first.now.name || isMapped && other.written !== first.written;
		if (!rest.some(isOther)) return first;
		throw new InputError("INPUT_INVALID", `${referrer.label} refers to ${target.kind} ${name}, which could be one of ${candidates.length} objects`, { hint: "Give the reference a namespace, or the objects different names." });
	};
}
function isRoleOf({ role }, { kind }) {
	return role === void 0 || kind.group === role.group && kind.kind === role.kind;
}
function canReach(referrer, { isClusterScoped, now, kind, written }) {
	if (referrer.isClusterScoped || isClusterScoped || now.namespace === referrer.namespace) return true;
	return kind.kind === "ServiceAccount" && referrer.accountNamespaces.has(written);
}
function inNamespace(candidates, namespace) {
	const first = candidates.filter(({ former }) => former[0]?.namespace === namespace);
	return first.length > 0 ? first : candidates.filter(({ now }) => now.namespace === namespace);
}
function roleOf(roleRef) {
	const [group, kind] = [memberOf(roleRef, "apiGroup"), memberOf(roleRef, "kind")];
	return typeof group === "string" && typeof kind === "string" ? {
		group,
		kind
	} : void 0;
}
function accountNamespacesOf(value) {
	const subjects = memberOf(value, "subjects");
	if (!isList(subjects)) return /* @__PURE__ */ new Set();
	const accounts = subjects.filter((subject) => textOf(subject, "kind") === "ServiceAccount");
	return new Set(accounts.map((subject) => textOf(subject, "namespace")).filter((name) => name !== ""));
}

// src/render/target-namespace.ts
function moveToNamespace(objects, namespace, isClusterScoped) {
	return objects.map((object) => {
		return {
			...noteName(object, isClusterScoped),
			value: move(object.value, namespace, isClusterScoped)
		};
	});
}
function move(value, namespace, isClusterScoped) {
	const { group, kind } = kindOf(value);
	const moved = isClusterScoped({
		group,
		kind
	}) ? value : withMetadata(value, "namespace", namespace);
	switch (kind) {
		case "Namespace": return textOf(value, "apiVersion") === "v1" ? withMetadata(moved, "name", namespace) : moved;
		case "RoleBinding":
		case "ClusterRoleBinding": return changeMap(moved, ["subjects"], (subject) => textOf(subject, "name") === "default" ? withMember(subject, "namespace", namespace) : subject);
		case "APIService": return changeMap(moved, ["spec", "service"], (service) => withMember(service, "namespace", namespace));
		case "CustomResourceDefinition": return changeMap(moved, [
			"spec",
			"conversion",
			"webhook",
			"clientConfig",
			"service"
		], (service) => memberOf(service, "namespace") === void 0 ? service : withMember(service, "namespace", namespace));
		default: return moved;
	}
}
function changeMap(value, path, change) {
	const changed = changeAt(value, path, (found) => {
		if (isMap(found)) return change(found);
		return Array.isArray(found) ? found.map((item) => isMap(item) ? change(item) : item) : found;
	});
	return isMap(changed) ? changed : value;
}

// src/render/build.ts
function buildResources(resources, { targetNamespace, namePrefix = "", nameSuffix = "", images = [] }, all) {
	const isNamed = namePrefix !== "" || nameSuffix !== "";
	if (!(isNamed || images.length > 0 || targetNamespace !== void 0) || resources.length === 0) return resources;
	const isClusterScoped = clusterScopeOf(all);
	let objects = resources.map((resource) => ({
		value: toValue(resource),
		former: []
	}));
	if (targetNamespace !== void 0) objects = moveToNamespace(objects, targetNamespace, isClusterScoped);
	const affixes = {
		prefix: namePrefix,
		suffix: nameSuffix
	};
	if (isNamed) objects = affixNames(objects, affixes, isClusterScoped);
	objects = overrideImages(objects, images);
	objects = followNames(objects, isClusterScoped);
	return assertAcceptable(objects.map(({ value }) => value));
}
function toValue(resource) {
	return resource;
}

// src/render/own-names.ts
const ruleAnnotations = new Set(objectRuleDomains.flatMap((domain) => objectRuleNames.map((rule) => `${domain}/${rule}`)));
function assertForeign(names, who) {
	for (const name of names) {
		const domain = name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
		if (ruleAnnotations.has(name)) throw new InputError("INPUT_INVALID", `${who} may not set ${name}: only an artifact may`);
		if (domain !== "sealift.dev" && !domain.endsWith(`.${"sealift.dev"}`)) continue;
		throw new InputError("INPUT_INVALID", `${who} may not set ${name}: it is Sealift's own`);
	}
}

// src/resources/selector.ts
const key = String.raw`[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?`;
const word = String.raw`[A-Za-z0-9._-]*`;
const existsForm = new RegExp(`^(?<not>!?)\\s*(?<key>${key})$`, "u");
const equalForm = new RegExp(`^(?<key>${key})\\s*(?<operator>==?|!=)\\s*(?<value>${word})$`, "u");
const setForm = new RegExp(`^(?<key>${key})\\s+(?<operator>in|notin)\\s*\\((?<values>[^()]*)\\)$`, "u");
const wordForm = new RegExp(`^${word}$`, "u");
function parseSelector(text) {
	const terms = [];
	for (const part of splitTerms(text)) {
		const term = parseTerm(part.trim());
		if (term === void 0) return void 0;
		terms.push(term);
	}
	return (values) => terms.every((term) => term(values));
}
function splitTerms(text) {
	return text.trim() === "" ? [] : text.split(/,(?![^()]*\))/u);
}
function parseTerm(text) {
	return parseExists(text) ?? parseEqual(text) ?? parseSet(text);
}
function parseExists(text) {
	const { key: name, not } = existsForm.exec(text)?.groups ?? {};
	if (name === void 0) return void 0;
	return (values) => Object.hasOwn(values, name) === (not === "");
}
function parseEqual(text) {
	const { key: name, operator, value } = equalForm.exec(text)?.groups ?? {};
	if (name === void 0) return void 0;
	return (values) => valueOf(values, name) === value === (operator !== "!=");
}
function parseSet(text) {
	const { key: name, operator, values: listed } = setForm.exec(text)?.groups ?? {};
	if (name === void 0 || listed === void 0) return void 0;
	const members = listed.split(",").map((value) => value.trim());
	if (!members.every((value) => wordForm.test(value))) return void 0;
	return (values) => {
		const value = valueOf(values, name);
		return (value !== void 0 && members.includes(value)) === (operator === "in");
	};
}
function valueOf(values, name) {
	return Object.hasOwn(values, name) ? values[name] : void 0;
}

// src/render/object-target.ts
function compileTarget(target, where) {
	const patterns = [
		"group",
		"version",
		"kind",
		"name",
		"namespace"
	].flatMap((member) => {
		const text = target[member];
		return text === void 0 ? [] : [{
			member,
			pattern: compilePattern(text, `${where}.${member}`)
		}];
	});
	const labels = compileSelector(target.labelSelector, `${where}.labelSelector`);
	const annotations = compileSelector(target.annotationSelector, `${where}.annotationSelector`);
	return ({ metadata }, identity) => patterns.every(({ member, pattern }) => pattern.matches(identity[member] ?? "")) && labels(metadata.labels ?? {}) && annotations(metadata.annotations ?? {});
}
function compilePattern(text, where) {
	try {
		return RE2JS.compile(text);
	} catch (cause) {
		const why = errorMessageOf(cause, 200);
		throw new InputError("INPUT_INVALID", `${where}: ${JSON.stringify(text)} is no regular expression: ${why}`, { cause });
	}
}
function compileSelector(text, where) {
	const selector = parseSelector(text ?? "");
	if (selector !== void 0) return selector;
	throw new InputError("INPUT_INVALID", `${where}: ${JSON.stringify(text)} is no selector`);
}

// src/render/ignore.ts
function parsePointer(pointer) {
	return pointer.slice(1).split("/").map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

// src/render/json-patch.ts
const pointerSchema = string().regex(/^(\/([^~/]|~[01])*)*$/u).refine((pointer) => pointer.split("/").length <= resourceLimits.depth, "leads too deep");
const valueSchema = custom((value) => value !== void 0);
const operationSchema = discriminatedUnion("op", [
	object({
		op: literal("add"),
		path: pointerSchema,
		value: valueSchema
	}),
	object({
		op: literal("replace"),
		path: pointerSchema,
		value: valueSchema
	}),
	object({
		op: literal("test"),
		path: pointerSchema,
		value: valueSchema
	}),
	object({
		op: literal("remove"),
		path: pointerSchema
	}),
	object({
		op: literal("move"),
		path: pointerSchema,
		from: pointerSchema
	}),
	object({
		op: literal("copy"),
		path: pointerSchema,
		from: pointerSchema
	})
]);
function parseJsonPatch(value, where) {
	const { data, error } = array(operationSchema).max(patchLimits.operations).safeParse(value);
	if (data !== void 0) return data;
	const [issue] = error.issues;
	const at = issue?.path.map(String).join(".") ?? "";
	throw new InputError("INPUT_INVALID", `${where}: ${at}: ${issue?.message ?? "is no JSON patch"}`);
}
function applyJsonPatch(value, patch, where) {
	const budget = { left: patchLimits.copiedBytes };
	return patch.reduce((before, operation, index) => {
		try {
			return applyOperation(before, operation, budget);
		} catch (error) {
			if (!(error instanceof PathError)) throw error;
			const { op, path } = operation;
			throw new InputError("INPUT_INVALID", `${where}: operation ${index} (${op} ${path}) ${error.message}`);
		}
	}, value);
}
var PathError = class extends Error {};
function applyOperation(value, operation, budget) {
	const path = membersOf(operation.path);
	if (operation.op === "remove") return change(value, path, removed);
	if (operation.op === "add") return change(value, path, added(operation.value));
	if (operation.op === "replace") return change(value, path, replaced(operation.value));
	if (operation.op === "test") {
		if (isDeepStrictEqual(find(value, path), operation.value)) return value;
		throw new PathError("fails: there is another value");
	}
	const from = membersOf(operation.from);
	const moved = find(value, from);
	if (operation.op === "copy") {
		spend(budget, moved);
		return change(value, path, added(moved));
	}
	if (operation.path.startsWith(`${operation.from}/`)) throw new PathError("moves a value into itself");
	return change(change(value, from, removed), path, added(moved));
}
function spend(budget, copied) {
	const open = [copied];
	for (let one = open.pop(); one !== void 0; one = open.pop()) {
		budget.left -= typeof one === "string" ? one.length + 8 : 8;
		if (budget.left < 0) throw new PathError("copies more than an object may hold");
		if (typeof one === "object" && one !== null) open.push(...Object.values(one));
	}
}
function membersOf(pointer) {
	return pointer === "" ? [] : parsePointer(pointer);
}
function find(value, path) {
	return path.reduce((at, token) => {
		const found = isList(at) ? at[indexIn(at, token, at.length - 1)] : memberOf(at, token);
		if (found === void 0) throw new PathError(`finds no ${JSON.stringify(token)}`);
		return found;
	}, value);
}
function change(value, path, last) {
	const [token, ...rest] = path;
	if (token === void 0) throw new PathError("is about the whole object");
	if (rest.length === 0) return last(value, token);
	return replaced(change(find(value, [token]), rest, last))(value, token);
}
function added(value) {
	return (holder, token) => {
		if (!isList(holder)) return withMember(mapOf(holder), token, value);
		const index = token === "-" ? holder.length : indexIn(holder, token, holder.length);
		return holder.toSpliced(index, 0, value);
	};
}
function replaced(value) {
	return (holder, token) => {
		if (isList(holder)) return holder.with(indexIn(holder, token, holder.length - 1), value);
		return withMember(mapOf(holder), token, value);
	};
}
function removed(holder, token) {
	if (isList(holder)) return holder.toSpliced(indexIn(holder, token, holder.length - 1), 1);
	find(holder, [token]);
	return withoutMember(mapOf(holder), token);
}
function mapOf(value) {
	if (isMap(value)) return value;
	throw new PathError("finds neither a map nor a list");
}
function indexIn(list, token, highest) {
	const index = /^(?:0|[1-9]\d{0,8})$/u.test(token) ? Number(token) : -1;
	if (index < 0 || index > highest) throw new PathError(`finds no item ${JSON.stringify(token)} of ${list.length}`);
	return index;
}

// src/render/merge-keys.ts
const named = [{ name: "name" }];
const protocol = {
	name: "protocol",
	usual: "TCP"
};
const keysOfLists = /* @__PURE__ */ new Map([
	["conditions", [[{ name: "type" }]]],
	["containers", [named]],
	["env", [named]],
	["ephemeralContainers", [named]],
	["hostAliases", [[{ name: "ip" }]]],
	["imagePullSecrets", [named]],
	["initContainers", [named]],
	["ownerReferences", [[{ name: "uid" }]]],
	["ports", [[{ name: "containerPort" }, protocol], [{ name: "port" }, protocol]]],
	["resourceClaims", [named]],
	["secrets", [named]],
	["topologySpreadConstraints", [[{ name: "topologyKey" }, { name: "whenUnsatisfiable" }]]],
	["volumeDevices", [[{ name: "devicePath" }]]],
	["volumeMounts", [[{ name: "mountPath" }]]],
	["volumes", [named]],
	["webhooks", [named]]
]);
const replacedLists = /* @__PURE__ */ new Set(["EndpointSlice.ports", "ServiceAccount.imagePullSecrets"]);
const unitedLists = /* @__PURE__ */ new Set(["finalizers"]);
function mergeKeysOf(list, fits) {
	return keysOfLists.get(list)?.find(fits);
}

// src/render/strategic-merge.ts
function mergeStrategically(value, patch, options) {
	if (directiveOf(patch, options) === "delete") return void 0;
	const merged = mergeMap(value, patch, options);
	return isMap(merged) ? merged : value;
}
function mergeMap(value, patch, options) {
	let merged = directiveOf(patch, options) === "replace" || !isMap(value) ? {} : value;
	for (const [name, wanted] of Object.entries(patch)) {
		if (name === "$patch") continue;
		if (name.startsWith("$")) throw refusal(options, `${name} is not supported`);
		merged = wanted === null || isMap(wanted) && directiveOf(wanted, options) === "delete" ? withoutMember(merged, name) : withMember(merged, name, mergeMember(name, memberOf(merged, name), wanted, options));
	}
	return merged;
}
function mergeMember(name, value, wanted, options) {
	if (isMap(wanted)) return mergeMap(value, wanted, options);
	if (!isList(wanted)) return wanted;
	return options.kind === void 0 ? wanted : mergeList(name, isList(value) ? value : [], wanted, options);
}
function mergeList(name, items, wanted, options) {
	const directives = wanted.filter((item) => isMap(item) && isDirective(item));
	const isReplaced = directives.some((item) => isMap(item) && directiveOf(item, options) === "replace");
	const rest = wanted.filter((item) => !directives.includes(item));
	if (isReplaced) return rest.map((item) => plain(item, options));
	if (unitedLists.has(name) && rest.every((item) => typeof item === "string")) return [.../* @__PURE__ */ new Set([...items, ...rest])];
	const isReplacedWhole = replacedLists.has(`${options.kind ?? ""}.${name}`);
	const keys = mergeKeysOf(isReplacedWhole ? "" : name, (choice) => [...items, ...rest].every((item) => isMap(item) && choice.every((key) => keyIn(item, key) !== void 0)));
	if (keys === void 0) return rest.map((item) => plain(item, options));
	return mergeKeyed(items, rest, {
		keys,
		options
	});
}
function mergeKeyed(items, wanted, { keys, options }) {
	const idOf = (item) => JSON.stringify(keys.map((key) => keyIn(item, key)));
	const left = new Map(items.map((item) => [idOf(item), item]));
	const merged = /* @__PURE__ */ new Map();
	for (const item of wanted) {
		if (!isMap(item)) continue;
		const id = idOf(item);
		const isGone = directiveOf(item, options) === "delete";
		if (!isGone) merged.set(id, mergeMap(merged.get(id) ?? left.get(id), item, options));
		if (isGone || keys.length === 1) left.delete(id);
	}
	if (keys.length === 1) return [...merged.values(), ...left.values()];
	const kept = [...left].map(([id, item]) => merged.get(id) ?? item);
	return [...[...merged].filter(([id]) => !left.has(id)).map(([, item]) => item), ...kept];
}
function keyIn(item, { name, usual }) {
	return memberOf(item, name) ?? usual;
}
function plain(value, options) {
	return isMap(value) ? mergeMap(void 0, value, options) : value;
}
function isDirective(item) {
	return Object.keys(item).length === 1 && Object.hasOwn(item, "$patch");
}
function directiveOf(patch, options) {
	const directive = memberOf(patch, "$patch") ?? "merge";
	if (directive === "merge" || directive === "replace" || directive === "delete") return directive;
	throw refusal(options, `$patch: ${JSON.stringify(directive)} is none of merge, replace, delete`);
}
function refusal({ where }, message) {
	return new InputError("INPUT_INVALID", `${where}: ${message}`);
}

// src/render/patches.ts
function patchObjects(parsed, patches = []) {
	return patches.flatMap((patch, index) => compilePatch(patch, `spec.patches[${index}]`)).reduce(applyPatch, parsed);
}
function applyPatch(parsed, patch) {
	let isFound = false;
	const patched = parsed.flatMap((one) => {
		const identity = identityOf(one.resource);
		if (!patch.matches(one.resource, identity)) return [one];
		isFound = true;
		const value = patch.change(toValue(one.resource));
		return value === void 0 ? [] : [{
			...one,
			resource: toResource(one.resource, value, patch.where)
		}];
	});
	if (patch.mustMatch && !isFound) throw new InputError("INPUT_INVALID", `${patch.where} names an object that is not in the artifact`);
	return patched;
}
function toResource(before, value, where) {
	const label = formatIdentity(identityOf(before));
	const [resource] = assertAcceptable([value]);
	if (resource === void 0 || formatIdentity(identityOf(resource)) !== label || resource.apiVersion !== before.apiVersion) throw new InputError("INPUT_INVALID", `${where} changes what ${label} is called`);
	for (const member of ["labels", "annotations"]) {
		const former = before.metadata[member] ?? {};
		const next = resource.metadata[member] ?? {};
		const names = /* @__PURE__ */ new Set([...Object.keys(former), ...Object.keys(next)]);
		assertForeign([...names].filter((name) => former[name] !== next[name]), where);
	}
	return resource;
}
function compilePatch({ patch, target }, where) {
	const { documents, problems } = readDocuments(where, Buffer.from(patch));
	const [problem] = problems;
	if (problem !== void 0) throw new InputError("INPUT_INVALID", `${where}.patch can't be read: ${problem.message}`, { cause: problem });
	const matches = target === void 0 ? void 0 : compileTarget(target, `${where}.target`);
	const compiled = documents.map(({ value }) => compileDocument(value, {
		where,
		matches
	}));
	if (compiled.length > 0 && compiled.length <= patchLimits.documents) return compiled;
	throw new InputError("INPUT_INVALID", `${where}.patch holds no patch, or more than ${patchLimits.documents}`);
}
function compileDocument(value, { where, matches }) {
	if (isList(value)) {
		if (matches === void 0) throw new InputError("INPUT_INVALID", `${where} is a list of operations, which needs a target`);
		const patch = parseJsonPatch(value, `${where}.patch`);
		const change = (found) => {
			const patched = applyJsonPatch(withAnnotations(found), patch, where);
			return isMap(patched) ? withoutEmptyAnnotations(patched, found) : {};
		};
		return {
			where,
			matches,
			mustMatch: false,
			change
		};
	}
	if (!isMap(value)) throw new InputError("INPUT_INVALID", `${where}.patch is neither a map nor a list`);
	const change = (found) => {
		const isBuiltIn = isBuiltInGroup(kindOf(found).group);
		const merged = mergeStrategically(found, value, {
			kind: isBuiltIn ? kindOf(found).kind : void 0,
			where
		});
		return merged && withNames(merged, found);
	};
	return {
		where,
		matches: matches ?? namedBy(value, where),
		mustMatch: matches === void 0,
		change
	};
}
function withAnnotations(value) {
	const metadata = memberOf(value, "metadata");
	if (!isMap(metadata) || isMap(memberOf(metadata, "annotations"))) return value;
	return withMember(value, "metadata", withMember(metadata, "annotations", {}));
}
function withoutEmptyAnnotations(value, former) {
	const metadata = memberOf(value, "metadata");
	const annotations = memberOf(metadata, "annotations");
	if (isMap(memberOf(memberOf(former, "metadata"), "annotations")) || !isMap(metadata) || !isMap(annotations) || Object.keys(annotations).length > 0) return value;
	return withMember(value, "metadata", withoutMember(metadata, "annotations"));
}
function withNames(value, former) {
	const metadata = memberOf(value, "metadata");
	const before = memberOf(former, "metadata");
	const named = ["name", "namespace"].reduce((map, name) => {
		const text = memberOf(before, name);
		if (text !== void 0) return withMember(map, name, text);
		return withoutMember(map, name);
	}, isMap(metadata) ? metadata : {});
	return ["apiVersion", "kind"].reduce((map, name) => withMember(map, name, textOf(former, name)), withMember(value, "metadata", named));
}
function namedBy(patch, where) {
	const { group, version, kind } = kindOf(patch);
	const metadata = memberOf(patch, "metadata");
	const [name, namespace] = [textOf(metadata, "name"), textOf(metadata, "namespace")];
	if (kind === "" || name === "") throw new InputError("INPUT_INVALID", `${where} has no target, and its patch names no object`);
	return (_, identity) => identity.group === group && identity.version === version && identity.kind === kind && identity.name === name && placeOf(identity.namespace) === placeOf(namespace);
}
function placeOf(namespace = "") {
	return namespace === "" ? "default" : namespace;
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
	for (const name of builtBy(transforms.build)) used.add(name);
	return used;
}
function builtBy(build = {}) {
	const { patches = [], targetNamespace, namePrefix, nameSuffix, images = [] } = build;
	return [
		["patches", patches.length > 0],
		["targetNamespace", targetNamespace !== void 0],
		["names", namePrefix !== void 0 || nameSuffix !== void 0],
		["images", images.length > 0]
	].filter(([, isUsed]) => isUsed).map(([name]) => name);
}
function transformResources(parsed, { path, build = {}, commonMetadata, postBuild }, substitute) {
	const inPath = parsed.filter(({ location }) => isInFolder(location.file, path));
	const given = patchObjects(inPath, build.patches);
	const built = buildResources(given.map(({ resource }) => resource), build, parsed.map(({ resource }) => resource));
	const inFolder = given.map((one, index) => ({
		...one,
		resource: built[index] ?? one.resource
	}));
	const chosen = substitute?.(inFolder) ?? built;
	if (postBuild === void 0 || substitute !== void 0) assertNamespaces(inFolder, chosen);
	if (chosen.length === 0 && parsed.length > 0) {
		const why = inPath.length === 0 ? `spec.path ${path} holds no object` : "spec.patches leaves no object";
		throw new InputError("INPUT_INVALID", `${why} of the artifact`);
	}
	if (commonMetadata === void 0) return chosen;
	const { labels = {}, annotations = {} } = commonMetadata;
	assertForeign([...Object.keys(labels), ...Object.keys(annotations)], "spec.commonMetadata");
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
function isInFolder(file, path) {
	const folder = folderOf(path);
	return folder === "" || file.startsWith(`${folder}/`);
}
function folderOf(path) {
	return path.replace(/^\.\//u, "").replace(/^\.$/u, "").replace(/\/+$/u, "");
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
			if (request.transforms !== void 0) refuseSealedMembers(parsed, request.transforms);
			const resources = transformResources(parsed, request.transforms ?? anyDelivery);
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
const anyDelivery = {
	path: "./",
	postBuild: { substituteStrategy: "WithVariables" }
};
function readable(files, transforms) {
	if (transforms === void 0) return {
		clear: files,
		note: ""
	};
	const { path, postBuild, decryption } = transforms;
	const sealed = files.filter(isEncryptedFile);
	const encrypted = sealed.filter((file) => isInFolder(file.path, path));
	if (decryption === void 0) decryptFiles(encrypted, void 0);
	const clear = files.filter((file) => !sealed.includes(file));
	decryptFiles(clear.filter((file) => isInFolder(file.path, path)), void 0);
	const hasClear = encrypted.length === 0 || clear.some((file) => isInFolder(file.path, path));
	const undecrypted = encrypted.length === 0 ? "" : `; ${encrypted.length} encrypted files are not decrypted here`;
	return {
		clear: hasClear ? clear : [],
		note: `${undecrypted}${postBuild === void 0 ? "" : "; variables are not filled in here"}`
	};
}
function refuseSealedMembers(parsed, { path, decryption }) {
	if (decryption !== void 0) return;
	const applied = parsed.filter(({ location }) => isInFolder(location.file, path));
	decryptMembers(applied, void 0, /* @__PURE__ */ new Set());
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