import { $t as ContentError, C as withRepository, D as readContext, G as durationSchema, Ht as longestDurationMs, Mt as parseDigest, O as repositoryOf, Rt as githubLimits, Ut as ociLimits, X as parseDurationMs, Xt as signingLimits, a as readRegistry, f as requiredText, fn as startAction, i as parseVersion, in as PromotionError, l as optional, ln as errorCodeOf, mt as parseTag, n as maskRegistrySecrets, o as registryFields, p as text, r as parseRepository, s as flag, t as readAll, tn as InputError, u as parsed, v as problemsOf, wt as parseManifest, x as titleOf$1 } from "./chunks/common.js";
import { d as object, g as unknown, i as array, m as string, s as int } from "./chunks/zod.js";
import { a as requirementsFor, d as listStatements, f as matchAuthorities, i as runAction, l as verifySignatures, m as parseSourceUrl, n as trustFields, o as assertAccepted, p as deadlineMsOf, s as judge, t as readTrust, u as highestOf } from "./chunks/trust.js";
import { A as findCandidates, E as mismatchOf, T as isKeyless, b as formatStatement, g as promotionPredicateType, h as promotionPredicateSchema, v as searchStatements, y as uncheckableError } from "./chunks/signing.js";
import { a as openSigner, c as resolveTag, d as signStatement, f as ownAuthorities, i as signingFields, p as attachBundle, r as readSigning, t as maskSigningSecrets, u as writeTag } from "./chunks/packing.js";
import { i as commitSchema, l as formatTime, n as refusalStatusOf, r as withGitHub, t as describeGitHubFailure } from "./chunks/github.js";

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
		if (list.unreadable.length > 0) throw uncheckableError("promotion statement", content.descriptor, list.unreadable);
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
	if (values.policy !== "" && values["logical-repository"] !== "") problems.add(conflict("logical-repository: has no use with policy, which has it"));
	if (values.rollback === true && values.cosign !== void 0) problems.add(conflict("cosign: excludes rollback"));
	if (signing?.way === "keyless" && values.policy === "" && signing.root === void 0) problems.add(new InputError("INPUT_MISSING", "trusted-root: is missing: no policy says how statements are judged", { hint: "Give the trusted_root.json of the Sigstore instance, or a policy that names this identity." }));
	if (whole === void 0 || trust === void 0 || registry === void 0) return void 0;
	if (signing === void 0 || signing.way === "none") return void 0;
	return {
		reference: whole.repository,
		values: whole,
		trust,
		signing,
		registry,
		hasSummary: whole.summary
	};
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
	const { reference, values, registry } = inputs;
	const { wanted, rule, verifyRelease } = await scopeOf(inputs, signer, signal);
	return withRepository(reference, registry, world, async (store) => {
		const promoted = await host.group("Promote", () => promote({
			store,
			from: values.from,
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