#!/usr/bin/python3
"""check_events.py SCHEMA FOLDER: the schema of events and the pages about them, by a validator that is not ours.

The schema is one of its draft; the example of each page keeps it; and what is taken away from or changed in an example
that its page says is needed, breaks it.
"""

import copy
import json
import pathlib
import re
import sys

import jsonschema


def example_of(page):
    found = re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    if len(found) != 1:
        raise SystemExit(f"{page}: has {len(found)} examples, not one")
    return json.loads(found[0])


def broken(event, definition):
    """Events that a reader must be able to rely on never to see."""
    for field in definition["required"]:
        without = copy.deepcopy(event)
        del without["data"][field]
        yield f"without {field}", without
    for field, schema in definition["properties"].items():
        if field not in event["data"]:
            continue
        other = copy.deepcopy(event)
        other["data"][field] = 7 if schema.get("type") != "integer" else "7"
        yield f"another type of {field}", other
    for member in ("id", "seq", "position", "time", "specversion", "source"):
        other = copy.deepcopy(event)
        other[member] = "?"
        yield f"{member} that is none", other


def main():
    schema = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    pages = sorted(pathlib.Path(sys.argv[2]).glob("*.md"))
    complaints = []
    for page in pages:
        event = example_of(page)
        for error in validator.iter_errors(event):
            complaints.append(f"{page.name}: {'/'.join(map(str, error.absolute_path))}: {error.message}")
        definition = schema["definitions"][f"{page.stem}.v{event['version']}"]
        for what, other in broken(event, definition):
            if validator.is_valid(other):
                complaints.append(f"{page.name}: the schema takes an event {what}")
        more = copy.deepcopy(event)
        more["new"] = more["data"]["new"] = {"a": 1}
        if not validator.is_valid(more):
            complaints.append(f"{page.name}: the schema refuses new members")
    if len(pages) < 50:
        complaints.append(f"there are {len(pages)} pages only")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    print(f"{len(pages)} pages, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
