/** The same test with 50,000 of them. */
import './fuzz.test.ts';
