// Package fastlearn is fastai for Go: data blocks, a Learner with callbacks, and
// the training schedules of fastai 2.8, on libtorch.
//
//	block := fastlearn.DataBlock[string]{GetY: fastlearn.ParentLabel, …}
//	dls, err := block.DataLoaders(files)
//	learn, err := fastlearn.VisionLearner(dls, vision.ResNet34, fastlearn.Metrics(fastlearn.Accuracy))
//	err = learn.FineTune(ctx, 3)
//	path, err := learn.Save("flowers")
//
// # Ownership
//
// A DataLoaders and a Learner are closed by whoever made them; Close may be called
// again. A batch's scope owns all that is computed from it and is freed when the
// batch is done.
//
// # Threads
//
// A Learner belongs to one goroutine at a time. Fit locks it to its OS thread, since
// grad mode, autocast and libtorch's thread pools belong to a thread.
//
// # Callbacks
//
// A [Callback] is any type with methods of fastai's events. Those of fastai are here with its order
// and defaults, see docs/callbacks.md; package tensorboard has one more. With [Checkpoint] and
// [Resume] a fit that was killed ends with the very weights of one that wasn't.
//
// # Errors
//
// Every exported function returns what went wrong as an error. A cancelled context
// ends a fit after the batch in hand; the closing events run, and the Learner can be
// saved, asked and trained on.
package fastlearn
