"""Opens the Parquet of a bulk export with DuckDB and holds its rows against the manifests: python3 count_parquet.py FOLDER

DuckDB is a reader that its writer's authors did not write; it needs `pip install duckdb`.
"""

import json
import pathlib
import sys

import duckdb

folder = pathlib.Path(sys.argv[1])
manifests = [json.loads(path.read_bytes()) for path in sorted((folder / "manifests").glob("*.json"))]
files = [file for manifest in manifests for file in manifest["files"]]
for file in files:
    if file["form"] == "parquet":
        (count,) = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [str(folder / file["key"])]).fetchone()
        assert count == file["count"], f"{file['key']} holds {count} rows, its manifest says {file['count']}"
listed = sum(file["count"] for file in files if file["form"] == "ndjson")
count, chains, last = duckdb.execute(
    "SELECT count(*), count(DISTINCT chain), max(time) FROM read_parquet(?, hive_partitioning = true)",
    [str(folder / "parquet/*/*.parquet")],
).fetchone()
assert count == listed, f"Parquet holds {count} rows, NDJSON {listed} lines"
(same,) = duckdb.execute(
    "SELECT count(*) FROM read_parquet(?) WHERE json_extract_string(event, '$.id') = id AND json_extract_string(event, '$.hash') = hash AND strftime(time, '%Y-%m-%dT%H:%M:%S.%g') || 'Z' = json_extract_string(event, '$.time')",
    [str(folder / "parquet/*/*.parquet")],
).fetchone()
assert same == count, f"{count - same} rows do not say what their events say"
print(f"{count} rows in {chains} chains, the last of {last}")
