/** Writes the generated files: `npm run generate`, from the repository's root. */
import { writeFileSync } from 'node:fs';
import { generatedFiles } from './generated.ts';

for (const { path, text } of generatedFiles()) writeFileSync(path, text);
