// Commands of who may write to the registry, and of keys that say what they must not: each leaves the model to tell what a
// cluster makes of it.
import fc from 'fast-check';
import { honest, type Healthy, type Model, type Treatment } from './cluster.ts';
import {
  channel,
  clockSkewMs,
  highestOf,
  hour,
  minute,
  repository,
  second,
  sortPapers,
  type Actor,
  type Paper,
  type Said,
} from './rules.ts';
import { lookAt, restart, setRecord, takeIn, useProlong, usePromote, type Session } from './session.ts';
import { hasArtifact, makeStep, pick } from './step.ts';
import { chainNow } from './tool-steps.ts';

const version = fc.nat({ max: 5 });
const promoter = fc.constantFrom<Actor>('alice', 'bob');

async function retag(model: Model, session: Session, digest: string): Promise<void> {
  await session.registry.retag(digest);
  takeIn(model, session);
}

/** A statement for this place, as the next one would be. */
function nextSaid(model: Model): Said {
  return {
    repository,
    channel,
    epoch: model.policy.epoch,
    sequence: chainNow(model).used + 1,
    action: 'promote',
    issuedMs: Math.floor(model.nowMs / second) * second,
    expiresMs: undefined,
    previous: undefined,
  };
}

type Forgery = { readonly on: string; readonly about?: string; readonly by: Actor; readonly said: Said };

/** Attaches a forged statement by all who are needed, and shows its artifact. */
async function forge(model: Model, session: Session, forgery: Forgery, isShown = true): Promise<void> {
  await session.registry.forge(forgery);
  if (isShown) await session.registry.retag(forgery.on);
  takeIn(model, session);
}

/** The same, looked at by the puller, and given to the other promoter to sign along. */
async function forgeForTwo(model: Model, session: Session, forgery: Forgery): Promise<void> {
  await forge(model, session, forgery);
  await lookAt(model, session);
  const { on, by } = forgery;
  const cosign = model.papers.at(-1)?.carrier;
  await usePromote(model, session, { from: on, by: by === 'alice' ? 'bob' : 'alice', cosign });
}

/** Artifacts without a statement, or all where each has one. */
function neverPromoted({ artifacts, papers }: Model): readonly string[] {
  const found = artifacts.filter(
    (digest) => !papers.some(({ on, said }) => on === digest && said !== undefined),
  );
  return found.length > 0 ? found : artifacts;
}

export const bareRetag = version.map((number) =>
  makeStep({
    name: 'BareRetag',
    facts: { version: number },
    isPossible: hasArtifact,
    run: (model, session) => retag(model, session, pick(model.artifacts, number)),
  }),
);

/** The tag goes back to what was promoted once, whose statement is good still. */
export const replayOldTag = fc.nat({ max: 5 }).map((number) =>
  makeStep({
    name: 'ReplayOldTag',
    facts: { number },
    isPossible: (model) => promotedBefore(model).length > 0,
    run: (model, session) => retag(model, session, pick(promotedBefore(model), number).digest),
  }),
);

/** What the cluster accepted before, other than what it runs. */
function promotedBefore({ healthy, running }: Readonly<Model>): readonly Healthy[] {
  return healthy.filter(({ digest }) => digest !== running?.digest);
}

/** etcd goes back to where an old artifact was the highest, and the tag with it: the volume holds what came since. */
export const replayAfterRestore = fc
  .record({ number: fc.nat({ max: 3 }), isRestarted: fc.boolean() })
  .map((facts) =>
    makeStep({
      name: 'ReplayAfterRestore',
      facts,
      isPossible: (model) => lowerThanRecord(model).length > 0,
      run: async (model, session) => {
        const { on, said } = pick(lowerThanRecord(model), facts.number);
        if (said === undefined) return;
        const { epoch, sequence, issuedMs } = said;
        await setRecord(model, session, { epoch, sequence, digest: on, issuedMs });
        if (facts.isRestarted) await restart(model, session);
        await retag(model, session, on);
        await lookAt(model, session);
      },
    }),
  );

/** Statements below the record, the newest first, that are the highest of their artifact. */
function lowerThanRecord({ papers, record, policy, artifacts }: Readonly<Model>): readonly Paper[] {
  const view = { papers, unreadable: new Set<string>() };
  const highest = new Set(
    artifacts.map((digest) => highestOf(sortPapers(view, digest, policy).statements)?.carrier),
  );
  return papers
    .filter(({ carrier, said }) => highest.has(carrier) && said?.epoch === record?.epoch)
    .filter(({ said }) => (said?.sequence ?? 0) < (record?.sequence ?? 0))
    .toReversed();
}

/** A policy that asks for a former epoch again, by mistake or by force: what was promoted then is no way back. */
export const replayFormerEpoch = fc.constantFrom(0, 0, 0, 1, 2).map((number) =>
  makeStep({
    name: 'ReplayFormerEpoch',
    facts: { number },
    isPossible: (model) => formerPapers(model).length > 0,
    run: async (model, session) => {
      const { policy } = model;
      const former = pick(formerPapers(model), number);
      model.policy = { ...policy, epoch: former.said?.epoch ?? 1 };
      await retag(model, session, former.on);
      await lookAt(model, session);
      model.policy = policy;
    },
  }),
);

function formerPapers({ papers, record }: Readonly<Model>): readonly Paper[] {
  const former = papers.filter(({ said }) => said !== undefined && said.epoch < (record?.epoch ?? 0));
  return former.toSorted((one, other) => (other.said?.sequence ?? 0) - (one.said?.sequence ?? 0));
}

function isStatement({ said }: Paper): boolean {
  return said !== undefined;
}

export const copyStatement = fc.record({ number: fc.nat({ max: 9 }), version }).map((facts) =>
  makeStep({
    name: 'CopyStatementToOtherArtifact',
    facts,
    isPossible: (model) => model.artifacts.length > 1 && model.papers.some(isStatement),
    run: async (model, session) => {
      const paper = pick(model.papers.filter(isStatement).toReversed(), facts.number);
      const others = model.artifacts.filter((digest) => digest !== paper.on);
      const on = pick(others, facts.version);
      await session.registry.copy(paper, on);
      await retag(model, session, on);
    },
  }),
);

/** A statement by the true key that names another artifact than the one that it lies beside. */
export const statementAboutOther = fc.record({ version, by: promoter }).map((facts) =>
  makeStep({
    name: 'StatementAboutOtherArtifact',
    facts,
    isPossible: (model) => model.artifacts.length > 1,
    run: (model, session) => {
      const on = pick(model.artifacts, facts.version);
      const about = pick(model.artifacts, facts.version + 1);
      return forge(model, session, { on, about, by: facts.by, said: nextSaid(model) });
    },
  }),
);

export const statementElsewhere = fc
  .record({ version, by: promoter, place: fc.constantFrom('Repository', 'Channel', 'Epoch') })
  .map(({ version, by, place }) =>
    makeStep({
      name: `StatementForOther${place}`,
      facts: { version, by },
      isPossible: hasArtifact,
      run: (model, session) => {
        const said = nextSaid(model);
        const elsewhere = {
          ...said,
          ...(place === 'Repository' ? { repository: 'config/db' } : {}),
          ...(place === 'Channel' ? { channel: 'staging' } : {}),
          ...(place === 'Epoch' ? { epoch: said.epoch + 1 } : {}),
        };
        const on = pick(neverPromoted(model), version);
        return forgeForTwo(model, session, { on, by, said: elsewhere });
      },
    }),
  );

/** The true key gives the sequence that the cluster has accepted to another artifact as well. */
export const equivocate = fc.record({ version, by: promoter }).map((facts) =>
  makeStep({
    name: 'Equivocate',
    facts,
    isPossible: (model) => model.artifacts.length > 1 && model.record !== undefined,
    run: (model, session) => {
      const others = model.artifacts.filter((digest) => digest !== model.record?.digest);
      const said = { ...nextSaid(model), sequence: model.record?.sequence ?? 1 };
      return forge(model, session, { on: pick(others, facts.version), by: facts.by, said });
    },
  }),
);

export const jumpSequence = fc
  .record({ version, by: promoter, jump: fc.constantFrom(1, 2, 3, 4, 150) })
  .map((facts) =>
    makeStep({
      name: 'JumpSequence',
      facts,
      isPossible: hasArtifact,
      run: (model, session) => {
        const said = nextSaid(model);
        const jumped = { ...said, sequence: said.sequence - 1 + facts.jump };
        return forge(model, session, {
          on: pick(model.artifacts, facts.version),
          by: facts.by,
          said: jumped,
        });
      },
    }),
  );

/** A statement by the true key with times of its own: from the future, long over, or soon to be. */
export const statementWithTimes = fc
  .record({
    version,
    by: promoter,
    issuedInMs: fc.constantFrom(-25 * hour, -hour, 0, clockSkewMs, clockSkewMs + second, hour),
    expiresInMs: fc.constantFrom(undefined, minute, 0, -minute),
  })
  .map((facts) =>
    makeStep({
      name: 'StatementWithTimes',
      facts,
      isPossible: hasArtifact,
      run: (model, session) => {
        const said = nextSaid(model);
        const issuedMs = said.issuedMs + facts.issuedInMs;
        const expiresMs = facts.expiresInMs === undefined ? undefined : said.issuedMs + facts.expiresInMs;
        const on = pick(model.artifacts, facts.version);
        return forgeForTwo(model, session, { on, by: facts.by, said: { ...said, issuedMs, expiresMs } });
      },
    }),
  );

/** More promotions than `maxJump` were made meanwhile, and the admin has raised `minSequence` so far. */
export const jumpToMinSequence = fc
  .record({ version, by: promoter, floor: fc.constantFrom(2, 5), beyond: fc.nat({ max: 2 }) })
  .map((facts) =>
    makeStep({
      name: 'JumpToMinSequence',
      facts,
      isPossible: (model) => hasArtifact(model) && model.record !== undefined,
      run: async (model, session) => {
        const { policy } = model;
        const said = nextSaid(model);
        const minSequence = said.sequence + facts.floor;
        model.policy = { ...policy, maxJump: 1, minSequence };
        const jumped = { ...said, sequence: minSequence + facts.beyond };
        await forge(model, session, { on: pick(model.artifacts, facts.version), by: facts.by, said: jumped });
        await lookAt(model, session);
        model.policy = policy;
      },
    }),
  );

/**
 * What was prolonged late is shown without its heartbeat to a cluster whose clock was set back before its end, and whose
 * etcd has forgotten the heartbeat, too, or has not.
 */
export const clockSetBackAfterHeartbeat = fc.boolean().map((isEtcdRestored) =>
  makeStep({
    name: 'ClockSetBackAfterHeartbeat',
    facts: { isEtcdRestored },
    isPossible: ({ running, promoter }) => running !== undefined && promoter === honest,
    run: async (model, session) => {
      const { policy, pullerSkewMs, promoterSkewMs } = model;
      model.policy = { ...policy, maxAgeMs: hour, mayCronProlong: true };
      model.pullerSkewMs = 0;
      model.promoterSkewMs = 0;
      await lookAt(model, session);
      const { record } = model;
      model.nowMs += 2 * hour;
      await useProlong(model, session, { by: 'cron' });
      await lookAt(model, session);
      if (isEtcdRestored && record !== undefined) await setRecord(model, session, record);
      model.pullerSkewMs = -100 * hour;
      await lookUnder(model, session, hiding(model, 'newest'));
      Object.assign(model, { policy, pullerSkewMs, promoterSkewMs });
    },
  }),
);

/** A heartbeat says that it is good for weeks; the policy's `maxAge` after its own time it is not. */
export const heartbeatBeyondMaxAge = fc.constantFrom(hour - second, hour, hour + second).map((ms) =>
  makeStep({
    name: 'HeartbeatBeyondMaxAge',
    facts: { ms },
    isPossible: ({ running }) => running !== undefined,
    run: async (model, session) => {
      const { policy, running } = model;
      if (running === undefined) return;
      model.policy = { ...policy, maxAgeMs: hour, mayCronProlong: true };
      const said = nextSaid(model);
      const expiresMs = said.issuedMs + 1000 * hour;
      const beat: Said = { ...said, action: 'heartbeat', sequence: running.sequence, expiresMs };
      await forge(model, session, { on: running.digest, by: 'cron', said: beat });
      model.nowMs += ms;
      await lookAt(model, session);
      model.policy = policy;
    },
  }),
);

/** What the unattended key could promote, if its statements were taken for more than they are. */
export const promoteByCronKey = fc
  .record({ version, action: fc.constantFrom('promote' as const, 'rollback' as const) })
  .map(({ version, action }) =>
    makeStep({
      name: 'PromoteByCronKey',
      facts: { version, action },
      isPossible: hasArtifact,
      run: (model, session) => {
        const said = { ...nextSaid(model), action };
        return forge(model, session, { on: pick(model.artifacts, version), by: 'cron', said });
      },
    }),
  );

/** The release key signs a promotion, best of what is no release: neither that, nor a signature. */
export const promoteByReleaseKey = version.map((number) =>
  makeStep({
    name: 'PromoteByReleaseKey',
    facts: { version: number },
    isPossible: hasArtifact,
    run: async (model, session) => {
      const unsigned = model.artifacts.filter((digest) => !model.papers.some(({ on }) => on === digest));
      const on = pick(unsigned.length > 0 ? unsigned : model.artifacts, number);
      await forge(model, session, { on, by: model.policy.releaseKey, said: nextSaid(model) });
      await lookAt(model, session);
    },
  }),
);

export const heartbeatForUnseen = fc
  .record({ version, ahead: fc.constantFrom(0, 1, 1, 5), isShown: fc.boolean() })
  .map((facts) =>
    makeStep({
      name: 'HeartbeatForUnseenSequence',
      facts,
      isPossible: hasArtifact,
      run: (model, session) => {
        const said = nextSaid(model);
        const beat: Said = { ...said, action: 'heartbeat', sequence: said.sequence - 1 + facts.ahead || 1 };
        const on = pick(model.artifacts, facts.version);
        return forge(model, session, { on, by: 'cron', said: beat }, facts.isShown);
      },
    }),
  );

/** A heartbeat of what runs, with times or an owner that it must not have. */
export const oddHeartbeat = fc
  .record({
    by: fc.constantFrom<Actor>('cron', 'cron', 'alice', 'mallory'),
    issuedInMs: fc.constantFrom(-2 * hour, 0, clockSkewMs, clockSkewMs + second, 48 * hour),
    expiresInMs: fc.constantFrom(undefined, minute, 1000 * hour),
  })
  .map((facts) =>
    makeStep({
      name: 'OddHeartbeat',
      facts,
      isPossible: ({ running }) => running !== undefined,
      run: async (model, session) => {
        const { running } = model;
        if (running === undefined) return;
        const said = nextSaid(model);
        const beat: Said = {
          ...said,
          action: 'heartbeat',
          sequence: running.sequence,
          issuedMs: said.issuedMs + facts.issuedInMs,
          expiresMs: facts.expiresInMs === undefined ? undefined : said.issuedMs + facts.expiresInMs,
        };
        await forge(model, session, { on: running.digest, by: facts.by, said: beat }, false);
      },
    }),
  );

const hidings = ['statements', 'newest', 'all', 'all that is new'] as const;

/** What a registry keeps from the promoter, from now on. */
export const hideFromPromoter = fc.constantFrom('nothing', 'nothing', 'nothing', ...hidings).map((what) =>
  makeStep({
    name: 'HideReferrersFromPromoter',
    facts: { what },
    run: async (model) => {
      model.promoter = what === 'nothing' ? honest : hiding(model, what);
    },
  }),
);

/** A look through a registry that keeps something back. */
export const hideFromPuller = fc.constantFrom(...hidings).map((what) =>
  makeStep({
    name: 'HideReferrersFromPuller',
    facts: { what },
    run: (model, session) => lookUnder(model, session, hiding(model, what)),
  }),
);

/** A look through a registry of which something fails. */
export const registryErrors = fc
  .constantFrom('resolve', 'referrers', 'layer', 'newest', 'statements', 'all')
  .map((what) =>
    makeStep({
      name: 'RegistryErrors',
      facts: { what },
      run: (model, session) =>
        lookUnder(
          model,
          session,
          what === 'resolve' || what === 'referrers' || what === 'layer'
            ? { ...honest, fails: what }
            : { ...honest, unreadable: carriersOf(model.papers, what) },
        ),
    }),
  );

/** A promotion while a statement that is listed can't be read: it may be the highest. */
export const promoteOverUnreadable = fc
  .record({
    version,
    by: promoter,
    what: fc.constantFrom('newest' as const, 'newest' as const, 'statements' as const),
  })
  .map(({ version, by, what }) =>
    makeStep({
      name: 'PromoteOverUnreadable',
      facts: { version, by, what },
      isPossible: ({ promoter }) => promoter === honest,
      run: async (model, session) => {
        model.promoter = { ...honest, unreadable: carriersOf(model.papers, what) };
        await usePromote(model, session, { by, from: pick(model.artifacts, version) });
        model.promoter = honest;
      },
    }),
  );

async function lookUnder(model: Model, session: Session, treatment: Treatment): Promise<void> {
  model.puller = treatment;
  await lookAt(model, session);
  model.puller = honest;
}

function hiding({ papers }: Model, what: (typeof hidings)[number]): Treatment {
  if (what === 'all that is new') {
    const now = new Set(papers.slice(0, -1).map(({ carrier }) => carrier));
    return { ...honest, hides: (carrier) => !now.has(carrier) };
  }
  const hidden = carriersOf(papers, what);
  return { ...honest, hides: (carrier) => hidden.has(carrier) };
}

function carriersOf(papers: readonly Paper[], what: 'statements' | 'newest' | 'all'): ReadonlySet<string> {
  const chosen = what === 'all' ? papers : papers.filter(isStatement);
  return new Set((what === 'newest' ? chosen.slice(-1) : chosen).map(({ carrier }) => carrier));
}
