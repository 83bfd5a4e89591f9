// What the runner starts.
import { startAction } from '../shared/main.ts';
import { run } from './main.ts';

await startAction(run);
