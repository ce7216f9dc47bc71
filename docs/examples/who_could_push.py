"""Who could push to what at a time, rebuilt from an export of the audit log; Python's standard library alone, from docs/audit.md.

    python3 who_could_push.py 2026-09-30T00:00:00Z events.ndjson

A line for each grant that was applied in AWS by then, and for each account that may push. Verify the export first.
"""
import json
import sys


def put(entities, key, value):
    entities.pop(key, None) if value is None else entities.update({key: value})


def rebuild(events):
    wanted, applied, under_way, since = {}, {}, {}, {}
    for event in events:
        snapshot, operation, touched = event.get("snapshot"), event.get("operation"), []
        if snapshot and snapshot["part"] == 1:
            wanted, applied, under_way = {}, {}, {}
        for change in event.get("change", []):
            key = (change["type"], change["id"])
            put(wanted, key, change.get("after"))
            if snapshot:
                put(applied, key, change.get("before" if "operation" in change else "after"))
                under_way.setdefault(change.get("operation"), []).append(key)
                continue
            touched.append(key)
            if event["outcome"] == "accepted":
                since[key] = event["caller"]
        if event["outcome"] == "accepted":
            under_way.setdefault(operation, []).extend(touched)
            continue
        if event["outcome"] in ("succeeded", "failed") and operation in under_way:
            ended = under_way.pop(operation)
            touched += ended if event.get("reason", {}).get("code") != "superseded" else []
        for key in touched:
            put(applied, key, wanted.get(key))
    return applied, since


def pushers(applied, since):
    for (kind, name), value in sorted(applied.items()):
        if kind == "grant":
            refs = value.get("refs") or [value.get("environment") or ("pull requests" if value["pullRequests"] else "any ref")]
            to = ", ".join(value.get("repositories", ["all repositories"]))
            by = "{repository} in run {runId}, set off by {actor}".format_map({"runId": "?", "actor": "?", "repository": "?"} | since.get((kind, name), {}))
            yield f"{value['organisation']}/{value['repository']} {value.get('repositoryId', '*')} from {', '.join(refs)} to {to}; allowed by {by}"
        for account in value["accounts"] if kind in ("account-access", "access-in-place") else []:
            if account["canWrite"]:
                yield f"account {account['accountId']} to {'all repositories' if kind == 'account-access' else name}"


chains = {}
for event in (json.loads(line)["data"]["unmapped"] for line in open(sys.argv[2], encoding="utf-8")):
    if event["time"] < sys.argv[1] and event["outcome"] != "denied":
        chains.setdefault(event["chain"], []).append(event)
for chain, events in sorted(chains.items()):
    for line in pushers(*rebuild(events)):
        print(f"{chain}: {line}")
