// Whether a registry has some content (distribution-spec, "Checking if content exists in the registry").
import type { Descriptor } from '../oci/descriptor.ts';
import { contentRequest, expectLength, type RepositoryContext } from './context.ts';
import type { HttpRequest } from './http.ts';
import { expectStatus } from './status.ts';

/** @throws ContentError `SIZE_MISMATCH` where it is there in another size: one of the two is a lie */
export async function hasContent(
  context: RepositoryContext,
  descriptor: Descriptor,
  signal?: AbortSignal,
): Promise<boolean> {
  const request: HttpRequest = { method: 'HEAD', ...contentRequest(context, descriptor), signal };
  const answer = await context.send(request);
  answer.discard();
  if (answer.status === 404) return false;
  await expectStatus(request, answer, 200);
  expectLength(answer, descriptor);
  return true;
}
