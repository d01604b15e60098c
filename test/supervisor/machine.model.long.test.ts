/** The same test with the counts of the long tier. */
import './machine.model.test.ts';
