// Bundles third-party front-end code into ../static/vendor, beside the licences it came with.
import { build } from 'esbuild';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const vendor = fileURLToPath(new URL('../static/vendor/', import.meta.url));

const { metafile, outputFiles } = await build({
  write: false, // a failed build leaves what was built before
  absWorkingDir: here,
  entryPoints: { viewer: 'viewer.js', editor: 'editor/index.js', tables: 'tables/index.js', simulation: 'simulation/index.js' },
  outdir: vendor,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  metafile: true,
  loader: Object.fromEntries(['.eot', '.svg', '.ttf', '.woff', '.woff2'].map((font) => [font, 'file'])),
  assetNames: '[name]',
  legalComments: 'linked',
  logLevel: 'warning',
});

rmSync(vendor, { recursive: true, force: true });
mkdirSync(vendor, { recursive: true });
for (const { path, contents } of outputFiles) writeFileSync(path, contents);

const folders = new Set(
  Object.keys(metafile.inputs)
    .map((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1])
    .filter(Boolean),
);
writeFileSync(`${vendor}LICENSES.txt`, [...folders].sort().map(licence).join(`\n${'-'.repeat(78)}\n`));

for (const [path, { bytes }] of Object.entries(metafile.outputs)) {
  console.log(`${path.split('/').pop()}  ${Math.round(bytes / 1024)} kB`);
}

function licence(name) {
  const folder = `${here}node_modules/${name}/`;
  const { version, license } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file && !license) throw new Error(`${name} ${version} states no licence; it may not be shipped.`);
  return `${name} ${version} (${license})\n\n${file ? readFileSync(folder + file, 'utf8') : `Licensed under ${license}.\n`}`;
}
