import { $ as parseDurationMs, $t as copyLimits, A as readContext, C as withRegistries, E as readManifestFacts, Ht as isIndexType, J as durationSchema, Jt as parseDigest, On as SealiftError, Ot as parseTag, Pn as startAction, Rt as parseManifest, S as titleOf$1, Sn as InvalidReferenceError, T as describeReferrer, Tn as RegistryError, Ut as isManifestType, Wt as mediaTypes, a as readRegistry, at as fetchBytes, f as requiredText, hn as signingLimits, i as parseVersion, it as assertContent, j as repositoryOf, jn as errorCodeOf, l as optional, m as text, n as maskRegistrySecrets, nn as githubLimits, nt as parseAttachedTag, o as registryFields, on as longestDurationMs, ot as watchStream, r as parseRepository, rt as referrersTagOf, s as flag, sn as ociLimits, st as formatTime, t as readAll, tt as attachedTagsOf, u as parsed, wn as PromotionError, xn as InputError, y as problemsOf, yn as ContentError } from "./chunks/common.js";
import { g as string, i as array, l as int, p as object, v as unknown } from "./chunks/zod.js";
import { a as requirementsFor, d as listStatements, f as matchAuthorities, h as parseSourceUrl, i as runAction, l as verifySignatures, m as deadlineMsOf, n as trustFields, o as assertAccepted, s as judge, t as readTrust, u as highestOf } from "./chunks/trust.js";
import { E as formatStatement, N as isKeyless, P as mismatchOf, T as uncheckableError, _ as findCandidates, g as promotionPredicateType, h as promotionPredicateSchema, w as searchStatements } from "./chunks/signing.js";
import { a as openSigner, c as resolveTag, d as signStatement, f as ownAuthorities, i as signingFields, p as attachBundle, r as readSigning, t as maskSigningSecrets, u as writeTag } from "./chunks/packing.js";
import { i as commitSchema, n as refusalStatusOf, r as withGitHub, t as describeGitHubFailure } from "./chunks/github.js";
import { setMaxListeners } from "node:events";
import { randomInt } from "node:crypto";
import { setTimeout } from "node:timers/promises";

// src/operations/chain.ts
async function readChain(source, request, extra, signal) {
	const shown = (await resolveOptional(source, request.channel, signal))?.descriptor.digest;
	const tags = (await source.tags(signal)).filter((tag) => !/^sha256-[a-f0-9]{64}/u.test(tag));
	const open = [.../* @__PURE__ */ new Set([
		...tags,
		...extra,
		...shown === void 0 ? [] : [shown]
	])];
	const required = new Set(open);
	const seen = /* @__PURE__ */ new Set();
	const statements = [];
	const heartbeats = [];
	const begun = [];
	const once = {
		...request,
		quorum: {
			...request.quorum,
			threshold: 1
		}
	};
	for (let reference = open.shift(); reference !== void 0; reference = open.shift()) {
		const content = required.has(reference) ? await source.resolve(reference, signal) : await resolveOptional(source, reference, signal);
		if (content === void 0 || seen.has(content.descriptor.digest)) continue;
		seen.add(content.descriptor.digest);
		const candidates = await findCandidates(source, content.descriptor, signal);
		const list = listStatements(candidates, request);
		if (list.unreadable.length > 0) throw uncheckableError("promotion statement", content.descriptor, list);
		statements.push(...list.statements);
		heartbeats.push(...list.heartbeats);
		const first = listStatements(candidates, once).statements;
		begun.push(...first);
		for (const { previous } of first) {
			if (previous === void 0 || seen.size + open.length >= ociLimits.tags) continue;
			open.push(parseDigest(previous.digest));
		}
	}
	const highest = highestOf(statements);
	return {
		shown,
		statements: statements.toSorted((a, b) => b.sequence - a.sequence),
		heartbeats,
		begun,
		current: highestOf(statements.filter(({ subject }) => subject === shown)),
		highest,
		isDisputed: statements.some(({ sequence, subject }) => sequence === highest?.sequence && subject !== highest.subject)
	};
}
async function resolveOptional(source, reference, signal) {
	try {
		return await source.resolve(reference, signal);
	} catch (error) {
		if (error instanceof ContentError && error.code === "CONTENT_MISSING") return void 0;
		throw error;
	}
}

// src/operations/promotion-statements.ts
function nextPredicate({ wanted, previous, after, ...rest }) {
	const { repository, channel, epoch } = wanted;
	const sequence = Math.max(previous?.sequence ?? 0, after) + 1;
	if (!Number.isSafeInteger(sequence)) throw new PromotionError("SEQUENCE_LIMIT", "channel has used its last sequence", { hint: "Raise the epoch in the TrustPolicy and promote with --epoch." });
	const { action, issuedAt, expiresAt, note } = rest;
	return parsePredicate({
		repository,
		channel,
		epoch,
		sequence,
		...previous === void 0 ? {} : { previous: {
			sequence: previous.sequence,
			digest: previous.subject
		} },
		action,
		issuedAt,
		...expiresAt === void 0 ? {} : { expiresAt },
		...note === void 0 ? {} : { note }
	});
}
function parsePredicate(predicate) {
	const parsed = promotionPredicateSchema.safeParse(predicate);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	throw new InputError("INPUT_INVALID", `${issue?.path.join(".") ?? "statement"}: ${issue?.message ?? "is not valid"}`);
}
async function attachStatement(to, predicate, ports) {
	return signAndAttach(to, formatStatement(to.artifact.descriptor.digest, promotionPredicateType, parsePredicate(predicate)), predicate, ports);
}
async function cosignStatement(to, digest, ports) {
	const { store, wanted, artifact } = to;
	const candidates = await findCandidates(store, artifact.descriptor, ports.signal);
	const only = {
		...candidates,
		found: candidates.found.filter((found) => found.digest === digest)
	};
	const { quorum } = wanted;
	const list = listStatements(only, {
		...wanted,
		quorum: {
			...quorum,
			threshold: 1
		}
	});
	const [statement] = list.statements;
	if (statement === void 0) {
		const [refusal] = list.refusals;
		if (refusal !== void 0) throw refusal.error;
		const reason = list.rejected.find(({ candidate }) => candidate === digest)?.reason ?? "is not there";
		throw new PromotionError("STATEMENT_MISSING", `statement ${digest} of ${artifact.descriptor.digest} ${reason}`, { hint: "Give the digest that the first signer's `sealift promote` printed as its statement." });
	}
	if (statement.sequence < to.latest) throw new PromotionError("SEQUENCE_REPLAYED", `statement ${digest} has sequence ${statement.sequence}, but ${to.latest} is used already`, { hint: "Let it be promoted anew, and sign that statement." });
	const times = {
		maxAgeMs: to.maxAgeMs,
		latestMs: ports.now()
	};
	const { deadlineMs } = deadlineMsOf(statement, list.heartbeats, times);
	if (deadlineMs !== void 0 && deadlineMs <= times.latestMs) throw new PromotionError("STATEMENT_EXPIRED", `statement ${digest} is overdue since ${new Date(deadlineMs).toISOString()}`, { hint: "Let it be promoted anew, and sign that statement." });
	const [accepted] = searchStatements(only, promotionPredicateType, quorum.authorities).accepted;
	if (accepted === void 0) throw new PromotionError("STATEMENT_MISSING", `statement ${digest} is not there`);
	return signAndAttach(to, Buffer.from(accepted.payload), statement, ports);
}
async function assertMaySign(signer, { action }, { quorum, channel, heartbeatAuthorities = [] }, signal) {
	const isOne = signer.kind === "key" ? acceptsKey(signer) : acceptsIdentity(await signer.identity(signal));
	const isPromoter = quorum.authorities.some(isOne);
	if (action !== "heartbeat" && isPromoter) return;
	if (action === "heartbeat" && (heartbeatAuthorities.some(isOne) || isPromoter && quorum.threshold === 1)) return;
	throw new PromotionError("STATEMENT_MISSING", `the signer is no authority whose ${action} would count for channel ${channel}`, { hint: "Sign as an authority of the channel; see which the TrustPolicy names." });
}
function acceptsKey({ verifyKey }) {
	return (authority) => !isKeyless(authority) && authority.key.hint === verifyKey.hint;
}
function acceptsIdentity(identity) {
	return (authority) => isKeyless(authority) && mismatchOf(authority.keyless, identity) === void 0;
}
async function signAndAttach({ store, wanted, signer, artifact }, payload, predicate, ports) {
	await assertMaySign(signer, predicate, wanted, ports.signal);
	const bundle = {
		bytes: await signStatement(signer, payload, ports.signal),
		predicateType: promotionPredicateType,
		created: predicate.issuedAt
	};
	const { digest } = (await attachBundle(store, artifact.descriptor, bundle, ports.signal)).descriptor;
	const candidates = await findCandidates(store, artifact.descriptor, ports.signal);
	const once = {
		...wanted,
		quorum: {
			...wanted.quorum,
			threshold: 1
		}
	};
	const list = listStatements(candidates, once);
	const statement = [...list.statements, ...list.heartbeats].find(({ sequence, issuedAt, action }) => sequence === predicate.sequence && issuedAt === predicate.issuedAt && action === predicate.action);
	const own = list.rejected.find(({ candidate }) => candidate === digest);
	const isListed = candidates.found.some((found) => found.digest === digest);
	if (statement === void 0 || own !== void 0 || !isListed) {
		const why = isListed ? `it ${own?.reason ?? "does not count"}` : "the registry does not list it";
		throw new PromotionError("STATEMENT_MISSING", `statement ${digest} was attached to ${artifact.descriptor.digest}, but ${why}`, { hint: "Sign as an authority of the channel; see which the TrustPolicy names." });
	}
	const { quorum } = wanted;
	const signatures = searchStatements(candidates, promotionPredicateType, quorum.authorities).accepted.filter((accepted) => Buffer.compare(accepted.payload, payload) === 0);
	const missingSigners = predicate.action === "heartbeat" ? 0 : Math.max(0, quorum.threshold - matchAuthorities(quorum, signatures).length);
	ports.log(`attached ${predicate.action} of sequence ${predicate.sequence}`);
	return {
		statement: {
			...statement,
			statementDigest: digest
		},
		missingSigners
	};
}

// src/operations/promote.ts
async function promote(request, ports) {
	const { store, channel, wanted } = request;
	const { signal } = ports;
	parseTag(channel);
	const artifact = await store.resolve(request.from, signal);
	const { digest } = artifact.descriptor;
	request.verifyRelease(await findCandidates(store, artifact.descriptor, signal));
	ports.log(`verified ${digest}`);
	const chain = await readChain(store, wanted, [request.from], signal);
	assertExpected(request, chain.shown);
	assertFollowable(request, chain, digest);
	const { highest } = chain;
	const isDue = highest === void 0 || highest.subject !== digest || highest.sequence <= (request.after ?? 0) || chain.isDisputed || isOverdue(highest, chain, request, ports.now());
	if (!isDue && request.cosign === void 0 && chain.shown === digest) {
		ports.log(`${channel} shows it already, by sequence ${highest.sequence}`);
		return toResult(highest, {
			previousDigest: chain.shown,
			isChanged: false,
			missingSigners: 0
		});
	}
	const { statement, missingSigners } = await attach(request, {
		...chain,
		isDue
	}, artifact, ports);
	if (missingSigners > 0) {
		ports.log(`${missingSigners} more must sign statement ${statement.statementDigest}; ${channel} stays`);
		return toResult(statement, {
			previousDigest: chain.shown,
			isChanged: false,
			missingSigners
		});
	}
	if (chain.shown === digest) return toResult(statement, {
		previousDigest: chain.shown,
		isChanged: false,
		missingSigners
	});
	await moveTag(request, chain, artifact, signal);
	ports.log(`${channel} shows it now`);
	return toResult(statement, {
		previousDigest: chain.shown,
		isChanged: true,
		missingSigners
	});
}
async function attach(request, chain, artifact, ports) {
	const { store, wanted, signer, cosign } = request;
	const { digest } = artifact.descriptor;
	if (cosign !== void 0) {
		const latest = usedUp(chain);
		const { maxAgeMs } = request;
		return cosignStatement({
			store,
			wanted,
			signer,
			artifact,
			latest,
			maxAgeMs
		}, cosign, ports);
	}
	if (!chain.isDue && chain.highest !== void 0) return {
		statement: chain.highest,
		missingSigners: 0
	};
	const nowMs = ports.now();
	const predicate = nextPredicate({
		wanted,
		previous: chain.highest,
		after: Math.max(request.after ?? 0, usedUp(chain)),
		action: isBack(chain, digest) ? "rollback" : "promote",
		issuedAt: formatTime(nowMs),
		expiresAt: request.expiresInMs === void 0 ? void 0 : formatTime(nowMs + request.expiresInMs),
		note: request.reason
	});
	return attachStatement({
		store,
		wanted,
		signer,
		artifact
	}, predicate, ports);
}
function usedUp({ highest, begun }) {
	const base = highest?.sequence ?? 0;
	const reached = begun.map(({ sequence }) => sequence).filter((one) => one <= base + signingLimits.begunReach);
	return Math.max(base, ...reached);
}
function isOverdue(statement, { heartbeats }, { maxAgeMs }, nowMs) {
	const { deadlineMs } = deadlineMsOf(statement, heartbeats, {
		maxAgeMs,
		latestMs: nowMs
	});
	return deadlineMs !== void 0 && deadlineMs <= nowMs;
}
function isBack({ statements, highest }, digest) {
	return highest?.subject !== digest && statements.some(({ subject }) => subject === digest);
}
function assertFollowable({ channel, isRollback, cosign, after }, chain, digest) {
	const { shown, current, statements, begun } = chain;
	const mayBeCompleted = cosign !== void 0 && begun.some(({ subject }) => subject === shown);
	if (shown !== void 0 && current === void 0 && !mayBeCompleted && after === void 0) throw new PromotionError("STATEMENT_MISSING", `tag ${channel} shows ${shown}, which no valid statement promoted`, { hint: "Promoted with another key? Name it with --promotion-key. With fewer signers than the policy asks for now? Sign it along with --cosign. Written by hand? Say with --after which sequence clusters have accepted, or point the tag back to what was promoted last." });
	if (isRollback === true && !statements.some(({ subject }) => subject === digest)) throw new PromotionError("ROLLBACK_NOT_ALLOWED", `${digest} was never promoted to ${channel}, so there is no going back to it`, { hint: "Promote it as a new release, without --rollback; `sealift history` shows what was promoted." });
}
function assertExpected({ channel, expectCurrent }, shown) {
	if (expectCurrent === void 0 || shown === expectCurrent) return;
	throw new PromotionError("TAG_MOVED", `tag ${channel} shows ${shown ?? "nothing"}, not ${expectCurrent}`, { hint: "Something else was promoted since this was decided; see what, then decide anew." });
}
async function moveTag({ store, channel }, chain, artifact, signal) {
	const shown = await resolveTag(store, channel, signal);
	if (shown !== chain.shown) {
		const message = `tag ${channel} moved from ${chain.shown ?? "nothing"} to ${shown ?? "nothing"} meanwhile`;
		throw new PromotionError("TAG_MOVED", message, { hint: "Another promotion ran at the same time; see which one is wanted, then promote again." });
	}
	await writeTag(store, artifact, channel, signal);
}
function expiryMsOf(text) {
	const ms = durationSchema.safeParse(text).success ? parseDurationMs(text) : 0;
	return ms >= 1e3 && ms <= 31536e8 ? ms : void 0;
}
async function assertTwoSigners(signer, releases, signal) {
	if (!(signer.kind === "key" ? releases.some((one) => !isKeyless(one) && one.key.hint === signer.verifyKey.hint) : await isCertifiedAs(signer, releases, signal))) return;
	const what = signer.kind === "key" ? "key" : "identity";
	throw new InputError("INPUT_CONFLICT", `promotions are signed by the ${what} that signs releases`, { hint: signer.kind === "key" ? "Make a second key pair for promotions with `sealift keygen`." : "Promote in a workflow of its own." });
}
async function isCertifiedAs(signer, releases, signal) {
	const certified = releases.filter(isKeyless);
	if (certified.length === 0) return false;
	const identity = await signer.identity(signal);
	return certified.some(({ keyless }) => mismatchOf(keyless, identity) === void 0);
}
function toResult(statement, rest) {
	const { subject, channel, sequence, action, statementDigest, expiresAt } = statement;
	return {
		digest: subject,
		channel,
		sequence,
		action,
		statementDigest,
		expiresAt,
		...rest
	};
}

// src/operations/promotion-scope.ts
function scopeOfPolicies(file, policies, followed) {
	const requirements = requirementsFor(policies, followed);
	const claims = requirements.filter(({ promotion }) => promotion !== void 0);
	const claim = claims.find(({ mode }) => mode === "Enforce") ?? claims[0];
	const rule = claim?.promotion;
	if (rule === void 0) throw new InputError("INPUT_INVALID", `${file} asks for no promotion of ${followed.url.canonical} to ${followed.tag}`, { hint: "Without promotion in the policy a tag can be moved by `sealift push` or any other tool." });
	const { repository, epoch, quorum, heartbeatAuthorities } = rule;
	return {
		rule,
		wanted: {
			repository,
			channel: followed.tag,
			epoch,
			quorum,
			heartbeatAuthorities
		},
		verifyRelease: (candidates) => {
			const releases = requirements.map((one) => asRelease(one, one === claim));
			assertAccepted(judge(releases, candidates, {
				highest: () => void 0,
				nowMs: 0,
				transforms: /* @__PURE__ */ new Set()
			}));
		}
	};
}
function asRelease({ promotion, mode, ...requirement }, isClaim) {
	return {
		...requirement,
		mode: isClaim && promotion !== void 0 ? "Enforce" : mode
	};
}
function releaseSignedBy(authorities) {
	return (candidates) => void verifySignatures(candidates, {
		authorities,
		threshold: 1
	});
}

// src/copy/sides.ts
function createStores({ source, target }, { call, move, signal }) {
	return {
		source,
		target,
		signal,
		work: {
			source: {},
			target: {}
		},
		fromSource: (work) => call(() => onSide("source", () => work(source, signal))),
		onTarget: (work) => call(() => onSide("target", () => work(target, signal))),
		move: (work) => move(() => work(signal))
	};
}
async function onSide(side, work) {
	try {
		return await work();
	} catch (error) {
		throw withSide(side, error);
	}
}
function withSide(side, error) {
	const message = `${side}: ${error instanceof Error ? error.message : ""}`;
	if (error instanceof ContentError) return new ContentError(error.code, message, optionsOf(side, error));
	if (error instanceof RegistryError) return new RegistryError(error.code, message, optionsOf(side, error));
	if (error instanceof InvalidReferenceError) return new InvalidReferenceError(error.code, message, optionsOf(side, error));
	if (error instanceof InputError) return new InputError(error.code, message, optionsOf(side, error));
	if (error instanceof Error && "syscall" in error) return new InputError("FILE_UNREADABLE", message, {
		cause: error,
		details: { side }
	});
	return error;
}
function optionsOf(side, error) {
	const { hint, retryable, details } = error;
	return {
		cause: error,
		retryable,
		details: {
			...details,
			side
		},
		...hint === void 0 ? {} : { hint }
	};
}

// src/copy/attached-tags.ts
function assertCopyableTag(tag) {
	if (parseAttachedTag(tag)?.isReferrersTag !== true) return;
	throw new InvalidReferenceError("TAG_INVALID", `tag ${tag} is a list of referrers and can not be copied`, { hint: "Copy what it belongs to; its referrers come along." });
}
async function attachTag({ tag, content }, stores) {
	const shown = await resolveIn(stores, tag);
	if (shown !== void 0 && holdsAll(shown, content)) return false;
	if (shown !== void 0 && !holdsAll(content, shown)) throw incomplete(tag, content.descriptor);
	await stores.onTarget((target, signal) => target.tag(content, tag, signal));
	return true;
}
async function assertAttached({ tag, content }, stores) {
	const shown = await resolveIn(stores, tag);
	if (shown === void 0 || !holdsAll(shown, content)) throw incomplete(tag, content.descriptor);
}
function resolveIn({ onTarget }, tag) {
	return onTarget((target, signal) => resolveIfThere(target, tag, signal));
}
async function resolveIfThere(store, tagOrDigest, signal) {
	try {
		return await store.resolve(tagOrDigest, signal);
	} catch (error) {
		if (error instanceof ContentError && error.code === "CONTENT_MISSING") return void 0;
		throw error;
	}
}
function holdsAll(content, other) {
	if (content.descriptor.digest === other.descriptor.digest) return true;
	const layers = layersOf(content);
	const others = layersOf(other);
	if (layers === void 0 || others === void 0) return false;
	const held = new Set(layers);
	return others.every((layer) => held.has(layer));
}
function layersOf(content) {
	const { mediaType } = content.descriptor;
	if (mediaType !== mediaTypes.manifest && mediaType !== mediaTypes.dockerManifest) return void 0;
	const [, ...layers] = readManifestFacts(content).blobs;
	return layers.map(({ digest, annotations = {} }) => JSON.stringify([digest, Object.entries(annotations).sort(([a], [b]) => a < b ? -1 : 1)]));
}
function incomplete(tag, { digest }) {
	const error = new ContentError("REFERRERS_INCOMPLETE", `tag ${tag} holds something else than the source's, and lacks some of ${digest}`, {
		hint: `Both sides have signed. Sign again in the target, or delete its tag ${tag}; then copy once more.`,
		details: { tag }
	});
	return withSide("target", error);
}

// src/copy/crew.ts
function createCrew(given, { calls, transfers, roots }) {
	const stop = new AbortController();
	const signal = given === void 0 ? stop.signal : AbortSignal.any([given, stop.signal]);
	const running = /* @__PURE__ */ new Set();
	let failure;
	function fail(error) {
		if (failure !== void 0) return;
		failure = { error: given?.aborted === true ? given.reason : error };
		stop.abort();
	}
	async function failing(work) {
		try {
			await work;
		} catch (error) {
			fail(error);
			throw error;
		}
	}
	return {
		signal,
		call: createGate(calls, signal),
		move: createGate(transfers, signal),
		follow: createGate(roots, signal),
		async all(works) {
			const failed = (await Promise.allSettled(Array.from(works, failing))).find((outcome) => outcome.status === "rejected");
			if (failed !== void 0) throw failed.reason;
		},
		start(work) {
			const done = work().catch(fail).finally(() => running.delete(done));
			running.add(done);
		},
		async finish() {
			while (running.size > 0) await Promise.all(running);
			if (failure !== void 0) throw failure.error;
			given?.throwIfAborted();
		}
	};
}
function createGate(slots, signal) {
	const waiting = [];
	let free = slots;
	let next = 0;
	return async (work) => {
		if (free > 0) free -= 1;
		else await new Promise((resolve) => waiting.push(resolve));
		try {
			signal.throwIfAborted();
			return await work();
		} finally {
			const proceed = waiting[next];
			next += 1;
			if (proceed === void 0) {
				free += 1;
				next = 0;
				waiting.length = 0;
			} else proceed();
		}
	};
}

// src/copy/comparison.ts
const nothing = {
	sameRoot: async () => void 0,
	sameTag: async () => void 0,
	listed: async () => /* @__PURE__ */ new Set(),
	glance: async () => void 0
};
function createComparison(stores, isOfAllTags) {
	if (!isOfAllTags || stores.target.glance === void 0) return nothing;
	const glance = (name) => stores.onTarget(async (target, signal) => target.glance?.(name, signal));
	let tags;
	async function sameAs(name, shown) {
		if (shown === void 0) return void 0;
		return (await glanceSource(stores, name))?.digest === shown.digest ? shown : void 0;
	}
	return {
		async sameRoot({ name, tags: [tag, ...others] }) {
			tags ??= listTags$1(stores);
			if (tag === void 0 || (await tags)?.has(tag) === false) return void 0;
			const shown = await Promise.all([tag, ...others].map(glance));
			return shown.every((descriptor) => descriptor?.digest === shown[0]?.digest) ? sameAs(name, shown[0]) : void 0;
		},
		sameTag: async (tag) => sameAs(tag, await glance(tag)),
		listed: (subject) => listedIn(stores, subject),
		glance
	};
}
async function listedIn({ onTarget, work }, subject) {
	const options = { work: work.target };
	const listed = await onTarget((target, signal) => target.referrers(subject, signal, options));
	return new Set(listed.map(({ digest }) => digest));
}
function glanceSource({ fromSource }, name) {
	return fromSource(async (source, signal) => source.glance === void 0 ? (await resolveIfThere(source, name, signal))?.descriptor : source.glance(name, signal));
}
function listTags$1({ onTarget }) {
	return onTarget(async (target, signal) => {
		try {
			return new Set(await target.tags(signal));
		} catch (error) {
			signal.throwIfAborted();
			if (error instanceof SealiftError) return void 0;
			throw error;
		}
	});
}

// src/copy/complete.ts
const NAMED = 3;
async function completeTarget({ attached, subjects }, parts) {
	const { stores } = parts;
	await writeAndLook(parts, [...attached.map((one) => attaching(one, stores)), ...subjects.map((subject) => listing(subject, stores))]);
}
async function tagRoots(roots, parts) {
	const { stores, crew } = parts;
	const all = roots.flatMap(({ content, tags }) => tags.map((tag) => ({
		tag,
		content
	})));
	const isAttached = ({ tag }) => parseAttachedTag(tag) !== void 0;
	await writeAndLook(parts, all.filter(isAttached).map((one) => attaching(one, stores)));
	crew.start(() => crew.all(all.filter((one) => !isAttached(one)).map((one) => tagRoot(one, stores))));
	await crew.finish();
}
async function tagRoot({ tag, content }, stores) {
	await stores.onTarget(async (target, signal) => {
		if ((target.glance === void 0 ? (await resolveIfThere(target, tag, signal))?.descriptor : await target.glance(tag, signal))?.digest !== content.descriptor.digest) await target.tag(content, tag, signal);
	});
}
async function writeAndLook({ stores, crew }, writes) {
	const written = [];
	const work = async (one) => {
		if (await one.write()) written.push(one);
	};
	crew.start(() => crew.all(writes.map(work)));
	await crew.finish();
	if (written.length === 0) return;
	crew.start(async () => {
		const { settleMs } = stores.target;
		const { signal } = crew;
		if (settleMs !== void 0) await setTimeout(settleMs + randomInt(settleMs), void 0, { signal });
		await crew.all(written.map((one) => one.look()));
	});
	await crew.finish();
}
function attaching(one, stores) {
	return {
		write: () => attachTag(one, stores),
		look: () => assertAttached(one, stores)
	};
}
function listing(subject, stores) {
	const { descriptor, referrers } = subject;
	const look = () => assertListed(subject, stores);
	const write = async () => {
		if (stores.target.attach === void 0) {
			await look();
			return false;
		}
		return stores.onTarget(async ({ attach }, signal) => await attach?.(descriptor, referrers, signal, { work: stores.work.target }) ?? false);
	};
	return {
		write,
		look
	};
}
async function assertListed({ descriptor, referrers }, stores) {
	const findLacking = async () => {
		const known = await listedIn(stores, descriptor);
		return referrers.map(({ digest }) => digest).filter((digest) => !known.has(digest));
	};
	const unlisted = await findLacking();
	if (unlisted.length === 0) return;
	for (const digest of unlisted) {
		const content = await stores.fromSource((source, signal) => source.resolve(digest, signal));
		await stores.onTarget((target, signal) => target.push(content, signal));
	}
	const lacking = await findLacking();
	if (lacking.length === 0) return;
	const error = new ContentError("REFERRERS_INCOMPLETE", `${descriptor.digest} lacks ${lacking.length} of ${referrers.length} referrers: ${nameSome(lacking)}`, {
		hint: "The registry does not list what it took in. Copy again; if it stays so, it can not hold signatures.",
		details: {
			subject: descriptor.digest,
			lacking: lacking.length
		}
	});
	throw withSide("target", error);
}
function nameSome(digests) {
	const more = digests.length > NAMED ? ", \u2026" : "";
	return digests.slice(0, NAMED).join(", ") + more;
}

// src/copy/overview.ts
function createOverview(stores, { roots, sampledTags }) {
	const list = once(() => listTags(stores));
	const whole = once(async () => {
		if (roots === void 0 || stores.source.glance === void 0) return void 0;
		await roots.known;
		const listed = await listTags(stores);
		return listed !== void 0 && roots.names.every((name) => listed.has(name)) ? listed : void 0;
	});
	const isLeftOut = createSample(stores, sampledTags);
	const mayHaveTag = async (tag) => {
		const listed = await whole();
		return listed === void 0 || listed.has(tag) || isLeftOut(tag);
	};
	return {
		mayHaveTag,
		mayHaveTagOfAttached: async (tag) => await whole() === void 0 ? (await list())?.has(tag) ?? true : mayHaveTag(tag)
	};
}
function createSample({ fromSource }, count) {
	const asked = [];
	const isThere = (tag) => fromSource(async (source, signal) => await resolveIfThere(source, tag, signal) !== void 0);
	return async (tag) => {
		if (asked.length < count) asked.push(isThere(tag));
		return (await Promise.all(asked)).includes(true);
	};
}
function listTags({ fromSource }) {
	return fromSource(async (source, signal) => {
		try {
			return new Set(await source.tags(signal));
		} catch (error) {
			signal.throwIfAborted();
			if (error instanceof SealiftError) return void 0;
			throw error;
		}
	});
}
function once(start) {
	let started;
	return () => started ??= start();
}

// src/copy/tally.ts
const outcomes = [
	"copied",
	"mounted",
	"skipped",
	"absent"
];
function createTally(onProgress = () => void 0) {
	const amounts = new Map(outcomes.map((outcome) => [outcome, {
		count: 0,
		bytes: 0
	}]));
	const amountOf = (outcome) => amounts.get(outcome) ?? {
		count: 0,
		bytes: 0
	};
	return {
		tell: (kind, descriptor) => onProgress({
			kind,
			descriptor,
			bytes: descriptor.size
		}),
		tellBytes: (descriptor, bytes) => onProgress({
			kind: "bytes",
			descriptor,
			bytes
		}),
		count(outcome, descriptor) {
			const { count, bytes } = amountOf(outcome);
			amounts.set(outcome, {
				count: count + 1,
				bytes: bytes + descriptor.size
			});
			onProgress({
				kind: outcome,
				descriptor,
				bytes: descriptor.size
			});
		},
		amounts: () => ({
			copied: amountOf("copied"),
			mounted: amountOf("mounted"),
			skipped: amountOf("skipped"),
			absent: amountOf("absent")
		})
	};
}

// src/copy/transfer.ts
function createTransfer({ stores, tally, maxBlobs }) {
	const blobs = /* @__PURE__ */ new Map();
	async function moveBlob(descriptor, isExpected) {
		const { source, target } = stores;
		await stores.move(async (signal) => {
			if (isExpected && await onSide("target", () => target.exists(descriptor, signal))) return tally.count("skipped", descriptor);
			if (await onSide("target", () => target.takeOver(source, descriptor, signal))) return tally.count("mounted", descriptor);
			tally.count(await sendBlob(descriptor, stores, tally), descriptor);
		});
	}
	return {
		async copyBlob(listed, isExpected) {
			const descriptor = asBlob(listed);
			const known = blobs.get(descriptor.digest);
			if (known !== void 0) {
				if (known.size === descriptor.size) return known.done;
				throw withSide("source", sizeMismatch(descriptor, known.size));
			}
			if (blobs.size >= maxBlobs) throw withSide("source", new ContentError("SIZE_LIMIT", `copy has more than ${maxBlobs} blobs`));
			tally.tell("found", descriptor);
			const done = moveBlob(descriptor, isExpected);
			blobs.set(descriptor.digest, {
				size: descriptor.size,
				done
			});
			return done;
		},
		async hasManifest(descriptor, isThere) {
			tally.tell("found", descriptor);
			return isThere ?? stores.onTarget((target, signal) => target.exists(descriptor, signal));
		},
		async pushManifest(content, isUnlisted) {
			tally.tell("start", content.descriptor);
			const options = {
				isNew: true,
				isUnlisted
			};
			await stores.onTarget((target, signal) => target.push(content, signal, options));
			tally.count("copied", content.descriptor);
		},
		skipManifest: (descriptor) => tally.count("skipped", descriptor)
	};
}
async function sendBlob(descriptor, { source, target, signal }, tally) {
	let isRead = false;
	let sourceFailure;
	const failing = (error) => {
		sourceFailure = { error };
	};
	function read(given, options) {
		isRead = true;
		sourceFailure = void 0;
		let bytes = 0;
		tally.tell("start", descriptor);
		const onBytes = (count) => {
			bytes += count;
			tally.tellBytes(descriptor, bytes);
		};
		return watchStream(source.fetch(descriptor, given, options), {
			onBytes,
			onError: failing
		});
	}
	try {
		await target.pushBlob(descriptor, (given = signal, options) => read(given, options), signal);
		return isRead ? "copied" : "skipped";
	} catch (error) {
		if (sourceFailure === void 0) throw withSide("target", error);
		if (isNonDistributable(descriptor) && isMissing(sourceFailure.error)) return "absent";
		throw withSide("source", sourceFailure.error);
	}
}
function asBlob(descriptor) {
	const { digest, size } = descriptor;
	return {
		mediaType: isManifestType(descriptor.mediaType) ? "application/octet-stream" : descriptor.mediaType,
		digest,
		size
	};
}
function isNonDistributable({ mediaType }) {
	return /(?:\.nondistributable\.|\.foreign\.)/u.test(mediaType);
}
function isMissing(error) {
	return error instanceof ContentError && error.code === "CONTENT_MISSING";
}
function sizeMismatch({ digest, size }, otherSize) {
	return new ContentError("SIZE_MISMATCH", `${digest} is listed with ${size} bytes and with ${otherSize}`);
}

// src/copy/job.ts
function readContent(content) {
	try {
		assertContent(content);
		return {
			...content,
			facts: readManifestFacts(content)
		};
	} catch (error) {
		throw withSide("source", error);
	}
}

// src/copy/follow.ts
function createFollower(parts) {
	const { stores, crew, comparison, overview, rules, copyManifest } = parts;
	const subjects = [];
	const attached = [];
	const keptTags = [];
	let referrers = 0;
	const attachments = /* @__PURE__ */ new Set();
	const resolveSource = (name) => stores.fromSource((source, signal) => source.resolve(name, signal));
	async function followReferrers(followed) {
		const { descriptor } = followed;
		const mayHaveTag = await overview.mayHaveTag(referrersTagOf(descriptor.digest));
		const listed = await stores.fromSource((source, signal) => source.referrers(descriptor, signal, {
			mayHaveTag,
			work: stores.work.source
		}));
		const digests = [...new Set(listed.map(({ digest }) => digest))];
		rules.takeInListed(descriptor, digests.length);
		if (digests.length === 0) return;
		const known = followed.isThere ? await comparison.listed(descriptor) : void 0;
		const unlisted = [];
		await crew.all(digests.map(async (digest) => {
			if (known?.has(digest) === true && await keepReferrer(digest, followed)) return;
			const entry = await copyReferrer(digest, followed);
			if (entry !== void 0) unlisted.push(entry);
		}));
		if (unlisted.length > 0) subjects.push({
			descriptor,
			referrers: unlisted.sort(byDigest)
		});
	}
	function copyShown(descriptor, depth) {
		const load = () => resolveSource(descriptor.digest);
		return copyManifest({
			descriptor,
			depth,
			load,
			isThere: true,
			isShown: true
		});
	}
	async function keepReferrer(digest, { depth }) {
		const descriptor = await comparison.glance(digest);
		if (descriptor === void 0) return false;
		referrers += 1;
		attachments.add(digest);
		await copyShown(descriptor, depth);
		return true;
	}
	async function copyReferrer(digest, followed) {
		const content = readContent(await resolveSource(digest));
		const { descriptor, facts } = content;
		if (facts.subject?.digest !== followed.descriptor.digest) return void 0;
		referrers += 1;
		attachments.add(digest);
		await copyManifest({
			descriptor,
			depth: followed.depth,
			load: async () => content,
			isReferrer: true
		});
		return describeReferrer(descriptor, facts);
	}
	async function followTag(tag, { descriptor, depth, isThere }) {
		if (!await (attachments.has(descriptor.digest) ? overview.mayHaveTagOfAttached(tag) : overview.mayHaveTag(tag))) return;
		const same = isThere ? await comparison.sameTag(tag) : void 0;
		if (same !== void 0) {
			keptTags.push(tag);
			attachments.add(same.digest);
			await copyShown(same, depth);
			return;
		}
		const content = await stores.fromSource((source, signal) => resolveIfThere(source, tag, signal));
		if (content === void 0) return;
		attached.push({
			tag,
			content
		});
		attachments.add(content.descriptor.digest);
		await copyManifest({
			descriptor: content.descriptor,
			depth,
			load: async () => content
		});
	}
	return {
		follow: (followed) => crew.all([followReferrers(followed), ...attachedTagsOf(followed.descriptor.digest).map((tag) => followTag(tag, followed))]),
		found: () => ({
			subjects,
			attached,
			keptTags,
			referrers
		})
	};
}
function byDigest(a, b) {
	return a.digest < b.digest ? -1 : 1;
}

// src/copy/rules.ts
function createRules(limits) {
	let manifests = 0;
	let bytes = 0;
	let listed = 0;
	const refuse = (message) => {
		throw withSide("source", new ContentError("SIZE_LIMIT", message));
	};
	return {
		takeIn({ digest, size }, depth) {
			manifests += 1;
			bytes += size;
			if (manifests > limits.manifests) refuse(`copy has more than ${limits.manifests} manifests`);
			if (bytes > limits.manifestBytes) refuse(`copy has manifests of more than ${limits.manifestBytes} bytes together`);
			if (depth > limits.depth) refuse(`${digest} is nested more than ${limits.depth} deep`);
		},
		takeInListed({ digest }, count) {
			listed += count;
			if (count > limits.referrers || listed > limits.manifests) refuse(`${digest} has ${count} referrers, more than a copy takes along`);
		},
		assertSame({ mediaType, digest, size }, known) {
			if (mediaType !== known.mediaType) {
				const message = `${digest} is listed as ${mediaType} and as ${known.mediaType}`;
				throw withSide("source", new ContentError("MEDIA_TYPE_UNEXPECTED", message));
			}
			if (size === known.size) return;
			const message = `${digest} is listed with ${size} bytes and with ${known.size}`;
			throw withSide("source", new ContentError("SIZE_MISMATCH", message));
		}
	};
}

// src/copy/walk.ts
function createWalk({ stores, crew, transfer, comparison, limits, overview }) {
	const rules = createRules(limits);
	const manifests = /* @__PURE__ */ new Map();
	const follower = overview && createFollower({
		stores,
		crew,
		comparison,
		overview,
		rules,
		copyManifest
	});
	async function copyManifest(job) {
		const known = manifests.get(job.descriptor.digest);
		if (known !== void 0) {
			rules.assertSame(job.descriptor, known.descriptor);
			return known.done;
		}
		rules.takeIn(job.descriptor, job.depth);
		const done = copyNew(job);
		manifests.set(job.descriptor.digest, {
			descriptor: job.descriptor,
			done
		});
		return done;
	}
	async function copyNew({ descriptor, depth, load, isReferrer = false, ...job }) {
		const isThere = await transfer.hasManifest(descriptor, job.isThere);
		const isWhole = isThere && job.isShown === true;
		if (!isWhole || isIndexType(descriptor.mediaType)) {
			const content = readContent(await load());
			await copyParts(content, {
				depth: depth + 1,
				isThere,
				isWhole
			});
			if (!isThere) await transfer.pushManifest(content, isReferrer);
		}
		if (isThere) transfer.skipManifest(descriptor);
		if (follower === void 0) return;
		const followed = {
			descriptor,
			depth: depth + 1,
			isThere
		};
		crew.start(() => crew.follow(() => follower.follow(followed)));
	}
	async function copyParts({ facts }, { depth, isThere, isWhole }) {
		const [listed, others] = partition(facts.manifests, ({ mediaType }) => isManifestType(mediaType));
		await crew.all([...(isWhole ? [] : [...facts.blobs, ...others]).map((blob) => transfer.copyBlob(blob, isThere)), ...listed.map(({ mediaType, digest, size }) => {
			const descriptor = {
				mediaType,
				digest,
				size
			};
			return copyManifest({
				descriptor,
				depth,
				load: () => fetchManifest(descriptor),
				isShown: isWhole
			});
		})]);
	}
	function fetchManifest(descriptor) {
		return stores.fromSource(async (source, signal) => ({
			descriptor,
			bytes: await fetchBytes(source, descriptor, ociLimits.manifestBytes, signal)
		}));
	}
	return {
		async copyRoot(root, onKnown) {
			const same = await comparison.sameRoot(root);
			if (same !== void 0) {
				onKnown();
				await copyManifest({
					descriptor: same,
					depth: 0,
					load: () => fetchManifest(same),
					isThere: true,
					isShown: true
				});
				return { descriptor: same };
			}
			const content = await stores.fromSource((source, signal) => source.resolve(root.name, signal));
			onKnown();
			const { descriptor } = content;
			await copyManifest({
				descriptor,
				depth: 0,
				load: async () => content
			});
			return {
				descriptor,
				content
			};
		},
		found: () => follower?.found() ?? {
			subjects: [],
			attached: [],
			keptTags: [],
			referrers: 0
		}
	};
}
function partition(values, test) {
	return [values.filter(test), values.filter((value) => !test(value))];
}

// src/copy/copy.ts
async function copyGraph(request) {
	const { roots, withReferrers = true, isOfAllTags = false, signal, onProgress } = request;
	for (const tag of roots.flatMap(({ tags }) => tags)) assertCopyableTag(tag);
	const limits = {
		...copyLimits,
		...request.limits
	};
	const crew = createCrew(signal, limits);
	setMaxListeners(0, crew.signal);
	const stores = createStores(request, crew);
	const tally = createTally(onProgress);
	const transfer = createTransfer({
		stores,
		tally,
		maxBlobs: limits.blobs
	});
	const known = countDown(roots.length, crew.signal);
	const { sampledTags } = limits;
	const names = roots.map(({ name }) => name);
	const overview = withReferrers ? createOverview(stores, {
		roots: isOfAllTags ? {
			names,
			known: known.all
		} : void 0,
		sampledTags
	}) : void 0;
	const comparison = createComparison(stores, isOfAllTags);
	const walk = createWalk({
		stores,
		crew,
		transfer,
		comparison,
		limits,
		overview
	});
	const walked = /* @__PURE__ */ new Map();
	const waiting = roots.values();
	const copyWaiting = async () => {
		for (const root of waiting) walked.set(root, await walk.copyRoot(root, known.one));
	};
	crew.start(() => crew.all(Array.from({ length: limits.roots }, copyWaiting)));
	await crew.finish();
	const copied = roots.flatMap((root) => {
		const found = walked.get(root);
		return found === void 0 ? [] : [{
			...root,
			...found
		}];
	});
	const found = walk.found();
	const ending = {
		stores,
		crew
	};
	await completeTarget(found, ending);
	const untagged = copied.flatMap(({ tags, content }) => content === void 0 ? [] : [{
		tags,
		content
	}]);
	await tagRoots(untagged, ending);
	return {
		...tally.amounts(),
		roots: copied.map(({ name, tags, descriptor }) => ({
			name,
			tags,
			descriptor
		})),
		referrers: found.referrers,
		attachedTags: [...found.attached.map(({ tag }) => tag), ...found.keptTags].sort()
	};
}
function countDown(count, signal) {
	const { promise, resolve, reject } = Promise.withResolvers();
	promise.catch(() => void 0);
	signal.addEventListener("abort", () => reject(signal.reason), { once: true });
	let left = count;
	const one = () => {
		left -= 1;
		if (left === 0) resolve();
	};
	return {
		all: promise,
		one
	};
}

// action/promote/copy-release.ts
async function copyRelease(from, { source, target }, { host, signal }) {
	const { digest } = (await source.resolve(from, signal)).descriptor;
	const { copied, mounted, skipped, referrers } = await copyGraph({
		source,
		target,
		roots: [{
			name: digest,
			tags: []
		}],
		signal
	});
	host.info(`copied ${digest} with ${referrers} referrers`);
	host.info(`${copied.count + mounted.count} contents were sent, ${skipped.count} were there`);
	return digest;
}

// action/promote/deployment.ts
const task = "sealift:promote";
const createdSchema = object({ id: int().positive() });
const ownSchema = object({
	id: int().positive(),
	payload: object({ sealift: object({
		repository: string(),
		channel: string(),
		sequence: int(),
		digest: string()
	}) })
});
const statusesSchema = array(object({ state: string() }));
function recordPromotion(world, wish, told) {
	return record(world, wish, async (calls) => {
		const { promoted, annotations } = told;
		const { isChanged, missingSigners, sequence, digest } = promoted;
		const { repository, channel } = wish;
		const known = await calls.list();
		const index = known.findIndex((one) => one.sequence === sequence && one.digest === digest);
		const before = known[index];
		const payload = { sealift: {
			repository,
			channel,
			sequence,
			digest
		} };
		const id = before?.id ?? await calls.create(calls.refsFor(annotations), payload);
		if (missingSigners > 0) await calls.setState(id, "pending", `${missingSigners} more must sign before ${channel} shows it`);
		else if (before === void 0 || isChanged) {
			await calls.setState(id, "in_progress", "promoted; sites pull on their own");
			await calls.supersede(known.slice(index + 1));
		}
		return String(id);
	});
}
function recordFailure(world, wish, error) {
	return record(world, wish, async (calls) => {
		const { repository, channel } = wish;
		const id = await calls.create(calls.refsFor({}), { sealift: {
			repository,
			channel
		} });
		await calls.setState(id, "failure", titleOf$1(errorCodeOf(problemsOf(error)[0])));
		return String(id);
	});
}
async function record(world, wish, tell) {
	const { host, signal } = world;
	if (signal.aborted) return "";
	try {
		const context = readContext(world.env);
		const repository = repositoryOf(context);
		if (repository === void 0 || wish.token === "") {
			host.warning("the deployment could not be told: github-token or GITHUB_REPOSITORY is missing", { title: "Deployment" });
			return "";
		}
		return await withGitHub({
			token: wish.token,
			context
		}, world, ({ request }) => tell(callsOf(request, {
			repository,
			context,
			wish
		})));
	} catch (error) {
		if (signal.aborted) return "";
		const why = describeGitHubFailure(error, "deployments: write");
		host.warning(`the deployment could not be told: ${why}`, { title: "Deployment" });
		return "";
	}
}
function callsOf(request, { repository, context, wish }) {
	const { environment } = wish;
	const setState = async (id, state, description) => {
		await request("POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses", {
			...repository,
			deployment_id: id,
			state,
			description: description.slice(0, githubLimits.descriptionCharacters),
			...context.runUrl === void 0 ? {} : { log_url: context.runUrl }
		});
	};
	return {
		setState,
		refsFor: (annotations) => refsOf(annotations, context),
		list: async () => {
			const answer = await request("GET /repos/{owner}/{repo}/deployments", {
				...repository,
				environment,
				task,
				per_page: githubLimits.deployments
			});
			return array(unknown()).parse(answer).flatMap((one) => ownSchema.safeParse(one).data ?? []).map(({ id, payload }) => ({
				id,
				...payload.sealift
			})).filter((one) => one.repository === wish.repository && one.channel === wish.channel);
		},
		create: async (refs, payload) => {
			const [ref, ...others] = refs;
			if (ref === void 0) throw new Error("GITHUB_SHA is missing");
			const make = (commit) => request("POST /repos/{owner}/{repo}/deployments", {
				...repository,
				ref: commit,
				task,
				environment,
				description: `promotion to ${wish.channel}`.slice(0, githubLimits.descriptionCharacters),
				auto_merge: false,
				required_contexts: [],
				payload
			});
			const answer = await make(ref).catch((error) => {
				const [other] = others;
				if (refusalStatusOf(error) !== 422 || other === void 0) throw error;
				return make(other);
			});
			return createdSchema.parse(answer).id;
		},
		supersede: async (older) => {
			for (const { id } of older.slice(0, githubLimits.superseded)) {
				const answer = await request("GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses", {
					...repository,
					deployment_id: id,
					per_page: 1
				});
				const state = statusesSchema.parse(answer)[0]?.state;
				if (state === "inactive") return;
				if (state === "success") continue;
				await setState(id, "inactive", `${wish.channel} shows a later promotion`);
			}
		}
	};
}
function refsOf(annotations, context) {
	const { serverUrl, repository } = context;
	const source = annotations["org.opencontainers.image.source"]?.replace(/(?:\.git)?\/*$/u, "");
	const isOurs = source === void 0 || source === `${serverUrl}/${repository}`;
	const revision = annotations["org.opencontainers.image.revision"] ?? "";
	return [isOurs ? /(?:^|[@:/])([0-9a-f]{40,64})$/u.exec(revision)?.[1] : void 0, context.commit].filter((commit) => commit !== void 0 && commitSchema.safeParse(commit).success);
}

// action/promote/inputs.ts
const inputsSchema = object({
	repository: parsed(requiredText, parseRepository),
	from: parsed(requiredText, parseVersion),
	to: parsed(requiredText, parseTag),
	"destination-repository": optional(parseRepository),
	...trustFields,
	"logical-repository": text,
	"expect-current": optional(parseDigest),
	rollback: flag,
	"expires-in": optional(parseExpiry),
	reason: text,
	cosign: optional(parseDigest),
	...signingFields,
	...registryFields,
	summary: flag,
	deployment: flag,
	environment: text.max(githubLimits.environmentCharacters, `is longer than ${githubLimits.environmentCharacters} characters`).regex(/^\P{Cc}*$/u, "has control characters"),
	"github-token": text
});
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
	const trust = await readTrust(values, context, problems);
	const signing = await readSigning(values, context, { problems });
	const registry = await readRegistry(values, context, problems);
	findConflicts(values, problems);
	if (signing?.way === "keyless" && values.policy === "" && signing.root === void 0) problems.add(new InputError("INPUT_MISSING", "trusted-root: is missing: no policy says how statements are judged", { hint: "Give the trusted_root.json of the Sigstore instance, or a policy that names this identity." }));
	if (whole === void 0 || trust === void 0 || registry === void 0) return void 0;
	if (signing === void 0 || signing.way === "none") return void 0;
	return {
		source: whole.repository,
		reference: whole["destination-repository"] ?? whole.repository,
		values: whole,
		trust,
		signing,
		registry,
		hasSummary: whole.summary
	};
}
function findConflicts(values, problems) {
	if (values.policy !== "" && values["logical-repository"] !== "") problems.add(conflict("logical-repository: has no use with policy, which has it"));
	const { repository: source, "destination-repository": destination } = values;
	if (source !== void 0 && destination !== void 0 && formatPlace(source) === formatPlace(destination)) problems.add(conflict("destination-repository: is the repository itself"));
	if (values.rollback === true && values.cosign !== void 0) problems.add(conflict("cosign: excludes rollback"));
}
function formatPlace({ registry, repository }) {
	return `${registry}/${repository}`;
}
function conflict(message) {
	return new InputError("INPUT_CONFLICT", message, { hint: "Leave out one of the two." });
}
function parseExpiry(value) {
	const ms = expiryMsOf(value);
	if (ms !== void 0) return ms;
	throw new InputError("INPUT_INVALID", `${JSON.stringify(value)} is no duration such as 720h`);
}

// action/promote/outputs.ts
function writeOutputs(host, { registry, repository }, promoted) {
	const outputs = {
		digest: promoted.digest,
		ref: `${registry}/${repository}@${promoted.digest}`,
		channel: promoted.channel,
		sequence: promoted.sequence,
		"previous-digest": promoted.previousDigest ?? "",
		"statement-digest": promoted.statementDigest,
		"expires-at": promoted.expiresAt ?? "",
		"missing-signers": promoted.missingSigners,
		changed: promoted.isChanged,
		"deployment-id": promoted.deploymentId
	};
	for (const [name, value] of Object.entries(outputs)) host.output(name, String(value));
}

// action/promote/main.ts
function run(given) {
	const { host } = given;
	return runAction(given, {
		read: () => readInputs(host, readContext(given.env)),
		act: async (inputs, world) => {
			let certified;
			const promoted = await promoteAndTell(inputs, openSigner(inputs.signing, world, {
				tries: inputs.registry.tries,
				onCertified: (found) => certified = found
			}), world);
			writeOutputs(host, inputs.reference, promoted);
			return describe(inputs, promoted, certified);
		}
	});
}
async function promoteAndTell(inputs, signer, world) {
	const wish = wishOf(inputs);
	if (wish === void 0) return {
		...(await promoteBy(inputs, signer, world)).promoted,
		deploymentId: ""
	};
	let told;
	try {
		told = await promoteBy(inputs, signer, world);
	} catch (error) {
		const id = await recordFailure(world, wish, error);
		if (id !== "") world.host.output("deployment-id", id);
		throw error;
	}
	return {
		...told.promoted,
		deploymentId: await recordPromotion(world, wish, told)
	};
}
function wishOf({ reference, values }) {
	if (!values.deployment) return void 0;
	return {
		environment: values.environment === "" ? values.to : values.environment,
		token: values["github-token"],
		repository: reference.repository,
		channel: values.to
	};
}
async function promoteBy(inputs, signer, world) {
	const { host, now, signal } = world;
	const { source, reference, values, registry } = inputs;
	const { wanted, rule, verifyRelease } = await scopeOf(inputs, signer, signal);
	return withRegistries(source.registry, registry, world, async (open) => {
		const store = open(reference);
		const from = values["destination-repository"] === void 0 ? values.from : await host.group("Copy", () => copyRelease(values.from, {
			source: open(source),
			target: store
		}, world));
		const promoted = await host.group("Promote", () => promote({
			store,
			from,
			channel: values.to,
			wanted,
			verifyRelease,
			signer,
			maxAgeMs: rule?.maxAgeMs,
			expiresInMs: values["expires-in"],
			reason: values.reason === "" ? void 0 : values.reason,
			isRollback: values.rollback,
			cosign: values.cosign,
			expectCurrent: values["expect-current"]
		}, {
			now,
			signal,
			log: (line) => host.info(line)
		}));
		return {
			promoted,
			annotations: values.deployment ? await readAnnotations(store, promoted.digest, signal) : {}
		};
	});
}
async function readAnnotations(store, digest, signal) {
	try {
		return parseManifest((await store.resolve(digest, signal)).bytes).annotations ?? {};
	} catch {
		return {};
	}
}
async function scopeOf({ reference, values, trust }, signer, signal) {
	const { registry, repository } = reference;
	const { to: channel, namespace } = values;
	if ("policy" in trust) {
		const url = parseSourceUrl(`oci://${registry}/${repository}`);
		const scope = scopeOfPolicies(trust.file, trust.policy.policies, {
			url,
			tag: channel,
			namespace
		});
		return {
			...scope,
			verifyRelease: scope.verifyRelease ?? (() => void 0)
		};
	}
	const { authorities: releases } = trust;
	await assertTwoSigners(signer, releases, signal);
	const own = await ownAuthorities(signer, signal, "promoter");
	const logical = values["logical-repository"];
	return {
		rule: void 0,
		verifyRelease: releaseSignedBy(releases),
		wanted: {
			repository: logical === "" ? repository : logical,
			channel,
			epoch: 1,
			quorum: {
				authorities: own === void 0 ? [] : [own.bundle],
				threshold: 1
			}
		}
	};
}
function describe({ reference, values }, promoted, certified) {
	const { digest, sequence, previousDigest } = promoted;
	const name = `${reference.registry}/${reference.repository}`;
	return {
		title: titleOf(promoted),
		line: `${name}@${digest}`,
		facts: [
			["Artifact", `${name}@${digest}`],
			["Channel", values.to],
			["Sequence", String(sequence)],
			["Before", previousDigest ?? "nothing"],
			["Statement", promoted.statementDigest],
			...promoted.deploymentId === "" ? [] : [["Deployment", promoted.deploymentId]],
			...certified === void 0 ? [] : [["Signer", certified.subject]]
		]
	};
}
function titleOf({ channel, isChanged, missingSigners }) {
	if (missingSigners > 0) return `${missingSigners} more must sign before ${channel} shows it`;
	return isChanged ? `Promoted to ${channel}` : `${channel} shows it already`;
}

// action/promote/index.ts
await startAction(run);

export {  };