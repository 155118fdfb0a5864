"""Checks ONNX files and runs them by ONNX Runtime: for each the outputs by their names, with what the model says of itself."""
import json
import sys

try:
    import numpy
    import onnx
    import onnx_predict
    import onnxruntime
except ImportError as e:
    print(json.dumps({"absent": str(e)}))
    sys.exit()


def floats(a):
    a = a.astype(numpy.float64)
    return {"shape": list(a.shape), "data": numpy.where(numpy.isfinite(a), a, 1e300).flatten().tolist()}


def run(job):
    try:
        model = onnx.load(job["file"])
        onnx.checker.check_model(model, full_check=True)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(job["file"], options, providers=["CPUExecutionProvider"])
        feeds = {}
        for info, file in zip(session.get_inputs(), job["inputs"]):
            dtype = {"tensor(float)": "float32", "tensor(int64)": "int64"}[info.type]
            feeds[info.name] = numpy.fromfile(file["file"], dtype).reshape(file["shape"])
        names = [o.name for o in session.get_outputs()]
        labels = None
        if "probabilities" in names and "classes" in session.get_modelmeta().custom_metadata_map:
            labels = onnx_predict.load(job["file"])(feeds["input"])
        return {
            "labels": labels, "outputs": [floats(a) for a in session.run(names, feeds)], "names": names, "inputs": [[i.name, i.shape] for i in session.get_inputs()],
            "opset": model.opset_import[0].version, "metadata": session.get_modelmeta().custom_metadata_map, "doc": model.doc_string,
        }
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}


print(json.dumps({"models": [run(job) for job in json.load(sys.stdin)]}))
