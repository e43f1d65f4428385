// Validates a bill of materials against CycloneDX's strict JSON schema.
//
//   node validate.mjs FILE
import { readFile } from "node:fs/promises";
import { Validation } from "@cyclonedx/cyclonedx-library";

const [file] = process.argv.slice(2);
const text = await readFile(file, "utf8");
const bom = JSON.parse(text);
const errors = await new Validation.JsonStrictValidator(bom.specVersion).validate(text);
if (errors !== null) {
  console.error(errors);
  process.exit(1);
}
console.log(`CycloneDX ${bom.specVersion}, valid: ${bom.components.length} components`);
