"""Rows as fastprogress prints them in a terminal."""
import io
import json
import sys
from contextlib import redirect_stdout

from fastprogress.fastprogress import ConsoleMasterBar

out = io.StringIO()
with redirect_stdout(out):
    bar = ConsoleMasterBar(range(3))
    for row in json.load(sys.stdin):
        bar.write(row, table=True)
print(json.dumps(out.getvalue().split("\r")[-1]))  # after its spinner
