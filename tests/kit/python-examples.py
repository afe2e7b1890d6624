"""What the schemas of the reader in Python say of every example of the contract. argv: its folder, the folder of examples.

Prints one line for each that it takes for what it is not, and at last how many it looked at.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])

import schema

looked = 0
for file in sorted(Path(sys.argv[2]).glob("*.json")):
    rules = schema.load(file.stem)
    examples = json.loads(file.read_text("utf-8"))
    for one in examples["valid"] + examples["invalid"]:
        looked += 1
        fits = "name" in one or one.get("beyondSchema", False)
        if schema.valid(one["message"], rules, rules) != fits:
            print(json.dumps([file.stem, one.get("name", one.get("wrong"))]))
print(looked)
