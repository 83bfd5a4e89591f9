// CustomResourceDefinitions: that names fit each other, and that one version is stored.
import { below, itemsOf, textOf, type Field } from './fields.ts';

export function checkDefinition(object: Field): void {
  const spec = below(object, 'spec');
  const name = below(object, 'metadata', 'name');
  const expected = `${textOf(below(spec, 'names', 'plural'))}.${textOf(below(spec, 'group'))}`;
  if (textOf(name) !== expected) name.refuse(`the plural name and the group: ${expected.slice(0, 300)}`);
  const versions = below(spec, 'versions');
  const stored = itemsOf(versions).filter((version) => below(version, 'storage').value === true);
  if (stored.length !== 1) versions.refuse('one version that is stored', `${stored.length} that are`);
}
