/** The same test with every change. */
import './mutations.test.ts';
