"""Our diagrams open with the Camunda 7 moddle, and so in Camunda Modeler, without one warning and come back whole."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FRONTEND = ROOT / "engine" / "web" / "frontend"
OURS = sorted((ROOT / "bpmn").rglob("*.bpmn"))
READ = """
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
const require = createRequire(process.argv[1] + '/');
const { BpmnModdle } = await import(pathToFileURL(require.resolve('bpmn-moddle')).href);
const camunda = require('camunda-bpmn-moddle/resources/camunda.json');
const told = {};
for (const path of process.argv.slice(2)) {
  const moddle = new BpmnModdle({ camunda });
  const { rootElement, warnings, elementsById } = await moddle.fromXML(readFileSync(path, 'utf8'));
  const { xml } = await moddle.toXML(rootElement);
  const again = await moddle.fromXML(xml);
  told[path] = {
    warnings: [...warnings, ...again.warnings].map(String),
    lost: Object.keys(elementsById).filter((id) => !(id in again.elementsById)),
    read: Object.keys(elementsById).length,
  };
}
console.log(JSON.stringify(told));
"""


@pytest.mark.skipif(
    shutil.which("node") is None or not (FRONTEND / "node_modules" / "camunda-bpmn-moddle").is_dir(),
    reason="node and the front-end packages are there after make setup only",
)
def test_our_diagrams_open_without_a_warning() -> None:
    command = ["node", "--input-type=module", "-e", READ, str(FRONTEND), *map(str, OURS)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)
    assert set(told) == {str(path) for path in OURS}
    for path, one in told.items():
        assert (one["warnings"], one["lost"]) == ([], []), path
        assert one["read"] > 10
