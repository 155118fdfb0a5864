// Package fastlearn is fastai for Go: a Learner with callbacks, and the training schedules of fastai 2.8, on libtorch. Data blocks,
// losses, metrics, callbacks and predictors are the packages data, loss, metric, callback and predictor below it.
//
//	block := data.Block[string]{GetY: data.ParentLabel, …}
//	dls, err := block.DataLoaders(files)
//	learn, err := fastlearn.VisionLearner(dls, vision.ResNet34, fastlearn.Metrics(metric.Accuracy()))
//	err = learn.FineTune(ctx, 3)
//	path, err := learn.Save("flowers")
//
// # From pictures to predictions
//
// A [data.Block], or a function such as [data.FromFolder], makes [data.Loaders] of files and labels.
// [VisionLearner] puts a pretrained body and a new head on them, [NewLearner] any module.
// [Learner.LRFind] suggests a rate; [Learner.FineTune] and [Learner.FitOneCycle] train, and the
// [Recorder] keeps what happened. [Learner.Interpret] says what is confused, [Learner.Save] writes
// what fastai and torch.load read (name.pth), [Learner.Export] what a [predictor.Predictor] serves.
//
// docs/tutorial.md goes this way step by step, docs/from-fastai.md lists fastai's calls beside
// these, docs/extending.md shows how to replace each part by your own.
//
// # What is here
//
//   - Learners: [NewLearner], [VisionLearner] and their [LearnerOption].
//   - Fits: the methods Fit, FitOneCycle, FitFlatCos, FitSGDR and FineTune, with options of the fits that heed them: [FitOption],
//     [OneCycleOption] and their like. Rates are a [LearningRate]: [LR], [Slice]; schedules of your own a [ParamScheduler].
//   - The loop: [Loop] is its state, [Callback] and the events what changes it, [Recorder] what it leaves.
//   - Results: [Preds], [Interpretation], [ClassReport], [LRFound].
//   - Going on: Save and Load, [Checkpoint] and [Resume], Export.
//
// # Ownership
//
// Loaders and a Learner are closed by whoever made them; Close may be called
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
// A [Callback] is any type with methods of fastai's events. Those of fastai are in package callback with its order
// and defaults, see docs/callbacks.md; package tensorboard has one more. With [Checkpoint] and
// [Resume] a fit that was killed ends with the very weights of one that wasn't.
//
// # Seeing what happens
//
// Nothing here draws: package progress has the bar, plot the figures, report a page about a whole run,
// dashboard the same page while it trains, terminal and notebook what their names say, see
// docs/seeing.md. [Learner.Summary] lists a model's layers, [clean.Plan] does what was chosen about
// wrongly labelled pictures.
//
// # Several processes
//
// With [Distributed] a learner's fits run on several processes at once, see docs/distributed.md.
//
// # Errors
//
// A function that returns an error returns one for whatever goes wrong: nil, closed and zero values, NaN, operations that
// fail, and a panic in a function of yours, such as a callback's event, GetY, a loss, a metric or a module's Forward. That is a
// [PanicError], which names your function and holds the stack; the fit still comes to its AfterFit. An option that can't be
// used is an error of the call that takes it.
//
// Methods without an error do nothing where their receiver is nil, empty or closed, and return the zero value; where it is
// another value, their comment says so. Operations of torch, and the Forward of modules, panic with a [torch.Error] instead. A
// test in internal/border tries every exported function and method of the module.
//
// runtime.Goexit, which testing's FailNow calls, is not stopped: the fit's AfterFit comes and all is freed, then the
// goroutine ends.
//
// A cancelled context
// ends a fit after the batch in hand; the closing events run, and the Learner can be
// saved, asked and trained on.
package fastlearn
