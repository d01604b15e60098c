/** The same test with every change. */
import './schema.test.ts';
