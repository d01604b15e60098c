/** The licences of the packages that esbuild bundles into dist/: their terms ask to be passed on with the copies. */
import { readdirSync, readFileSync } from 'node:fs';

/** Names of the packages in the bundle, told by its source maps; npm and vitest run in the repository's root. */
export function bundledPackages(): string[] {
  const maps = readdirSync('dist').filter((name) => name.endsWith('.map'));
  const sources = maps.flatMap((name) => {
    return (JSON.parse(readFileSync(`dist/${name}`, 'utf8')) as { sources: string[] }).sources;
  });
  const names = sources.map((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].toSorted();
}

export function thirdPartyPage(): string {
  const sections = bundledPackages().map((name) => {
    const folder = `node_modules/${name}`;
    const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as {
      version: string;
      license: string;
    };
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    const text = file === undefined ? license : readFileSync(`${folder}/${file}`, 'utf8').trim();
    return `## ${name} ${version} (${license})\n\n\`\`\`text\n${text.replaceAll('\r', '')}\n\`\`\``;
  });
  return `${HEAD}\n${sections.join('\n\n')}\n`;
}

const HEAD = `# Licences of bundled packages

Made by \`npm run generate\`; do not edit. The files in \`dist/\` contain code of these packages.
`;
