// Commands of who may write to the registry, and of keys that say what they must not: each leaves the model to tell what a
// cluster makes of it.
import fc from 'fast-check';
import { honest, type Healthy, type Model, type Treatment } from './cluster.ts';
import {
  channel,
  clockSkewMs,
  hour,
  minute,
  repository,
  second,
  type Actor,
  type Paper,
  type Said,
} from './rules.ts';
import { lookAt, takeIn, type Session } from './session.ts';
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
        return forge(model, session, { on: pick(model.artifacts, version), by, said: elsewhere });
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
        return forge(model, session, { on: pick(model.artifacts, facts.version), by: facts.by, said: jumped });
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
        return forge(model, session, { on, by: facts.by, said: { ...said, issuedMs, expiresMs } });
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
