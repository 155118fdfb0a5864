"""Predicts by an ONNX file of fastlearn's Learner.ExportONNX: x is float32 N×channels×height×width."""
import json, onnxruntime
def load(path):
    session = onnxruntime.InferenceSession(path)
    classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    return lambda x: [classes[row.argmax()] for row in session.run(["probabilities"], {"input": x})[0]]
