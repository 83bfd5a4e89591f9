import { $ as parseDurationMs, Cn as PolicyError, Dt as parseReference, G as counterSchema, J as durationSchema, Jt as parseDigest, K as described, Mn as errorMessageOf, Nn as isSealiftError, O as reportEnd, U as apiGroup, W as conditionsSchema, X as nameSchema, Y as metadataSchema, _n as sourceLimits, an as judgingLimits, b as reportError, et as tagSchema, h as readText, hn as signingLimits, k as withDeadline, m as text, on as longestDurationMs, pt as parseFile, q as digestTextSchema, tn as expressionLimits, wn as PromotionError, wt as parseApiVersion, xn as InputError } from "./common.js";
import { d as looseObject, g as string, i as array, l as int, m as record, n as _enum, p as object } from "./zod.js";
import { C as missingSignatureError, F as parseSubject, M as identityAuthority, N as isKeyless, O as signaturePredicateType, S as matchAttestation, T as uncheckableError, c as compile, g as promotionPredicateType, h as promotionPredicateSchema, i as parseTrustRoot, m as toInput, n as escape$1, o as parseVerifyKey, r as failureLines, s as ExpressionError, t as code, w as searchStatements } from "./signing.js";
import { resolve } from "node:path";

// src/trust/source-url.ts
const layoutScheme = "oci-layout:";
const rootName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;
const pathSegment = /^[a-z0-9_](?:[a-z0-9._-]{0,253}[a-z0-9_-])?$/u;
function parseSourceUrl(url) {
	if (url.startsWith(layoutScheme)) return parseLayoutUrl(url);
	const { registry, repository, tag, digest } = parseReference(url);
	if (tag !== void 0 || digest !== void 0) throw notCanonical(url, "has a tag or digest, which belongs into source.ref");
	if (!isCanonicalHost(registry)) throw notCanonical(url, `has the host ${registry}, which has another spelling; leave out :443 and dots at the end`);
	const canonical = `oci://${registry}/${repository}`;
	if (canonical !== url) throw notCanonical(url, `is not written as ${canonical}`);
	return {
		kind: "registry",
		canonical,
		repository,
		reference: {
			registry,
			repository
		}
	};
}
function parseLayoutUrl(url) {
	const [root = "", ...path] = url.slice(11).split("/");
	if (!isLayoutRootName(root)) throw notCanonical(url, "names no layout root");
	if (path.length > sourceLimits.layoutDepth) throw notCanonical(url, `has more than ${sourceLimits.layoutDepth} folders`);
	if (!path.every((segment) => pathSegment.test(segment))) throw notCanonical(url, "has a folder that is not of lower-case letters, digits, \"_\", \".\" and \"-\"");
	return {
		kind: "layout",
		canonical: url,
		repository: path.length === 0 ? root : path.join("/"),
		root,
		path
	};
}
function isLayoutRootName(text) {
	return rootName.test(text);
}
function isCanonicalHost(host) {
	const port = /:(\d+)$/u.exec(host)?.[1];
	if (port === "443" || port?.startsWith("0") === true || /\.(?::\d+)?$/u.test(host)) return false;
	const parsed = URL.parse(`https://${host}/`);
	return parsed !== null && parsed.host === host;
}
function notCanonical(url, reason) {
	return new PolicyError("URL_NOT_CANONICAL", `source url ${JSON.stringify(url.slice(0, 300))} ${reason}`);
}

// src/trust/freshness.ts
function endMsOf({ issuedAt, expiresAt }, maxAgeMs) {
	const ends = [...expiresAt === void 0 ? [] : [Date.parse(expiresAt)], ...maxAgeMs === void 0 ? [] : [Date.parse(issuedAt) + maxAgeMs]];
	return ends.length === 0 ? void 0 : Math.min(...ends);
}
function deadlineMsOf(statement, heartbeats, { maxAgeMs, latestMs }) {
	let deadlineMs = endMsOf(statement, maxAgeMs);
	let issuedAtMs = Date.parse(statement.issuedAt);
	for (const heartbeat of heartbeats) {
		if (heartbeat.epoch !== statement.epoch || heartbeat.sequence !== statement.sequence) continue;
		if (heartbeat.subject !== statement.subject) continue;
		const heardMs = Date.parse(heartbeat.issuedAt);
		if (heardMs > latestMs) continue;
		issuedAtMs = Math.max(issuedAtMs, heardMs);
		const endMs = endMsOf(heartbeat, maxAgeMs);
		if (endMs !== void 0 && deadlineMs !== void 0) deadlineMs = Math.max(deadlineMs, endMs);
	}
	return {
		deadlineMs,
		issuedAtMs
	};
}

// src/signing/signer-identity.ts
function signerId(signer) {
	return signer.kind === "key" ? `key:${signer.hint}` : JSON.stringify([signer.issuer, signer.subject]);
}
function distinctSigners(signers) {
	const found = /* @__PURE__ */ new Map();
	for (const signer of signers.toSorted((a, b) => timeOf(a) < timeOf(b) ? -1 : 1)) if (!found.has(signerId(signer))) found.set(signerId(signer), signer);
	return [...found.values()];
}
function timeOf(signer) {
	return signer.kind === "certificate" ? signer.signedAt ?? "~" : "~";
}
function formatSigner(signer) {
	return signer.kind === "key" ? `key ${signer.hint}` : `${signer.subject} (issuer ${signer.issuer})`;
}

// src/trust/authorities.ts
function readAuthority({ name, key, keyless }, read) {
	if (keyless !== void 0 && key === void 0) {
		const root = parseRootOnce(readReference({ ...keyless.trustedRootRef }, read));
		const logThreshold = keyless.logThreshold ?? (root.hasLogs ? 1 : 0);
		if (logThreshold > 0 && !root.hasLogs) throw new PolicyError("POLICY_INVALID", `logThreshold is ${logThreshold}, but the trusted root names no log`);
		return {
			name,
			keyless: {
				issuer: keyless.issuer,
				subject: parseSubject(keyless.subject, keyless.subjectRegExp),
				claims: keyless.claims ?? {},
				root,
				logThreshold,
				timestampThreshold: keyless.timestampThreshold
			}
		};
	}
	if (key === void 0 || keyless !== void 0) throw new PolicyError("POLICY_INVALID", "it needs either key or keyless");
	const { data, secretRef } = key;
	if (secretRef === void 0) return {
		name,
		key: parseVerifyKey(data ?? "")
	};
	if (data !== void 0) throw new PolicyError("POLICY_INVALID", "its key needs either data or secretRef");
	return {
		name,
		key: parseVerifyKey(readReference({
			kind: "Secret",
			...secretRef
		}, read))
	};
}
function readReference(reference, read) {
	const text = read(reference);
	if (text !== void 0) return text;
	const { kind, name, key } = reference;
	throw new PolicyError("POLICY_INVALID", `there is no key ${key} in ${kind} ${name} of the puller's namespace`);
}
const parsedRoots = /* @__PURE__ */ new Map();
const parsedRootsMax = 64;
function parseRootOnce(text) {
	const known = parsedRoots.get(text);
	if (known !== void 0) return known;
	const root = parseTrustRoot(text);
	if (parsedRoots.size >= parsedRootsMax) parsedRoots.clear();
	parsedRoots.set(text, root);
	return root;
}
function selectQuorum(policy, authorities, { authorities: names, threshold }) {
	const selected = [...new Set(names)].map((name) => {
		const authority = authorities.get(name);
		if (authority === void 0) throw invalid$1(policy, `authority ${name} is not defined`);
		return authority;
	});
	const distinct = new Set(selected.map(signerPattern)).size;
	if (selected.length === 0 || threshold > distinct) throw invalid$1(policy, `threshold ${threshold} is more than the ${distinct} different authorities`);
	return {
		authorities: selected,
		threshold
	};
}
function authorityId(authority) {
	if (!isKeyless(authority)) return `key:${authority.key.hint}`;
	const { issuer, subject, claims } = authority.keyless;
	return JSON.stringify([
		issuer,
		subject.text,
		Object.entries(claims).sort(([a], [b]) => a < b ? -1 : 1)
	]);
}
function signerPattern(authority) {
	if (!isKeyless(authority)) return authorityId(authority);
	const { issuer, subject } = authority.keyless;
	return JSON.stringify([issuer, subject.text]);
}
function matchAuthorities(quorum, signatures) {
	const wanted = new Set(quorum.authorities.map(({ name }) => name));
	const signers = /* @__PURE__ */ new Map();
	for (const { signer, authorities } of signatures) {
		const found = signers.get(signerId(signer)) ?? { accepting: /* @__PURE__ */ new Set() };
		for (const name of authorities) if (wanted.has(name)) found.accepting.add(name);
		signers.set(signerId(signer), found);
	}
	const signerOf = /* @__PURE__ */ new Map();
	const assign = (signer, visited) => {
		for (const name of signer.accepting) {
			if (visited.has(name)) continue;
			visited.add(name);
			const holder = signerOf.get(name);
			if (holder !== void 0 && !assign(holder, visited)) continue;
			signerOf.set(name, signer);
			return true;
		}
		return false;
	};
	for (const signer of signers.values()) assign(signer, /* @__PURE__ */ new Set());
	return quorum.authorities.map(({ name }) => name).filter((name) => signerOf.has(name));
}
function invalid$1(policy, message, cause) {
	const text = `TrustPolicy ${policy.metadata.name}: ${message}`;
	return new PolicyError("POLICY_INVALID", errorMessageOf(text, 500), { cause });
}

// src/trust/promotion.ts
function listStatements(candidates, request) {
	const { quorum, heartbeatAuthorities = [] } = request;
	const byName = new Map([...quorum.authorities, ...heartbeatAuthorities].map((one) => [one.name, one]));
	const search = searchStatements(candidates, promotionPredicateType, [...byName.values()]);
	const statements = [];
	const heartbeats = [];
	const refusals = [];
	for (const group of groupByPayload(search.accepted)) {
		const outcome = readStatement(group, candidates.subject.digest, request);
		if (outcome instanceof PromotionError) refusals.push({
			error: outcome,
			rejected: {
				candidate: group[0].candidate,
				reason: outcome.message
			}
		});
		else if (outcome.action === "heartbeat") heartbeats.push({
			...outcome,
			action: outcome.action
		});
		else statements.push(outcome);
	}
	return {
		statements,
		heartbeats,
		refusals,
		rejected: [...search.rejected, ...refusals.map((refusal) => refusal.rejected)],
		unreadable: search.unreadable
	};
}
function groupByPayload(accepted) {
	const groups = /* @__PURE__ */ new Map();
	for (const statement of accepted) {
		const key = Buffer.from(statement.payload).toString("base64");
		const group = groups.get(key);
		if (group === void 0) groups.set(key, [statement]);
		else group.push(statement);
	}
	return [...groups.values()];
}
function readStatement(group, subject, request) {
	const [first] = group;
	const parsed = promotionPredicateSchema.safeParse(first.statement.predicate);
	if (!parsed.success || first.statement.subject.length !== 1) return new PromotionError("STATEMENT_MISSING", "statement is not a promotion of one artifact");
	const refusal = checkSigners(group, parsed.data, request) ?? checkScope(parsed.data, request);
	const signers = matchAuthorities(request.quorum, group).length;
	return refusal ?? {
		...parsed.data,
		subject,
		statementDigest: first.candidate,
		signers
	};
}
function checkSigners(group, { action }, { quorum, channel, heartbeatAuthorities = [] }) {
	const matched = matchAuthorities(quorum, group);
	if (matched.length >= quorum.threshold) return void 0;
	if (action === "heartbeat") {
		if (matchAuthorities({
			authorities: heartbeatAuthorities,
			threshold: 1
		}, group).length > 0) return void 0;
	}
	const message = `statement is signed by ${matched.length} of the ${quorum.threshold} authorities that channel ${channel} asks for`;
	return new PromotionError("STATEMENT_MISSING", message);
}
function checkScope(found, wanted) {
	if (found.repository !== wanted.repository) return new PromotionError("WRONG_REPOSITORY", `statement is for repository ${found.repository}, not ${wanted.repository}`);
	if (found.channel !== wanted.channel) return new PromotionError("WRONG_CHANNEL", `statement is for channel ${found.channel}, not ${wanted.channel}`);
	if (found.epoch !== wanted.epoch) return new PromotionError("WRONG_EPOCH", `statement is of epoch ${found.epoch}, not ${wanted.epoch}`);
}
function decidePromotion(list, subject, rule, { highest, nowMs }) {
	const statement = highestOf(list.statements);
	if (statement === void 0) throw missingStatement(list, subject, rule.channel);
	if (statement.sequence < rule.minSequence) throw new PromotionError("SEQUENCE_REPLAYED", `statement has sequence ${statement.sequence}, below the policy's minSequence ${rule.minSequence}`);
	assertNotBefore(statement, highest);
	assertNoJump(statement, highest, rule);
	const effectiveNowMs = Math.max(nowMs, highest?.issuedAtMs ?? 0);
	const latestMs = Math.max(nowMs + rule.clockSkewMs, highest?.issuedAtMs ?? 0);
	if (Date.parse(statement.issuedAt) > latestMs) throw new PromotionError("STATEMENT_EXPIRED", `statement is issued in the future, at ${statement.issuedAt}`, { hint: "Set the clocks of the promoter and of this cluster." });
	const { deadlineMs, issuedAtMs } = deadlineMsOf(statement, list.heartbeats, {
		maxAgeMs: rule.maxAgeMs,
		latestMs
	});
	if (deadlineMs !== void 0 && deadlineMs <= effectiveNowMs) {
		const at = new Date(deadlineMs).toISOString();
		throw new PromotionError("STATEMENT_EXPIRED", `statement of sequence ${statement.sequence} is overdue since ${at}`, { hint: "Promote the artifact again, or prolong it with `sealift promote --heartbeat`." });
	}
	return {
		statement,
		deadlineMs,
		issuedAtMs
	};
}
function assertNotBefore(statement, highest) {
	if (highest === void 0 || highest.epoch < statement.epoch) return;
	if (highest.epoch > statement.epoch) {
		const message = `statement is of epoch ${statement.epoch}, but this cluster has accepted epoch ${highest.epoch} already`;
		throw new PromotionError("SEQUENCE_REPLAYED", message);
	}
	if (statement.sequence < highest.sequence) throw new PromotionError("SEQUENCE_REPLAYED", `statement has sequence ${statement.sequence}, but this cluster has accepted ${highest.sequence} already`, { hint: "To go back, promote the older artifact anew: that makes a statement of a higher sequence." });
	if (statement.sequence === highest.sequence && statement.subject !== highest.digest) throw new PromotionError("EQUIVOCATION", `sequence ${statement.sequence} promotes ${statement.subject}, but promoted ${highest.digest} before`, { hint: "Two promoters raced, or one of their keys is misused; the next promotion settles it." });
}
function assertNoJump({ sequence, epoch }, highest, { maxJump, minSequence }) {
	if (maxJump === void 0 || highest === void 0 || highest.epoch !== epoch) return;
	const base = Math.max(highest.sequence, minSequence);
	if (sequence - base <= maxJump) return;
	throw new PromotionError("SEQUENCE_JUMP", `statement has sequence ${sequence}, more than ${maxJump} above ${base}`, {
		hint: `If that many promotions were made meanwhile, raise promotion.minSequence of the TrustPolicy to ${sequence}.`,
		details: { sequence }
	});
}
function highestOf(statements) {
	return statements.toSorted((a, b) => b.sequence - a.sequence || (a.statementDigest < b.statementDigest ? -1 : 1))[0];
}
function missingStatement(list, subject, channel) {
	if (list.unreadable.length > 0) return uncheckableError("promotion statement", { digest: subject }, list);
	const wrong = list.refusals.find(({ error }) => error.code !== "STATEMENT_MISSING") ?? list.refusals[0];
	const hint = `Promote it with \`sealift promote \u2026 ${channel}\`; moving the tag is not enough.`;
	if (wrong !== void 0) return new PromotionError(wrong.error.code, wrong.error.message, { hint });
	if (list.heartbeats.length > 0) {
		const message = `only heartbeats refer to ${subject}, which promote nothing`;
		return new PromotionError("STATEMENT_MISSING", message, { hint });
	}
	const reasons = list.rejected.map(({ candidate, reason }) => `${candidate.slice(0, 19)} ${reason}`).join("; ");
	return new PromotionError("STATEMENT_MISSING", errorMessageOf(`no promotion statement for channel ${channel} refers to ${subject}${reasons === "" ? "" : ` (${reasons})`}`, 900), { hint });
}

// src/trust/signatures.ts
function matchSignatures(candidates, quorum) {
	const search = searchStatements(candidates, signaturePredicateType, quorum.authorities);
	const matched = matchAuthorities(quorum, search.accepted);
	if (matched.length >= Math.max(1, quorum.threshold)) {
		const counted = new Set(matched);
		return {
			matched,
			signatures: search.accepted.filter(({ authorities }) => authorities.some((name) => counted.has(name)))
		};
	}
	if (search.accepted.length === 0) throw missingSignatureError("signature", candidates.subject, search);
	if (search.unreadable.length > 0) throw uncheckableError("signature", candidates.subject, search);
	const signers = [...new Set(search.accepted.map(({ signer }) => formatSigner(signer)))].join(", ");
	throw new PolicyError("THRESHOLD_NOT_MET", `${candidates.subject.digest} is signed by ${matched.length} of the ${quorum.threshold} authorities asked for: ${matched.join(", ")} (${signers})`.slice(0, 900), {
		candidates: search.rejected,
		hint: "Let another of the authorities sign it with `sealift sign`."
	});
}
function verifySignatures(candidates, quorum) {
	return matchSignatures(candidates, quorum).matched;
}

// src/trust/judge.ts
function judge(requirements, candidates, context) {
	const checks = [];
	const matched = [];
	const signatures = [];
	let promotion;
	for (const requirement of requirements) {
		const check = (name, expected, test) => {
			checks.push(runCheck(requirement, name, expected, test));
		};
		const { digest } = candidates.subject;
		if (requirement.refusal !== void 0) {
			const { refusal } = requirement;
			check("reference", "a source that the policy can be applied to", () => {
				throw refusal;
			});
			continue;
		}
		check("digest", "not in deniedDigests", () => {
			if (!requirement.deniedDigests.has(digest)) return digest;
			throw new PolicyError("DIGEST_DENIED", `${digest} is denied by TrustPolicy ${requirement.policy}`, { hint: "Promote another artifact; this one was withdrawn by the cluster admin." });
		});
		if (context.transforms.size > 0) {
			const allowed = [...requirement.allowedTransforms].join(", ");
			check("transforms", allowed === "" ? "no transforms" : `only ${allowed}`, () => checkTransforms(requirement, context.transforms));
		}
		check("signatures", expectedSigners(requirement.signatures), () => {
			const match = matchSignatures(candidates, requirement.signatures);
			matched.push(...match.matched.map((name) => `${requirement.policy}/${name}`));
			signatures.push(...match.signatures);
			return `signed by ${match.matched.join(", ")}`;
		});
		for (const attestation of requirement.attestations) {
			const { predicateType, authorities, expression } = attestation;
			const condition = expression === void 0 ? "" : ` that meets ${expression.text}`;
			check("attestation", `${predicateType} by ${names(authorities)}${condition}`, () => {
				const { candidate, authorities: by } = matchAttestation(candidates, attestation);
				return `${candidate} by ${by.join(", ")}`;
			});
		}
		const rule = requirement.promotion;
		if (rule === void 0) continue;
		check("promotion", expectedPromotion(rule), () => {
			if (context.running !== void 0) return checkRunning(candidates, rule, context.running.sequence);
			const decision = decidePromotion(listStatements(candidates, rule), digest, rule, {
				highest: context.highest(rule.repository, rule.channel),
				nowMs: context.nowMs
			});
			if (requirement.mode === "Enforce") promotion = {
				...decision,
				rule
			};
			const { statement, deadlineMs } = decision;
			const until = deadlineMs === void 0 ? "" : `, fresh until ${new Date(deadlineMs).toISOString()}`;
			return `${statement.action} of sequence ${statement.sequence}${until}`;
		});
	}
	return {
		checks,
		matched,
		formats: [...new Set(signatures.map(({ format }) => format))],
		signers: distinctSigners(signatures.map(({ signer }) => signer)),
		promotion
	};
}
function assertAccepted({ checks }) {
	const failed = checks.find(({ outcome }) => outcome === "failed");
	if (failed?.error !== void 0) throw failed.error;
}
function runCheck({ policy, mode }, name, expected, test) {
	try {
		return {
			policy,
			name,
			outcome: "passed",
			expected,
			found: test()
		};
	} catch (error) {
		if (!isSealiftError(error)) throw error;
		return {
			policy,
			name,
			outcome: mode === "Audit" ? "warned" : "failed",
			expected,
			found: error.message,
			error
		};
	}
}
function checkTransforms({ policy, allowedTransforms }, transforms) {
	const refused = [...transforms].filter((name) => !allowedTransforms.has(name));
	if (refused.length === 0) return [...transforms].join(", ");
	throw new PolicyError("TRANSFORM_NOT_ALLOWED", `TrustPolicy ${policy} does not allow the transforms ${refused.join(", ")}`, { hint: "Drop the field from the Delivery, or ask the cluster admin to add it to allowTransforms." });
}
function checkRunning(candidates, rule, sequence) {
	const { digest } = candidates.subject;
	const { statements } = listStatements(candidates, rule);
	const found = statements.find((statement) => statement.sequence === sequence);
	if (found === void 0) throw new PromotionError("STATEMENT_MISSING", `${digest} runs by a promotion that the policy accepts no longer`, { hint: "Promote it again by an authority that the policy names." });
	if (found.sequence < rule.minSequence) throw new PromotionError("SEQUENCE_REPLAYED", `${digest} runs by sequence ${found.sequence}, below the policy's minSequence ${rule.minSequence}`);
	return `runs by sequence ${found.sequence}`;
}
function names(authorities) {
	return authorities.map((authority) => `${authority.name}${isKeyless(authority) ? " (keyless)" : ""}`).join(", ");
}
function expectedSigners({ authorities, threshold }) {
	return `${threshold} of ${names(authorities)}`;
}
function expectedPromotion({ quorum, channel, repository, epoch }) {
	return `statement for ${repository} to ${channel}, epoch ${epoch}, by ${expectedSigners(quorum)}`;
}

// src/trust/url-pattern.ts
function parseUrlPattern(pattern) {
	const inner = pattern.replace(/\/\*\*$/u, "");
	if (inner.includes("**")) throw invalid(pattern, "has \"**\" elsewhere than as its last segment");
	if (inner.split("/").some((segment) => segment.split("*").length > 2)) throw invalid(pattern, "has two stars in one segment");
	assertPlace(pattern);
	const source = pattern.split(/(\*\*|\*)/u).map((part) => {
		if (part === "**") return "(.+)";
		if (part === "*") return "([^/]+)";
		return escape(part);
	}).join("");
	const expression = new RegExp(`^${source}$`, "u");
	return { match: (url) => expression.exec(url)?.slice(1) };
}
function assertPlace(pattern) {
	const root = /^oci-layout:([^/]*)(?:\/|$)/u.exec(pattern)?.[1];
	if (root !== void 0) {
		if (!isLayoutRootName(root)) throw invalid(pattern, "names no layout root");
		return;
	}
	const host = /^oci:\/\/([^/*]+)\//u.exec(`${pattern}/`)?.[1];
	if (host === void 0) throw invalid(pattern, "has a star in its host");
	if (!isCanonicalHost(host)) throw invalid(pattern, `has the host ${host}, which no canonical url has`);
}
function logicalRepository(template, pathRepository, captures) {
	if (template === void 0) return pathRepository;
	const problem = templateProblem(template, captures.length);
	if (problem !== void 0) throw invalid(template, problem);
	return template.replaceAll(placeholder, (_, digits) => standsFor(digits, captures));
}
const placeholder = /\{(\d{1,2})\}/gu;
function standsFor(digits, texts) {
	return texts.slice(Number(digits) - 1, Number(digits)).join("");
}
function templateProblem(template, starCount) {
	if (template.split("/").some((segment) => segment.includes("{") && !/^\{\d{1,2}\}$/u.test(segment)) && starCount > 1) return "must have each {n} as a segment of its own, where the url has several stars";
	const used = [...template.matchAll(placeholder)].map(([, digits]) => Number(digits)).toSorted((a, b) => a - b);
	return used.length === starCount && used.every((number, index) => number === index + 1) ? void 0 : `must name every star of the url once, {1} to {${starCount}}`;
}
function canClaim(template, pattern, repository) {
	const stars = [...pattern.matchAll(/\*\*|\*/gu)].map(([star]) => star === "**" ? ".+" : "[^/]+");
	if (template !== void 0 && templateProblem(template, stars.length) !== void 0) return false;
	const path = pattern.replace(/^(?:oci:\/\/[^/]*\/|oci-layout:[^/]*\/|oci-layout:)/u, "");
	const source = template === void 0 ? path.split(/(\*\*|\*)/u).map((part) => /^\*+$/u.test(part) ? stars.shift() : escape(part)) : template.split(/(\{\d{1,2}\})/u).map((part) => {
		const index = /^\{(\d{1,2})\}$/u.exec(part)?.[1];
		return index === void 0 ? escape(part) : standsFor(index, stars);
	});
	return new RegExp(`^${source.join("")}$`, "u").test(repository);
}
function escape(text) {
	return text.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);
}
function invalid(text, reason) {
	return new PolicyError("POLICY_INVALID", `pattern ${JSON.stringify(text)} ${reason}`);
}

// src/trust/policy.ts
function requirementsFor(policies, followed, { mayBeUnverified = false } = {}) {
	const requirements = policies.flatMap((policy) => {
		const captures = matchPolicy(policy, followed);
		return captures === void 0 ? [] : [toRequirement(policy, followed, captures)];
	});
	if (requirements.length === 0 && !mayBeUnverified) throw new PolicyError("POLICY_MISSING", `no TrustPolicy matches ${followed.url.canonical} for namespace ${followed.namespace}`, { hint: "Ask the cluster admin for a TrustPolicy whose match names this url and namespace." });
	assertOneClaim(policies, requirements);
	const refused = requirements.find(({ mode, refusal }) => mode === "Enforce" && refusal !== void 0);
	if (refused?.refusal !== void 0) throw refused.refusal;
	return requirements;
}
function matchPolicy({ patterns }, { url, namespace }) {
	for (const { pattern, namespaces } of patterns) {
		if (namespaces !== void 0 && !namespaces.includes(namespace)) continue;
		const captures = pattern.match(url.canonical);
		if (captures !== void 0) return captures;
	}
}
function toRequirement({ policy, name, rules, problem }, { url, tag, kind }, captures) {
	const { mode, repository, allowTransforms, deniedDigests, maxHold } = policy.spec;
	const base = {
		policy: name,
		mode,
		allowedTransforms: new Set(allowTransforms),
		deniedDigests: new Set(deniedDigests),
		maxHoldMs: parseDurationMs(maxHold)
	};
	if (rules === void 0) {
		const refusal = problem ?? invalid$1(policy, "it could not be read");
		return {
			...base,
			refusal,
			signatures: {
				authorities: [],
				threshold: 1
			},
			attestations: []
		};
	}
	const requirement = {
		...base,
		signatures: rules.signatures,
		attestations: rules.attestations
	};
	if (rules.channels === void 0) return requirement;
	const rule = kind === void 0 ? rules.channels.get(tag) : void 0;
	if (rule === void 0) {
		const channels = [...rules.channels.keys()].join(", ");
		const message = `${kind ?? "tag"} ${tag} is no channel of TrustPolicy ${name} (${channels})`;
		const hint = "Follow one of its channels, or ask the cluster admin for another.";
		return {
			...requirement,
			refusal: new PolicyError("REF_NOT_A_CHANNEL", message, { hint })
		};
	}
	try {
		const logical = logicalRepository(repository, url.repository, captures);
		return {
			...requirement,
			promotion: {
				...rule,
				repository: logical
			}
		};
	} catch (cause) {
		return {
			...requirement,
			refusal: invalid$1(policy, errorMessageOf(cause), cause)
		};
	}
}
function assertOneClaim(policies, requirements) {
	for (const { policy: name, mode, promotion } of requirements) {
		if (promotion === void 0 || mode === "Audit") continue;
		const { repository, channel } = promotion;
		const other = policies.find((candidate) => candidate.name !== name && candidate.policy.spec.mode === "Enforce" && candidate.policy.spec.promotion?.channels.some(({ tag }) => tag === channel) === true && candidate.patterns.some(({ text }) => canClaim(candidate.policy.spec.repository, text, repository)));
		if (other !== void 0) {
			const names = [name, other.name].sort().join(" and ");
			throw new PolicyError("POLICY_INVALID", `TrustPolicies ${names} both claim the promotions of ${repository} to ${channel}`, { hint: "Let one policy match all urls of this repository." });
		}
	}
}

// action/shared/run-action.ts
async function runAction(given, { read, act }) {
	const { host } = given;
	let world = given;
	let hasSummary = false;
	try {
		const inputs = await read();
		({hasSummary} = inputs);
		world = withDeadline(given, inputs.registry.timeoutMs);
		const told = await act(inputs, world);
		host.info(told.line);
		if (hasSummary) await writeSummary(host, factLines(told));
		return 0;
	} catch (error) {
		if (world.signal.aborted) {
			reportEnd(host, world.signal);
			return 1;
		}
		reportError(host, error, () => ({}));
		if (hasSummary) await writeSummary(host, failureLines("Nothing was done", error));
		return 1;
	}
}
async function writeSummary(host, lines) {
	try {
		await host.summary(`${lines.join("\n")}\n`);
	} catch (error) {
		host.warning(`the job summary could not be written: ${errorMessageOf(error)}`, { title: "Job summary" });
	}
}
function factLines({ title, facts }) {
	const rows = facts.map(([name, value]) => `| ${name} | ${code(value)} |`);
	return [
		`### ${escape$1(title)}`,
		"",
		"| | |",
		"| --- | --- |",
		...rows
	];
}

// src/api/promotion-record.ts
const promotionRecordSpecSchema = object({
	repository: string().min(1).max(255).meta(described("Logical repository that the statements name.")),
	channel: tagSchema.meta(described("Channel that the statements name.")),
	epoch: counterSchema.meta(described("Epoch of the highest statement.", { format: "int64" })),
	sequence: counterSchema.meta(described("Sequence of the highest statement.", { format: "int64" })),
	digest: digestTextSchema.meta(described("Artifact that it promoted.")),
	statementDigest: digestTextSchema.meta(described("Manifest that carried it.")),
	issuedAt: string().meta({
		description: "The latest time of issue of what was accepted, heartbeats included.",
		format: "date-time"
	})
}).meta({
	description: "Written by the puller; a cluster admin may raise it, nobody can lower it within an epoch.",
	"x-kubernetes-validations": [
		{
			rule: "self.repository == oldSelf.repository && self.channel == oldSelf.channel",
			message: "repository and channel can not be changed"
		},
		{
			rule: "self.epoch > oldSelf.epoch || (self.epoch == oldSelf.epoch && self.sequence >= oldSelf.sequence)",
			message: "a record never goes back"
		},
		{
			rule: "self.epoch != oldSelf.epoch || self.sequence != oldSelf.sequence || self.digest == oldSelf.digest",
			message: "one sequence has one digest"
		},
		{
			rule: "self.issuedAt >= oldSelf.issuedAt",
			message: "issuedAt never goes back"
		}
	]
});
const promotionRecordSchema = object({
	metadata: metadataSchema,
	spec: promotionRecordSpecSchema
});

// src/api/authority.ts
const dataKeySchema = string().min(1).max(253).regex(/^[-._a-zA-Z0-9]+$/u);
const keySchema = object({
	data: string().min(1).max(16384).optional().meta(described("Public key in PEM: ECDSA P-256 or RSA.")),
	secretRef: object({
		name: nameSchema.meta(described("Name of the Secret, in the puller's namespace.")),
		key: dataKeySchema.default("cosign.pub").meta(described("Key of its data that holds the PEM."))
	}).optional().meta(described("Secret of the puller's namespace that holds the public key."))
}).meta({ "x-kubernetes-validations": [{
	rule: "has(self.data) != has(self.secretRef)",
	message: "a key needs either data or secretRef"
}] });
const claim = string().min(1).max(2048).optional();
const claimsSchema = object({
	sourceRepositoryUri: claim.meta(described("URI of the repository that ran the workflow.")),
	sourceRepositoryId: claim.meta(described("Its id, which survives renames and is never given anew.")),
	ownerUri: claim.meta(described("URI of the repository's owner.")),
	ownerId: claim.meta(described("The owner's id.")),
	ref: claim.meta(described("Git ref that the workflow ran on, `refs/heads/main`.")),
	workflow: claim.meta(described("URI of the top-level workflow, with its ref.")),
	buildSignerUri: claim.meta(described("URI of the workflow that asked for the certificate, with its ref.")),
	trigger: claim.meta(described("Event that started the workflow.")),
	runnerEnvironment: claim.meta(described("`github-hosted` or `self-hosted`.")),
	visibility: claim.meta(described("Visibility of the repository at signing.")),
	environment: claim.meta(described("Deployment environment of the job, whose approvers decide."))
});
const keylessSchema = object({
	issuer: string().min(1).max(2048).meta(described("Issuer that the certificate must name, exactly.")),
	subject: string().min(1).max(2048).optional().meta(described("Subject that it must name, exactly.")),
	subjectRegExp: string().min(1).max(512).optional().meta(described("Regular expression that must match the whole subject.")),
	claims: claimsSchema.optional().meta(described("Values that the certificate's extensions must have, exactly.")),
	trustedRootRef: object({
		kind: _enum(["ConfigMap", "Secret"]).default("ConfigMap").meta(described("Kind of the object.")),
		name: nameSchema.meta(described("Name of the object, in the puller's namespace.")),
		key: dataKeySchema.default("trusted_root.json").meta(described("Key of its data that holds the JSON."))
	}).meta(described("Trusted root: whose certificates, logs and timestamps count.")),
	logThreshold: int().min(0).max(8).optional().meta({
		description: "Log entries that must be proven. Where absent: 1 under a root with a log, else 0.",
		format: "int32"
	}),
	timestampThreshold: int().min(1).max(8).default(1).meta({
		description: "Times of signing that must be proven, by timestamp authorities or by a log.",
		format: "int32"
	})
}).meta({ "x-kubernetes-validations": [{
	rule: "has(self.subject) != has(self.subjectRegExp)",
	message: "an identity needs either subject or subjectRegExp"
}] });
const authoritySchema = object({
	name: nameSchema.meta(described("Name that the other fields refer to.")),
	key: keySchema.optional().meta(described("The key of this authority.")),
	keyless: keylessSchema.optional().meta(described("Certified identities that are this authority."))
}).meta({ "x-kubernetes-validations": [{
	rule: "has(self.key) != has(self.keyless)",
	message: "an authority needs either key or keyless"
}] });

// src/api/trust-policy.ts
const authorityNames = array(nameSchema).min(1).max(32);
const threshold = int().min(1).max(32).default(1);
const channelSchema = object({
	tag: tagSchema.meta(described("Tag that may be followed.")),
	authorities: authorityNames.meta(described("Authorities whose promotion statements count; none of them may sign releases.")),
	threshold: threshold.meta({
		description: "How many different authorities must have signed the statement.",
		format: "int32"
	}),
	heartbeatAuthorities: authorityNames.optional().meta(described("Authorities that may prolong what is promoted, up to maxAge, and nothing else.")),
	maxAge: durationSchema.optional().meta(described("Time after which a statement or heartbeat is overdue, whatever it says itself."))
}).meta({ "x-kubernetes-validations": [{
	rule: "!has(self.heartbeatAuthorities) || has(self.maxAge)",
	message: "heartbeatAuthorities need maxAge, or one heartbeat could prolong for ever"
}] });
const transformNames = [
	"path",
	"commonMetadata",
	"ignore",
	"driftMode",
	"layerSelector",
	"substitution",
	"decryption",
	"targetNamespace",
	"names",
	"images",
	"patches"
];
const promotionSchema = object({
	epoch: counterSchema.default(1).meta(described("Epoch that statements must carry; a new one starts sequences anew.", { format: "int64" })),
	minSequence: counterSchema.default(1).meta(described("Lowest sequence that is accepted: seeds a new or restored cluster.", { format: "int64" })),
	maxJump: counterSchema.min(1).optional().meta(described("How far a sequence may lie above the highest one accepted; one beyond is held until minSequence is raised.", { format: "int64" })),
	clockSkew: durationSchema.default("5m").meta(described("How far in the future a statement may be issued.")),
	localRollback: _enum(["Never", "Previous"]).default("Never").meta(described("Previous: an annotation on the PromotionRecord may return to the artifact before, if it was healthy here.")),
	channels: array(channelSchema).min(1).max(32).meta({
		description: "The only tags that may be followed in the matched repositories.",
		"x-kubernetes-list-type": "map",
		"x-kubernetes-list-map-keys": ["tag"]
	})
});
const attestationSchema = object({
	predicateType: string().min(1).max(1024).meta(described("Predicate type of the in-toto statement.")),
	authorities: authorityNames.meta(described("Authorities of which one must have signed it.")),
	expr: string().min(1).max(4096).optional().meta(described("CEL on `predicate` that must be true of it."))
});
const trustPolicySpecSchema = object({
	match: array(object({
		url: string().max(512).regex(/^(oci:\/\/|oci-layout:)[!"$-)+-.0->A-~]+(\/[!"$-)+-.0->A-~]*\*?[!"$-)+-.0->A-~]*)*(\/\*\*)?$/u).meta(described("Pattern of source URLs: `*` is one path segment, `**` at the end any number.")),
		namespaces: array(nameSchema).min(1).max(128).optional().meta(described("Namespaces of the Deliveries that it is for; all, where absent."))
	})).min(1).max(32).meta(described("Sources that the policy is for. Where several policies match, all of them must accept.")),
	repository: string().max(255).optional().meta(described("Logical name that promotion statements must carry; `{1}` is what the URL's first star matched. The path without host, where absent.")),
	authorities: array(authoritySchema).min(1).max(32).meta({
		description: "Who may sign, by name.",
		"x-kubernetes-list-type": "map",
		"x-kubernetes-list-map-keys": ["name"]
	}),
	signatures: object({
		authorities: authorityNames.meta(described("Authorities whose signatures make a release.")),
		threshold: int().min(1).max(32).default(1).meta({
			description: "How many different authorities must have signed.",
			format: "int32"
		})
	}).meta(described("What an artifact must be signed with.")),
	promotion: promotionSchema.optional().meta(described("Requires promotion statements. Absent: any tag may be followed.")),
	attestations: array(attestationSchema).min(1).max(16).optional().meta(described("Attestations that an artifact must carry, all of them.")),
	allowTransforms: array(_enum(transformNames)).max(transformNames.length).optional().meta({
		description: "What Deliveries may change about what was signed. Absent: nothing.",
		"x-kubernetes-list-type": "set"
	}),
	maxHold: durationSchema.default("4h").meta(described("Longest time for which a Delivery may hold the correction of an object; 0s is never.")),
	deniedDigests: array(digestTextSchema).max(1024).optional().meta({
		description: "Artifacts that are accepted no longer, whoever signed them.",
		"x-kubernetes-list-type": "set"
	}),
	mode: _enum(["Enforce", "Audit"]).default("Enforce").meta(described("Audit: what this policy refuses is told, and let through."))
}).meta({ "x-kubernetes-validations": [
	{
		rule: "self.signatures.authorities.all(a, self.authorities.exists(x, x.name == a))",
		message: "signatures.authorities must name entries of authorities"
	},
	{
		rule: "self.signatures.threshold <= size(self.signatures.authorities)",
		message: "signatures.threshold is more than there are authorities"
	},
	{
		rule: "!has(self.promotion) || self.promotion.channels.all(c, c.authorities.all(a, self.authorities.exists(x, x.name == a)))",
		message: "promotion.channels[].authorities must name entries of authorities"
	},
	{
		rule: "!has(self.promotion) || self.promotion.channels.all(c, c.authorities.all(a, !(a in self.signatures.authorities)))",
		message: "an authority may not both sign releases and promote them"
	},
	{
		rule: "!has(self.promotion) || self.promotion.channels.all(c, c.threshold <= size(c.authorities))",
		message: "a channel has a threshold above its number of authorities"
	},
	{
		rule: "!has(self.promotion) || self.promotion.channels.all(c, !has(c.heartbeatAuthorities) || c.heartbeatAuthorities.all(a, self.authorities.exists(x, x.name == a)))",
		message: "promotion.channels[].heartbeatAuthorities must name entries of authorities"
	},
	{
		rule: "!has(self.attestations) || self.attestations.all(t, t.authorities.all(a, self.authorities.exists(x, x.name == a)))",
		message: "attestations[].authorities must name entries of authorities"
	}
] });
const rootStatusSchema = object({
	authority: string().max(253).meta(described("Authority that trusts it.")),
	updatedAt: string().optional().meta({
		description: "When it was last written here.",
		format: "date-time"
	}),
	expiresAt: string().optional().meta({
		description: "When the first of its certificates that are valid now ends.",
		format: "date-time"
	})
});
const trustPolicyStatusSchema = object({
	observedGeneration: int().optional().meta({
		description: "Generation that the status is about.",
		format: "int64"
	}),
	conditions: conditionsSchema.optional(),
	trustedRoots: array(rootStatusSchema).max(32).optional().meta({
		description: "Age and end of each trusted root. Age alone refuses nothing.",
		"x-kubernetes-list-type": "map",
		"x-kubernetes-list-map-keys": ["authority"]
	})
});
const trustPolicySchema = object({
	metadata: metadataSchema,
	spec: trustPolicySpecSchema,
	status: trustPolicyStatusSchema.optional().catch(void 0)
});

// src/api/install.ts
const defaultNamespace = "sealift-system";

// src/expressions/condition.ts
function parseCondition(text, options) {
	const { subject, refuse } = options;
	let program;
	try {
		program = compile(text, options);
	} catch (cause) {
		if (!(cause instanceof ExpressionError)) throw cause;
		const shown = text.length > 100 ? `${text.slice(0, 100)}\u2026` : text;
		throw refuse(`expression ${JSON.stringify(shown)} ${cause.message}`, cause.cause);
	}
	return {
		text,
		evaluate: (values) => {
			const evaluated = program.evaluate((meter) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toInput(value, meter, subject)])));
			if ("failed" in evaluated) return failure(evaluated.failed);
			const { value } = evaluated;
			return typeof value === "boolean" ? { holds: value } : failure("its result is no boolean");
		}
	};
}
function failure(reason) {
	return { failed: `can not be judged: ${reason}` };
}

// src/trust/expression.ts
function parseExpression(text) {
	const condition = parseCondition(text, {
		variables: ["predicate"],
		subject: "predicate",
		steps: expressionLimits.steps,
		refuse: (message, cause) => new PolicyError("POLICY_INVALID", message, { cause })
	});
	return {
		text,
		evaluate: (predicate) => condition.evaluate({ predicate })
	};
}

// src/trust/compiled-policy.ts
function compilePolicy(policy, read) {
	const { name } = policy.metadata;
	const patterns = policy.spec.match.map(({ url, namespaces }) => ({
		pattern: readPattern(policy, url),
		text: url,
		namespaces
	}));
	const authorities = /* @__PURE__ */ new Map();
	const compiled = {
		policy,
		name,
		authorities,
		patterns
	};
	try {
		for (const spec of policy.spec.authorities) authorities.set(spec.name, readNamed(policy, spec, read));
		return {
			...compiled,
			problem: void 0,
			rules: compileRules(policy, authorities)
		};
	} catch (error) {
		if (!(error instanceof PolicyError)) throw error;
		return {
			...compiled,
			problem: error,
			rules: void 0
		};
	}
}
function readNamed(policy, spec, read) {
	try {
		return readAuthority(spec, read);
	} catch (cause) {
		throw invalid$1(policy, `authority ${spec.name} is not usable: ${errorMessageOf(cause, 300)}`, cause);
	}
}
function compileRules(policy, authorities) {
	const { spec } = policy;
	const signatures = selectQuorum(policy, authorities, spec.signatures);
	const attestations = (spec.attestations ?? []).map(({ predicateType, authorities: names, expr }) => ({
		predicateType,
		authorities: selectQuorum(policy, authorities, {
			authorities: names,
			threshold: 1
		}).authorities,
		expression: expr === void 0 ? void 0 : readExpression(policy, expr)
	}));
	const { promotion } = spec;
	if (promotion === void 0) return {
		signatures,
		attestations,
		channels: void 0
	};
	const channels = promotion.channels.map((channel) => {
		const quorum = selectQuorum(policy, authorities, channel);
		assertTwoRoles(policy, signatures, quorum);
		const heartbeat = channel.heartbeatAuthorities;
		if (heartbeat !== void 0 && channel.maxAge === void 0) throw invalid$1(policy, `channel ${channel.tag} has heartbeatAuthorities, but no maxAge`);
		return [channel.tag, {
			channel: channel.tag,
			epoch: promotion.epoch,
			minSequence: promotion.minSequence,
			maxJump: promotion.maxJump,
			clockSkewMs: readDuration(policy, "clockSkew", promotion.clockSkew),
			quorum,
			heartbeatAuthorities: heartbeat === void 0 ? [] : selectQuorum(policy, authorities, {
				authorities: heartbeat,
				threshold: 1
			}).authorities,
			maxAgeMs: channel.maxAge === void 0 ? void 0 : readDuration(policy, "maxAge", channel.maxAge),
			mayRollBackLocally: promotion.localRollback === "Previous"
		}];
	});
	return {
		signatures,
		attestations,
		channels: new Map(channels)
	};
}
function readDuration(policy, name, text) {
	const ms = parseDurationMs(text);
	if (ms <= 31536e8) return ms;
	throw invalid$1(policy, `${name} ${text} is longer than a hundred years`);
}
function assertTwoRoles(policy, release, promotion) {
	const releasing = new Set(release.authorities.map(authorityId));
	const shared = promotion.authorities.find((authority) => releasing.has(authorityId(authority)));
	if (shared !== void 0) throw invalid$1(policy, `authority ${shared.name} also signs releases`);
}
function readPattern(policy, pattern) {
	try {
		return parseUrlPattern(pattern);
	} catch (cause) {
		throw invalid$1(policy, errorMessageOf(cause), cause);
	}
}
function readExpression(policy, text) {
	try {
		return parseExpression(text);
	} catch (cause) {
		throw invalid$1(policy, errorMessageOf(cause), cause);
	}
}

// src/trust/promotion-memory.ts
function toHighest({ epoch, sequence, digest, issuedAt }) {
	return {
		epoch,
		sequence,
		digest: parseDigest(digest),
		issuedAtMs: Date.parse(issuedAt) || 0
	};
}
function highestAmong(specs) {
	return (repository, channel) => {
		const found = specs.find((spec) => spec.repository === repository && spec.channel === channel);
		return found === void 0 ? void 0 : toHighest(found);
	};
}

// src/operations/policy-file.ts
const dataSchema = looseObject({
	data: record(string(), string()).optional(),
	stringData: record(string(), string()).optional(),
	type: string().optional()
});
function parsePolicyFile(name, bytes, namespace = defaultNamespace) {
	const { resources, problems } = parseFile(name, bytes);
	const [problem] = problems;
	if (problem !== void 0) throw problem;
	const objects = resources.map(({ resource }) => resource);
	const read = readerOf(name, objects, namespace);
	const policies = objects.filter((resource) => isOwn(resource, "TrustPolicy")).map((resource) => compilePolicy(parseOwn(name, resource, trustPolicySchema), read));
	if (policies.length === 0) throw new InputError("INPUT_INVALID", `${name} holds no TrustPolicy`, { hint: "Save one with `kubectl get trustpolicy NAME -o yaml`, and what it refers to behind `---`." });
	const records = objects.filter((resource) => isOwn(resource, "PromotionRecord")).map((resource) => parseOwn(name, resource, promotionRecordSchema).spec);
	return {
		policies,
		highest: highestAmong(records)
	};
}
function isOwn({ apiVersion, kind }, wanted) {
	return parseApiVersion(apiVersion).group === "sealift.dev" && kind === wanted;
}
function parseOwn(name, resource, schema) {
	const metadata = {
		uid: "",
		resourceVersion: "",
		...resource.metadata
	};
	const parsed = schema.safeParse({
		...resource,
		metadata
	});
	const unknown = parsed.success ? unknownMember(resource["spec"], specOf(parsed.data), "spec") : void 0;
	if (parsed.success && unknown === void 0) return parsed.data;
	const issue = parsed.error?.issues[0] ?? {
		path: [unknown],
		message: "is not known"
	};
	throw new InputError("INPUT_INVALID", `${name}: ${resource.kind} ${resource.metadata.name}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "is not valid"}`);
}
function specOf(value) {
	return new Map(Object.entries(value ?? {})).get("spec");
}
function unknownMember(given, kept, path) {
	if (typeof given !== "object" || given === null || typeof kept !== "object" || kept === null) return void 0;
	const members = new Map(Object.entries(kept));
	for (const [key, value] of Object.entries(given)) {
		const own = `${path}.${key}`;
		if (!members.has(key)) return own;
		const unknown = unknownMember(value, members.get(key), own);
		if (unknown !== void 0) return unknown;
	}
}
function readerOf(file, objects, namespace) {
	const texts = /* @__PURE__ */ new Map();
	for (const resource of objects) {
		const { kind, apiVersion, metadata } = resource;
		if (apiVersion !== "v1" || kind !== "Secret" && kind !== "ConfigMap") continue;
		if ((metadata.namespace ?? namespace) !== namespace) continue;
		for (const [key, text] of textsOf(file, resource)) texts.set(idOf({
			kind,
			name: metadata.name,
			key
		}), text);
	}
	return (reference) => texts.get(idOf(reference));
}
function idOf({ kind, name, key }) {
	return JSON.stringify([
		kind,
		name,
		key
	]);
}
function textsOf(file, resource) {
	const { kind, metadata } = resource;
	const parsed = dataSchema.safeParse(resource);
	if (!parsed.success) {
		const where = parsed.error.issues[0]?.path.join(".") ?? "data";
		throw new InputError("INPUT_INVALID", `${file}: ${kind} ${metadata.name}: ${where} is not text`);
	}
	const { data = {}, stringData = {}, type = "Opaque" } = parsed.data;
	if (kind === "ConfigMap") return Object.entries(data);
	if (type !== "Opaque") return [];
	return [...Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]), ...Object.entries(stringData)];
}

// action/shared/trust-inputs.ts
const trustFields = {
	policy: text,
	namespace: text,
	"public-key": text,
	"certificate-identity": text,
	"certificate-identity-regexp": text,
	"certificate-oidc-issuer": text
};
const ways = [
	"policy",
	"public-key",
	"certificate-identity",
	"certificate-identity-regexp"
];
async function readTrust(values, context, problems) {
	const given = ways.filter((name) => values[name] !== "");
	const [way] = given;
	if (way === void 0 || given.length > 1) {
		const code = way === void 0 ? "INPUT_MISSING" : "INPUT_CONFLICT";
		problems.add(new InputError(code, `${way ?? "policy"}: exactly one of ${ways.join(", ")} is needed`, { hint: "A policy says what a site asks for; a key or an identity alone says who must have signed." }));
		return;
	}
	const { policy: file = "", "public-key": pem = "", "certificate-oidc-issuer": issuer } = values;
	if (issuer !== "" && (way === "policy" || way === "public-key")) problems.add(new InputError("INPUT_CONFLICT", `certificate-oidc-issuer: has no use with ${way}`, { hint: "Leave out one of the two." }));
	if (way === "policy") {
		const policy = await readPolicy(file, context, problems);
		return policy === void 0 ? void 0 : {
			policy,
			file
		};
	}
	if (way !== "public-key") return readIdentity(values, context, problems);
	const keys = await problems.attempt("public-key", () => splitPem(pem).map(parseVerifyKey));
	return keys && { authorities: keys.map((key, index) => ({
		name: `key ${index + 1}`,
		key
	})) };
}
async function readIdentity(values, { workspace }, problems) {
	const { "certificate-identity": subject = "", "certificate-identity-regexp": pattern = "", "certificate-oidc-issuer": issuer = "", "trusted-root": file = "" } = values;
	for (const [name, value] of [["certificate-oidc-issuer", issuer], ["trusted-root", file]]) {
		if (value !== "") continue;
		problems.add(new InputError("INPUT_MISSING", `${name}: is missing beside an identity`, { hint: "An identity is what one issuer says, proven under the trusted_root.json of one instance." }));
	}
	if (issuer === "" || file === "") return void 0;
	const root = await problems.attempt("trusted-root", async () => parseTrustRoot(await readText(resolve(workspace, file), signingLimits.trustRootBytes)));
	if (root === void 0) return void 0;
	const name = subject === "" ? "certificate-identity-regexp" : "certificate-identity";
	const authority = await problems.attempt(name, () => identityAuthority({
		subject: subject === "" ? void 0 : subject,
		subjectRegExp: subject === "" ? pattern : void 0,
		issuer,
		root
	}));
	return authority && { authorities: [authority] };
}
function splitPem(pem) {
	const parts = pem.split(/(?<=-----END PUBLIC KEY-----)/u).filter((part) => part.trim() !== "");
	return parts.length === 0 ? [pem] : parts;
}
function readPolicy(file, { workspace }, problems) {
	return problems.attempt("policy", async () => {
		const text = await readText(resolve(workspace, file), judgingLimits.policyFileBytes);
		return parsePolicyFile(file, Buffer.from(text));
	});
}

export { requirementsFor as a, matchSignatures as c, listStatements as d, matchAuthorities as f, parseSourceUrl as h, runAction as i, verifySignatures as l, deadlineMsOf as m, trustFields as n, assertAccepted as o, distinctSigners as p, defaultNamespace as r, judge as s, readTrust as t, highestOf as u };