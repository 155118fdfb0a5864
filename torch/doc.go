// Package torch holds tensors on libtorch: operations by PyTorch's names, gradients, random
// numbers, devices and mixed precision.
//
//	s := torch.NewScope()
//	defer s.Close()
//	x := torch.FromSlice(s, []float32{1, 2, 3, 4}, 2, 2)
//	y := x.MatMul(x).AddScalar(1).Relu()
//	fmt.Println(torch.ToSlice[float32](y))
//
// # Ownership
//
// A tensor may hold gigabytes of which Go's collector sees a few bytes, so its end is stated
// and not left to the collector: a [Scope] owns tensors and frees them when it is closed.
// Factories hang on a scope (s.Zeros, [FromSlice]); the result of an operation lives in the
// youngest scope of its operands; [Tensor.Keep] and [Tensor.MoveTo] move one out, and
// [Tensor.Close] frees one early. What has no scope, such as a model's parameters, belongs
// to whoever holds it, and so does a result none of whose operands has one: [Tensor.In] gives
// such an operand a scope. The collector
// frees scopes and kept tensors that were forgotten, whenever it comes by, and nothing else.
// [LiveTensors] counts all.
//
// # Errors
//
// Within an expression an operation that can't be done panics with an [*Error]: its
// name, the dtypes and shapes of its operands, and libtorch's message. [Try] turns it into an
// error. Nothing else is caught there.
//
// # Threads
//
// A scope, its children and their tensors belong to one goroutine at a time; parameters may
// be read by several. Grad mode and autocast belong to an OS thread in libtorch: [NoGrad],
// [EnableGrad] and [Autocast] hold on to theirs until they return.
//
// # Devices
//
// One program runs with a GPU and without: CUDA's half of libtorch is loaded when the
// program starts and there is a driver. [DefaultDevice] is the first GPU that works, else
// the [CPU]; [Info] says what there is and, where there is no GPU, why.
package torch
