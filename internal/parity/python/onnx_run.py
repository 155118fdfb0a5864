"""Checks ONNX files and runs them by ONNX Runtime: for each the outputs by their names, with what the model says of itself."""
import collections
import json
import os
import sys

try:
    import numpy
    import onnx
    import onnx_labels
    import onnx_predict
    import onnxruntime
except ImportError as e:
    print(json.dumps({"absent": str(e)}))
    sys.exit()


def floats(a):
    a = a.astype(numpy.float64)
    return {"shape": list(a.shape), "data": numpy.where(numpy.isfinite(a), a, 1e300).flatten().tolist()}


def count(model):
    return dict(collections.Counter(node.op_type for node in model.graph.node))


def run(job):
    try:
        onnx.checker.check_model(job["file"], full_check=True)
        model = onnx.load(job["file"], load_external_data=False)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        if os.path.getsize(job["file"]) > 1e9 or os.path.exists(job["file"] + ".data"):
            options.add_session_config_entry("session.disable_prepacking", "1")  # it takes the weights' memory once more
        fused = None
        if job["fused"]:
            options.optimized_model_filepath = job["file"] + ".fused"
        session = onnxruntime.InferenceSession(job["file"], options, providers=["CPUExecutionProvider"])
        if job["fused"]:
            fused = count(onnx.load(options.optimized_model_filepath))
        feeds = {}
        for info, file in zip(session.get_inputs(), job["inputs"] or []):
            dtype = {"tensor(float)": "float32", "tensor(int64)": "int64"}[info.type]
            feeds[info.name] = numpy.fromfile(file["file"], dtype).reshape(file["shape"])
        names = [o.name for o in session.get_outputs()]
        labels = None
        if feeds and "probabilities" in names and "classes" in session.get_modelmeta().custom_metadata_map:
            labels = onnx_labels.load(job["file"])(feeds["input"])
        probabilities = onnx_predict.Model(job["file"]).probabilities(job["pictures"]).tolist() if job["pictures"] else None
        return {
            "ops": count(model), "fused": fused, "labels": labels, "probabilities": probabilities, "outputs": [floats(a) for a in session.run(names, feeds)] if feeds else [], "names": names, "inputs": [[i.name, i.shape] for i in session.get_inputs()],
            "opset": model.opset_import[0].version, "metadata": session.get_modelmeta().custom_metadata_map, "doc": model.doc_string,
        }
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}


print(json.dumps({"models": [run(job) for job in json.load(sys.stdin)]}))
