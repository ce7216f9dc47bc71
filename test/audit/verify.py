"""A second verifier of exported audit logs, written from docs/audit.md alone, with Python's standard library only.

    python3 verify.py FOLDER          a bulk export
    python3 verify.py FILE.ndjson...  an export
"""

import gzip
import hashlib
import json
import pathlib
import sys

problems = []


def wrong(where, what):
    problems.append(f"WRONG {where}: {what}")


def canonical(value):
    """RFC 8785 for what events hold: strings, whole numbers, booleans, null, lists, objects with ASCII names."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Chains:
    def __init__(self):
        self.hashes = {}  # chain -> hash of each event, from the first on
        self.anchors = []
        self.count = 0

    def add(self, event):
        self.count += 1
        chain, seq, name = event["chain"], event["seq"], event["id"]
        hashes = self.hashes.setdefault(chain, [])
        if name != f"{chain}/{seq}":
            wrong(name, "is not named for its place")
        if seq != len(hashes) + 1:
            wrong(name, f"expected event {len(hashes) + 1} of {chain}")
        if event["prev"] != (hashes[-1] if hashes else "0" * 64):
            wrong(name, "prev is not the hash before it")
        body = {key: value for key, value in event.items() if key != "hash"}
        digest = hashlib.sha256(event["prev"].encode() + canonical(body)).hexdigest()
        if digest != event["hash"]:
            wrong(name, "content does not match its hash")
        hashes.append(event["hash"])
        self.anchors += [(head, name) for head in event.get("heads", [])]

    def check(self, head, said):
        hashes = self.hashes.get(head["chain"], [])
        if head["seq"] > len(hashes):
            wrong(said, f"{head['chain']}/{head['seq']} is missing")
        elif hashes[head["seq"] - 1] != head["hash"]:
            wrong(said, f"{head['chain']}/{head['seq']} is another event")


def lines(path):
    opened = gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb")
    try:
        with opened as stream:
            yield from (line for line in stream.read().split(b"\n") if line)
    except (EOFError, OSError) as error:
        wrong(path.name, f"can not be read: {error}")


def events(path):
    for line in lines(path):
        try:
            parsed = json.loads(line)
            yield parsed["data"]["unmapped"] if "specversion" in parsed else parsed
        except (ValueError, KeyError, TypeError) as error:
            wrong(path.name, f"holds a line that is no event: {error}")


def bulk(folder, chains):
    previous, listed, digests, mentioned = None, set(), {}, {}
    for path in sorted((folder / "manifests").glob("*.json")):
        key = f"manifests/{path.name}"
        raw = path.read_bytes()
        manifest = json.loads(raw)
        if canonical(manifest) != raw:
            wrong(key, "is not canonical JSON")
        if manifest["previous"] != previous:
            wrong(key, "does not link to the manifest before it")
        for file in manifest["files"]:
            listed.add(file["key"])
            target = folder / file["key"]
            if not target.is_file():
                wrong(file["key"], "is missing")
                continue
            if hashlib.sha256(target.read_bytes()).hexdigest() != file["sha256"]:
                wrong(file["key"], "has another SHA-256")
            if file["form"] != "ndjson":
                continue
            count = 0
            for event in events(target):
                chains.add(event)
                count += 1
                if "manifest" in event:
                    mentioned[event["manifest"]["key"]] = event["manifest"]["sha256"]
            if count != file["count"]:
                wrong(file["key"], f"holds {count} events and not {file['count']}")
        for head in manifest["heads"]:
            chains.check(head, key)
        previous = {"key": key, "sha256": hashlib.sha256(raw).hexdigest()}
        digests[key] = previous["sha256"]
    for key, digest in mentioned.items():
        if digests.get(key) != digest:
            wrong(key, "is not the manifest that the platform's chain names")
    for path in folder.rglob("*"):
        key = path.relative_to(folder).as_posix()
        if path.is_file() and not key.startswith("manifests/") and key not in listed:
            wrong(key, "is in no manifest")


def main(paths):
    chains = Chains()
    for path in map(pathlib.Path, paths):
        if path.is_dir():
            bulk(path, chains)
        else:
            for event in events(path):
                chains.add(event)
    for head, said in chains.anchors:
        chains.check(head, said)
    print("\n".join(problems + [f"{chains.count} events in {len(chains.hashes)} chains, {len(problems)} problems"]))
    return 1 if problems else 0


sys.exit(main(sys.argv[1:]))
