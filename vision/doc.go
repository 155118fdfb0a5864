// Package vision holds what pictures need on their way to a model: decoding, the transforms
// of one picture and those of a batch, and what a learner must know of an architecture.
//
//	files, err := vision.GetImageFiles("flowers")
//	items := vision.Item(vision.Resize(460))                                  // each picture
//	batch := vision.AugTransforms(vision.Size(224), vision.MinScale(0.75)) // all of a batch, on its device
//
// # One picture
//
// [Open] decodes a file of any registered [Format]; a [Decoder] says how. Item
// transforms plan before anything is decoded, so that a [Reader] decodes no more than they
// need, at a part of its size where that is enough. Pixels are bytes: H×W×C, rows without gaps.
//
// # A batch
//
// [BatchTransforms] take N×C×H×W bytes on a device and give float32 from 0 to 1, augmented and
// normalised. What moves pixels is put together, so that they are read as seldom as fastai
// reads them, or once (see [Sampling]). [Augment] makes a custom transform.
//
// # Random numbers
//
// Nothing here has a generator: callers pass one, and [Train] or [Valid]. The loaders of
// package fastlearn give each picture and each batch its own, so that batches don't depend on
// timing. In validation nothing is random.
//
// # Errors
//
// Functions that read files name the file. Arguments are checked by Check, before any
// picture is read. [BatchTransforms.Apply] panics with a *torch.Error, as tensors do.
//
// Packages below hold the parts: models the architectures, hub their published weights, datasets
// pictures to learn from, jpeg the decoder.
package vision
