"""The other side of the forward passes: an ONNX file in ONNX Runtime or OpenVINO. A figure is
"runtime file threads batch size precision seconds": runs of so many seconds, or one, are a measurement, whose median
counts without the first one, which wakes threads and fills caches."""
import statistics
import time
from pathlib import Path

import numpy

import serve


def pictures(batch, size):
    return numpy.random.default_rng(0).standard_normal((batch, 3, size, size), numpy.float32)


def quantised(file, size):
    """The file with its layers between nodes that quantise, calibrated on noise as ours."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process
    import onnxruntime

    class Noise(CalibrationDataReader):
        def __init__(self, name):
            self.left = iter([{name: pictures(1, size)}])

        def get_next(self):
            return next(self.left, None)

    made = Path(file).with_suffix(".int8.onnx")
    if not made.exists() or made.stat().st_mtime < Path(file).stat().st_mtime:
        folded = str(made) + ".folded"
        quant_pre_process(file, folded, skip_symbolic_shape=True)
        name = onnxruntime.InferenceSession(folded, providers=["CPUExecutionProvider"]).get_inputs()[0].name
        quantize_static(folded, str(made), Noise(name), quant_format=QuantFormat.QDQ, per_channel=True,
                        op_types_to_quantize=["Conv", "Gemm", "MatMul", "Add", "MaxPool"], activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    return str(made)


def onnxruntime(file, threads, x, precision):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(file, options)
    feed = {session.get_inputs()[0].name: x}
    return lambda: session.run(None, feed)


def openvino(file, threads, x, precision):
    import openvino
    if precision == "int8":
        file, precision = quantised(file, x.shape[-1]), "f32"
    core = openvino.Core()
    model = core.read_model(file)
    model.reshape(list(x.shape))
    request = core.compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": precision,
    }).create_infer_request()
    return lambda: request.infer({0: x})


class Figures(dict):
    def __missing__(self, name):
        runtime, file, threads, batch, size, precision, seconds = name.split(" ")
        run = globals()[runtime](file, int(threads), pictures(int(batch), int(size)), precision)
        run()

        def measure():
            took, begun = [], time.perf_counter()
            while not took or time.perf_counter() - begun < float(seconds):
                start = time.perf_counter()
                run()
                took.append(time.perf_counter() - start)
            return statistics.median(took[1:] or took)
        return lambda: measure


if __name__ == "__main__":
    serve.FIGURES = Figures()
    serve.serve()
