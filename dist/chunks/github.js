import { B as mayGoWellAgain, D as readBounded, F as createTransport, I as environmentProxies, L as retryAfterMs, Mn as errorMessageOf, R as retryDelayMs, St as identityOf, V as protocolError, Xt as actionLimits, h as readText, nn as githubLimits, xn as InputError, z as usualRetries } from "./common.js";
import { g as string, n as _enum, o as boolean, p as object } from "./zod.js";

// src/resources/mask.ts
const placeholders = {
	same: "***",
	before: "*** (before)",
	after: "*** (after)"
};
const shownFields = /* @__PURE__ */ new Set([
	"apiVersion",
	"kind",
	"metadata",
	"type",
	"immutable",
	"sops"
]);
const objectAnnotations = /* @__PURE__ */ new Set(["kubectl.kubernetes.io/last-applied-configuration", "kapp.k14s.io/original"]);
const shownAnnotationLength = 256;
function isSecret(resource) {
	const { group, kind } = identityOf(resource);
	return group === "" && kind === "Secret";
}
function valueFieldsOf(secret) {
	return Object.keys(secret).filter((field) => !shownFields.has(field));
}
function objectAnnotationsOf({ metadata }) {
	return Object.keys(metadata.annotations ?? {}).filter((key) => objectAnnotations.has(key));
}
function maskVersions({ before, after }) {
	return {
		before: before === void 0 ? void 0 : maskOne(before, after, placeholders.before),
		after: after === void 0 ? void 0 : maskOne(after, before, placeholders.after)
	};
}
function maskOne(resource, other, changed) {
	if (!isSecret(resource)) return resource;
	const masked = Object.fromEntries(valueFieldsOf(resource).filter((field) => resource[field] !== void 0 && resource[field] !== null).map((field) => [field, maskMembers(resource[field], ownMember(other, field), changed)]));
	return {
		...resource,
		...masked,
		metadata: maskMetadata(resource, other, changed)
	};
}
function maskMetadata({ metadata }, other, changed) {
	const { annotations } = metadata;
	if (annotations === void 0 || annotations === null) return metadata;
	const masked = Object.entries(annotations).filter(([key, value]) => objectAnnotations.has(key) || mayHoldObject(value)).map(([key, value]) => [key, maskValue(value, ownMember(other?.metadata.annotations, key), changed)]);
	return masked.length === 0 ? metadata : {
		...metadata,
		annotations: {
			...annotations,
			...Object.fromEntries(masked)
		}
	};
}
function mayHoldObject(text) {
	return text.length > shownAnnotationLength || /^\s*[[{]|\n/u.test(text);
}
function maskMembers(value, other, changed) {
	if (!isMap(value)) return maskValue(value, other, changed);
	return Object.fromEntries(Object.entries(value).map(([key, member]) => {
		return [key, maskValue(member, ownMember(other, key), changed)];
	}));
}
function ownMember(value, key) {
	return isMap(value) && Object.hasOwn(value, key) ? value[key] : void 0;
}
function maskValue(value, other, changed) {
	return other === void 0 || JSON.stringify(value) === JSON.stringify(other) ? placeholders.same : changed;
}
function isMap(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

// action/shared/event.ts
const commitSchema = string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/u);
async function readEventPayload({ eventPath }) {
	const text = eventPath === void 0 ? "{}" : await readText(eventPath, actionLimits.eventBytes);
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw new InputError("INPUT_INVALID", "the event's payload is not JSON", { cause });
	}
}
async function readEventAs(schema, context) {
	const found = schema.safeParse(await readEventPayload(context));
	if (found.success) return found.data;
	throw new InputError("INPUT_INVALID", "the event's payload can not be read", { cause: found.error });
}
const pullSchema = object({ pull_request: object({ head: object({ sha: commitSchema }) }).optional() });
async function readCommit(context) {
	const { eventName, commit } = context;
	const { pull_request: pull } = eventName === "pull_request_target" ? {} : await readEventAs(pullSchema, context);
	return commitSchema.safeParse(pull?.head.sha ?? commit).data;
}
const repositorySchema = object({ repository: object({
	full_name: string().max(300),
	private: boolean(),
	visibility: _enum([
		"public",
		"private",
		"internal"
	]).optional()
}) });
async function readVisibility(context) {
	const found = repositorySchema.safeParse(await readEventPayload(context));
	if (!found.success) return "unknown";
	const { full_name: name, private: isPrivate, visibility } = found.data.repository;
	if (name.toLowerCase() !== context.repository?.toLowerCase()) return "unknown";
	if (isPrivate) return visibility === "internal" ? "internal" : "private";
	if (visibility !== void 0 && visibility !== "public") return visibility;
	return context.serverUrl === "https://github.com" ? "public" : "unknown";
}

// action/shared/github-fetch.ts
function createGitHubFetch(send, waits) {
	return async (url, { method, headers, body, signal }) => {
		const request = {
			method: methodOf(method),
			url: new URL(url),
			headers,
			...body === void 0 ? {} : { body: Buffer.from(body) },
			signal
		};
		for (let attempt = 1;; attempt += 1) {
			const outcome = await exchange(send, request).catch((error) => ({ error }));
			const askedMs = attempt < githubLimits.tries ? waitOf(outcome, request, waits) : void 0;
			if (askedMs === void 0 || askedMs > githubLimits.maxRetryDelayMs) {
				if ("error" in outcome) throw outcome.error;
				return toResponse(outcome);
			}
			await waits.sleep(retryDelay(attempt, askedMs, waits), signal);
		}
	};
}
function methodOf(method) {
	if (method === "GET" || method === "POST" || method === "PATCH") return method;
	throw new TypeError(`GitHub's API is not called with ${method}`);
}
async function exchange(send, request) {
	let { url } = request;
	for (let redirects = 0;; redirects += 1) {
		const answer = await send({
			...request,
			url
		});
		const next = redirectOf(answer, request.method, url);
		if (next === void 0) {
			const bytes = await readBounded(answer, githubLimits.answerBytes + 1);
			if (bytes.byteLength <= githubLimits.answerBytes) return {
				status: answer.status,
				header: answer.header,
				bytes
			};
			throw protocolError({
				...request,
				url
			}, `answered with more than ${githubLimits.answerBytes} bytes`);
		}
		answer.discard();
		if (next.origin !== url.origin) throw protocolError({
			...request,
			url
		}, `redirects to ${next.origin}`);
		if (redirects >= githubLimits.redirects) throw protocolError({
			...request,
			url
		}, `redirects more than ${githubLimits.redirects} times`);
		url = next;
	}
}
function redirectOf({ status, header }, method, url) {
	if (status !== 307 && status !== 308 && !((status === 301 || status === 302) && method === "GET")) return;
	const location = header("location") ?? "";
	return URL.canParse(location, url.href) ? new URL(location, url) : void 0;
}
function waitOf(outcome, { method, signal }, { now }) {
	if (signal?.aborted === true) return void 0;
	if ("error" in outcome) return method === "GET" && mayGoWellAgain(outcome.error, signal) ? 0 : void 0;
	const { status } = outcome;
	if (status >= 500) return method === "GET" ? retryAfterMs(outcome, now) ?? 0 : void 0;
	return status === 429 || status === 403 ? waitOfLimit(outcome, now) : void 0;
}
function waitOfLimit(outcome, now) {
	const { status, header, bytes } = outcome;
	const askedMs = retryAfterMs(outcome, now);
	if (askedMs !== void 0) return askedMs;
	if (header("x-ratelimit-remaining") === "0") return untilReset(outcome, now);
	return status === 429 || bytes.subarray(0, 4096).includes("secondary rate limit") ? githubLimits.maxRetryDelayMs : void 0;
}
function untilReset({ header }, now) {
	const resetMs = Number(header("x-ratelimit-reset") ?? NaN) * 1e3;
	const sentMs = Date.parse(header("date") ?? "");
	const waitMs = resetMs - (Number.isNaN(sentMs) ? now() : sentMs);
	return Number.isNaN(waitMs) ? githubLimits.maxRetryDelayMs : Math.max(0, waitMs);
}
function retryDelay(attempt, askedMs, { random }) {
	const spreadMs = retryDelayMs(attempt, 0, random);
	return askedMs === 0 ? spreadMs : Math.min(askedMs + spreadMs, githubLimits.maxRetryDelayMs);
}
function toResponse({ status, header, bytes }) {
	const type = header("content-type");
	return new Response(status !== 204 && status !== 205 && status !== 304 ? new Uint8Array(bytes) : null, {
		status,
		headers: type === void 0 ? {} : { "content-type": type }
	});
}

// action/shared/github.ts
async function withGitHub({ token, context }, { env, random, signal, now }, use) {
	const { getOctokit } = await import("./octokit.js");
	const transport = createTransport({ chooseProxy: environmentProxies(env) });
	const fetch = createGitHubFetch(transport.send, {
		...usualRetries,
		random,
		now
	});
	const ending = AbortSignal.any([signal, AbortSignal.timeout(githubLimits.totalMs)]);
	const client = getOctokit(token, {
		baseUrl: context.apiUrl.replace(/\/+$/u, ""),
		request: { fetch }
	});
	try {
		return await use({
			request: async (route, parameters) => {
				const { data } = await client.request(route, {
					...parameters,
					request: {
						signal: ending,
						fetch
					}
				});
				return data;
			},
			query: async (text) => client.graphql(text, { request: {
				signal: ending,
				fetch
			} })
		});
	} catch (error) {
		if (!ending.aborted || signal.aborted) throw error;
		throw new Error(`GitHub took longer than ${githubLimits.totalMs / 1e3} s`, { cause: error });
	} finally {
		transport.close();
	}
}
function refusalStatusOf(error) {
	if (!(error instanceof Error) || error.cause !== void 0 || !("status" in error)) return void 0;
	return typeof error.status === "number" ? error.status : void 0;
}
function describeGitHubFailure(error, permission) {
	const status = refusalStatusOf(error);
	const words = errorMessageOf(error, 300);
	if ((status === 403 || status === 404) && !/rate limit/iu.test(words)) return `GitHub answered ${status} (${words}): the job needs \`permissions: ${permission}\`, which runs for forks and of Dependabot never have`;
	if (status !== void 0) return `GitHub answered ${status} (${words})`;
	return error instanceof Error && / certificate/u.test(words) ? `${words}. Where a CA of your own signs it, set NODE_EXTRA_CA_CERTS to its file` : words;
}

export { readCommit as a, readVisibility as c, objectAnnotationsOf as d, valueFieldsOf as f, commitSchema as i, isSecret as l, refusalStatusOf as n, readEventAs as o, withGitHub as r, readEventPayload as s, describeGitHubFailure as t, maskVersions as u };