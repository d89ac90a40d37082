import type { Dependency } from "./dependencies.ts";

/** The program that a bill of materials is of. */
export interface Program {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/**
 * The bill of materials as CycloneDX 1.6 in JSON: the same for the same lock. What no server loads is `excluded`.
 *
 * @param licenseOf an SPDX expression; undefined where the package does not say
 */
export function bom(
  { name, version, license }: Program,
  dependencies: readonly Dependency[],
  licenseOf: (dependency: Dependency) => string | undefined,
): object {
  const root = `${name}@${version}`;
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: { type: "application", "bom-ref": root, name, version, licenses: licenses(license) },
    },
    components: dependencies.map((dependency) => ({
      type: "library",
      "bom-ref": purl(dependency.name, dependency.version),
      name: dependency.name,
      version: dependency.version,
      purl: purl(dependency.name, dependency.version),
      scope: dependency.isServed ? "required" : "excluded",
      hashes: [{ alg: "SHA-512", content: hexOf(dependency.integrity) }],
      licenses: licenses(licenseOf(dependency)),
    })),
    dependencies: [
      {
        ref: root,
        dependsOn: dependencies.filter(({ name, through }) => through.includes(name))
          .map(({ name, version }) => purl(name, version)),
      },
      ...dependencies.map(({ name, version, dependencies }) => ({
        ref: purl(name, version),
        dependsOn: dependencies.map((id) =>
          purl(id.slice(0, id.lastIndexOf("@")), id.slice(id.lastIndexOf("@") + 1))
        ),
      })),
    ],
  };
}

function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

function licenses(expression: string | undefined): object[] {
  if (expression === undefined) return [];
  return [/^[\w.+-]+$/.test(expression) ? { license: { id: expression } } : { expression }];
}

/** The hexadecimal digest that CycloneDX wants, of `sha512-` and base64. */
function hexOf(integrity: string): string {
  const bytes = Uint8Array.fromBase64(integrity.replace(/^sha512-/, ""));
  return bytes.toHex();
}
