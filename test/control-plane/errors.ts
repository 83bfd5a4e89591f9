// The error of the test control plane: it names the process and shows the end of its log.
import { SealiftError } from '../../src/errors.ts';

export type ControlPlaneCode =
  /** A server ended by itself. */
  | 'PROCESS_EXITED'
  /** A server does not get ready. */
  | 'START_TIMEOUT'
  /** A port was taken by another process each time. */
  | 'PORT_TAKEN'
  /** The etcd to share is not one of startEtcd. */
  | 'ETCD_FOREIGN'
  /** The API server refused a request of the set-up. */
  | 'REQUEST_FAILED';

/** Thrown when a control plane can't be started or set up. */
export class ControlPlaneError extends SealiftError<ControlPlaneCode> {}
