import { setPriority } from 'node:os';

// Loaded into processes of the tests that are to have only what the others leave of the processors.
setPriority(10);
