// The lists of names: tags of a repository, repositories of the registry.
import { ociLimits } from '../limits.ts';
import { refuse } from './answers.ts';
import type { Call, Endpoint } from './call.ts';
import { answerPage } from './pages.ts';
import type { Repositories } from './repositories.ts';

/** `GET /v2/NAME/tags/list` */
export function tagsEndpoint(repositories: Repositories): Endpoint {
  return {
    async GET({ repository, query }: Call) {
      const store = await repositories.open(repository);
      if (store === undefined)
        return refuse({ status: 404, code: 'NAME_UNKNOWN', message: 'repository is not known' });
      const path = `/v2/${repository}/tags/list`;
      const names = await store.tags();
      return answerPage({ names, query, path, maxNames: ociLimits.tags }, (tags) => ({
        name: repository,
        tags,
      }));
    },
  };
}

/** `GET /v2/_catalog`, which distribution has beyond the specification. */
export function catalogEndpoint(repositories: Repositories): Endpoint {
  return {
    async GET({ query }: Call) {
      const names = await repositories.list();
      return answerPage({ names, query, path: '/v2/_catalog', maxNames: ociLimits.tags }, (page) => ({
        repositories: page,
      }));
    },
  };
}
