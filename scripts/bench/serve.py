"""What every Python side of the benchmarks is: one process that measures a figure when asked.

Reads lines "measure <figure>" and "drop <figure>"; answers each with a line of JSON.
A figure is a function that prepares its work and returns what measures one round of it,
as a cost: seconds or bytes.
"""
import gc
import json
import sys

FIGURES = {}


def figure(name):
    def register(f):
        FIGURES[name] = f
        return f
    return register


def serve():
    open_figures = {}
    for line in sys.stdin:
        command, name = line.rstrip("\n").split(" ", 1)
        if command == "drop":
            open_figures.pop(name, None)
            gc.collect()
            print("true", flush=True)
            continue
        if name not in open_figures:
            open_figures[name] = FIGURES[name]()
        print(json.dumps(open_figures[name]()), flush=True)
