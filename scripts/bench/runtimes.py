"""The other side of the forward passes: an ONNX file in ONNX Runtime or OpenVINO. A figure is "runtime file threads batch size precision"."""
import time

import numpy

import serve


def onnxruntime(file, threads, x, precision):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(file, options)
    feed = {session.get_inputs()[0].name: x}
    return lambda: session.run(None, feed)


def openvino(file, threads, x, precision):
    import openvino
    core = openvino.Core()
    model = core.read_model(file)
    model.reshape(list(x.shape))
    request = core.compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": precision,
    }).create_infer_request()
    return lambda: request.infer({0: x})


class Figures(dict):
    def __missing__(self, name):
        runtime, file, threads, batch, size, precision = name.split(" ")
        x = numpy.random.default_rng(0).standard_normal((int(batch), 3, int(size), int(size)), numpy.float32)
        run = globals()[runtime](file, int(threads), x, precision)
        run()

        def measure():
            start = time.perf_counter()
            run()
            return time.perf_counter() - start
        return lambda: measure


if __name__ == "__main__":
    serve.FIGURES = Figures()
    serve.serve()
