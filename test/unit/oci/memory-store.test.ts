// The store contract by the store in memory.
import { createMemoryStore } from '../../../src/oci/memory-store.ts';
import { contentStoreContract } from '../../helpers/content-store-contract.ts';

contentStoreContract('memory', async () => createMemoryStore());
