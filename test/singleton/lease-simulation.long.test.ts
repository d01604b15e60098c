/** The same test with the counts of the long tier. */
import './lease-simulation.test.ts';
