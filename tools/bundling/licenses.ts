// The licences of the packages whose code is in bundles, as one text.
import type { Plugin } from 'rolldown';
import license, { type Dependency, type Options as LicenseOptions } from 'rollup-plugin-license';

/** Gathers packages over several builds. */
export type Licenses = {
  /** Gathers those of one build. */
  readonly plugin: () => Plugin;
  /** Names, versions and licences of all, sorted. */
  readonly format: () => string;
};

/** @param root folder whose packages they are */
export function collectLicenses(root: string): Licenses {
  const dependencies = new Map<string, Dependency>();
  // Its types describe `exports.default`, but the function is the module itself; rolldown calls Rollup's hooks alike.
  const createPlugin = license as unknown as (options: LicenseOptions) => Plugin;
  return {
    plugin: () =>
      createPlugin({
        cwd: root,
        thirdParty: {
          includePrivate: false,
          multipleVersions: true,
          output: (found) => {
            for (const dependency of found)
              dependencies.set(`${dependency.name}@${dependency.version}`, dependency);
          },
        },
      }),
    format: () => formatLicenses([...dependencies.values()]),
  };
}

function formatLicenses(dependencies: readonly Dependency[]): string {
  const parts = dependencies
    .map((dependency) => ({ dependency, title: `${dependency.name} ${dependency.version}` }))
    .sort((a, b) => (a.title < b.title ? -1 : 1))
    .map(({ dependency, title }) => {
      const { license: id, licenseText, noticeText } = dependency;
      const texts = [licenseText, noticeText].filter((text) => text !== null && text.trim() !== '');
      return [`${title} (${id ?? 'no licence named'})`, ...texts]
        .map((text) => normalize(text ?? ''))
        .join('\n\n');
    });
  return `The files in this directory contain these packages.\n\n${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function normalize(text: string): string {
  return text
    .replaceAll(/\r\n?/gu, '\n')
    .replaceAll(/[ \t]+$/gmu, '')
    .trim();
}
