"""A second verifier of exported audit logs, written from docs/audit.md alone, with Python's standard library only.

    python3 verify.py [--manifest N=SHA256] [--head CHAIN/SEQ=HASH]... FOLDER|FILE.ndjson...
    python3 verify.py --stdin     each line that it reads is such a list of arguments as JSON; it is answered with [CODE, TEXT]

It ends with 0 when all is whole, 1 when something is wrong, and 3 when nothing is wrong and nothing vouches for some of it. It looks
neither at signatures nor into Parquet: the standard library has no reader of them.
"""

import argparse
import gzip
import hashlib
import json
import pathlib
import re
import sys

problems = []


def wrong(where, what):
    problems.append(f"WRONG {where}: {what}")


def members(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a member is there twice")
    return value


def no_fraction(text):
    raise ValueError(f"{text} is not how a number is written")


def parse(text):
    return json.loads(text, object_pairs_hook=members, parse_float=no_fraction, parse_constant=no_fraction)


def written(value, sort_keys=False):
    return json.dumps(value, sort_keys=sort_keys, separators=(",", ":"), ensure_ascii=False).encode()


def canonical(value):
    """RFC 8785 for what events hold: strings, whole numbers, booleans, null, lists, objects with ASCII names."""
    return written(value, sort_keys=True)


class Chains:
    def __init__(self, heads):
        self.given = {chain: (seq, digest) for chain, seq, digest in heads}
        self.first = {}  # chain -> number of its first event here
        self.hashes = {}  # chain -> hash of each event, from the first on
        self.anchors = []  # (number in the platform's chain, event)
        self.count = 0

    def add(self, event):
        self.count += 1
        chain, seq, name = event["chain"], event["seq"], event["id"]
        if chain not in self.hashes:
            seq_before, before = self.given.get(chain, (0, "")) if seq != 1 else (0, "0" * 64)
            if seq != seq_before + 1 or event["prev"] != before:
                wrong(name, "is where its chain begins here, and does not link to anything that is trusted")
            self.first[chain] = seq
        hashes = self.hashes.setdefault(chain, [])
        if name != f"{chain}/{seq}":
            wrong(name, "is not named for its place")
        if hashes and seq != self.first[chain] + len(hashes):
            wrong(name, f"expected event {self.first[chain] + len(hashes)} of {chain}")
        if hashes and event["prev"] != hashes[-1]:
            wrong(name, "prev is not the hash before it")
        body = {key: value for key, value in event.items() if key != "hash"}
        if hashlib.sha256(event["prev"].encode() + canonical(body)).hexdigest() != event["hash"]:
            wrong(name, "content does not match its hash")
        hashes.append(event["hash"])
        if "heads" in event and chain == "platform":
            self.anchors.append((seq, event))

    def last(self, chain):
        return self.first[chain] + len(self.hashes[chain]) - 1 if chain in self.first else 0

    def holds(self, chain, seq, digest):
        at = seq - self.first.get(chain, 1)
        return 0 <= at < len(self.hashes.get(chain, [])) and self.hashes[chain][at] == digest

    def check(self, chain, seq, digest, said):
        if seq >= self.first.get(chain, 1) and not self.holds(chain, seq, digest):
            wrong(said, f"{chain}/{seq} is missing or another event")


def lines(path):
    opened = gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb")
    try:
        with opened as stream:
            yield from (line for line in stream.read().split(b"\n") if line)
    except (EOFError, OSError) as error:
        wrong(path.name, f"cannot be read: {error}")


def events(path):
    for line in lines(path):
        try:
            parsed = parse(line)
            if written(parsed) != line:
                raise ValueError("it is written in another way than events are")
            yield parsed["data"]["unmapped"] if "specversion" in parsed else parsed
        except (ValueError, KeyError, TypeError) as error:
            wrong(path.name, f"holds a line that is no event: {error}")


def bulk(folder, chains, trusted):
    """Verifies a folder; gives its manifests as {key: (sha256, manifest)}."""
    manifests, listed, mentioned, ends = {}, set(), {}, {}
    paths = sorted((folder / "manifests").glob("*.json"))
    if not paths:
        wrong(folder, "holds no manifests")
    previous = None
    if trusted and paths and f"manifests/{paths[0].name}" > trusted["key"]:
        previous = trusted
    elif trusted and not (folder / trusted["key"]).is_file():
        wrong(trusted["key"], "is missing, though it was given")
    for path in paths:
        key = f"manifests/{path.name}"
        raw = path.read_bytes()
        manifest = parse(raw)
        digest = hashlib.sha256(raw).hexdigest()
        if canonical(manifest) != raw:
            wrong(key, "is not canonical JSON")
        if key != f"manifests/{manifest['number']:08}.json":
            wrong(key, f"says that it is number {manifest['number']}")
        if manifest["previous"] != previous:
            wrong(key, "does not link to the manifest before it")
        if trusted and trusted["key"] == key and trusted["sha256"] != digest:
            wrong(key, "is another manifest than the one that was given")
        for file in manifest["files"]:
            target = folder / file["key"]
            place = rf"{file['form']}/day={file['day']}/{manifest['number']:08}-[0-9]{{3}}\.(ndjson\.gz|parquet)"
            if not re.fullmatch(place, file["key"]) or file["key"] in listed:
                wrong(file["key"], "is no place of a file, or listed twice")
                continue
            listed.add(file["key"])
            if not target.is_file():
                wrong(file["key"], "is missing")
                continue
            if hashlib.sha256(target.read_bytes()).hexdigest() != file["sha256"]:
                wrong(file["key"], "has another SHA-256")
            if file["form"] != "ndjson":
                continue
            twin = file["key"].replace("ndjson", "parquet", 1).replace(".ndjson.gz", ".parquet")
            if not any(other["key"] == twin and other["runs"] == file["runs"] for other in manifest["files"]):
                wrong(file["key"], "is listed without its Parquet")
            count = 0
            for event in events(target):
                chains.add(event)
                count += 1
                ends[event["chain"]] = event["seq"]
                if event["chain"] == "platform" and "manifest" in event:
                    mentioned[event["manifest"]["key"]] = event["manifest"]["sha256"]
            if count != file["count"]:
                wrong(file["key"], f"holds {count} events and not {file['count']}")
        heads = {head["chain"]: head["seq"] for head in manifest["heads"]}
        for head in manifest["heads"]:
            chains.check(head["chain"], head["seq"], head["hash"], key)
        for chain, seq in ends.items():
            if seq > heads.get(chain, 0):
                wrong(key, f"does not vouch for {chain}/{seq}, which is in its files")
        if previous and mentioned.get(previous["key"]) != previous["sha256"]:
            wrong(key, "the platform's chain does not name the manifest before it")
        previous = {"key": key, "sha256": digest}
        manifests[key] = (digest, manifest)
    for path in folder.rglob("*"):
        key = path.relative_to(folder).as_posix()
        known = key in listed or key in manifests or key.removesuffix(".sig") in manifests
        if path.is_file() and not known:
            wrong(key, "is in no manifest")
    return manifests


def opened(chains, manifests, trusted):
    """What nothing vouches for: it begins with what was given, and goes on with what that vouches for."""
    reached = {}
    believed = {(trusted["key"], trusted["sha256"])} if trusted else set()

    def vouch(chain, seq, digest):
        if chains.holds(chain, seq, digest):
            reached[chain] = max(seq, reached.get(chain, 0))

    for chain, (seq, digest) in chains.given.items():
        vouch(chain, seq, digest)
    before = None
    while before != (before := (dict(reached), set(believed))):
        for key, (digest, manifest) in manifests.items():
            if (key, digest) not in believed:
                continue
            if manifest["previous"]:
                believed.add((manifest["previous"]["key"], manifest["previous"]["sha256"]))
            for head in manifest["heads"]:
                vouch(head["chain"], head["seq"], head["hash"])
        for seq, event in chains.anchors:
            if seq > reached.get("platform", 0):
                continue
            for head in event["heads"]:
                vouch(head["chain"], head["seq"], head["hash"])
            if "manifest" in event:
                believed.add((event["manifest"]["key"], event["manifest"]["sha256"]))
    parts = [f"OPEN {key}" for key, (digest, _) in manifests.items() if (key, digest) not in believed]
    for chain in chains.hashes:
        if chains.last(chain) > reached.get(chain, 0):
            parts.append(f"OPEN {chain} up to {chains.last(chain)}: something vouches for it up to {reached.get(chain, 0)}")
    if not chains.hashes and not manifests:
        parts.append("OPEN the log: it is empty")
    return parts


def verify(arguments):
    """Gives the exit code, and what was found."""
    problems.clear()
    parser = argparse.ArgumentParser()
    parser.add_argument("--manifest")
    parser.add_argument("--head", action="append", default=[])
    parser.add_argument("paths", nargs="+", type=pathlib.Path)
    asked = parser.parse_args(arguments)
    heads = [re.fullmatch(r"(.+)/([0-9]+)=([0-9a-f]{64})", text).groups() for text in asked.head]
    chains = Chains([(chain, int(seq), digest) for chain, seq, digest in heads])
    trusted = None
    if asked.manifest:
        number, digest = asked.manifest.split("=")
        trusted = {"key": f"manifests/{int(number):08}.json", "sha256": digest}
    manifests = {}
    for path in asked.paths:
        if path.is_dir():
            manifests |= bulk(path, chains, trusted)
        else:
            for event in events(path):
                chains.add(event)
    for chain, (seq, digest) in chains.given.items():
        chains.check(chain, seq, digest, "a head that was given")
        if chain not in chains.hashes:
            wrong(chain, "is missing")
    for _, event in chains.anchors:
        for head in event["heads"]:
            chains.check(head["chain"], head["seq"], head["hash"], event["id"])
    left = opened(chains, manifests, trusted)
    end = "wrong" if problems else "open" if left else "whole"
    text = "\n".join(problems + left + [f"{chains.count} events in {len(chains.hashes)} chains: {end}"])
    return {"whole": 0, "wrong": 1, "open": 3}[end], text


def main():
    if sys.argv[1:] == ["--stdin"]:
        for line in sys.stdin:
            print(json.dumps(verify(json.loads(line))), flush=True)
        return 0
    code, text = verify(sys.argv[1:])
    print(text)
    return code


sys.exit(main())
