package main

// head is the page up to its rows; its numbers are the rows of docs/models.jsonl, the architectures, and the rows of docs/bodies.jsonl.
const head = `# Architectures

` + "`models.List` prints all names, `models.Get`" + ` finds one:

` + "```go" + `
arch, err := models.Get("convnext_tiny")
if err != nil {
	log.Fatal(err)
}
fmt.Println(arch.Name, models.List("convnext_t*"))
` + "```" + `

A plain name means what fastai's string means, timm's, where timm has it here; ` + "`torchvision/convnext_tiny`" + ` means torchvision's. Fresh weights from a seed are Python's to the
bit, also those of a whole vision learner, for images of any number of channels. With all weights drawn anew, outputs and gradients in float64 are within 1e-9 of a tensor's largest
element. ` + "`make test`" + ` checks that for the smallest member of each family, and the keys, shapes and parameters of all. ` + "`make test-models`" + ` checks every name, the smallest first,
and has done so for %d of %d, and for %d bodies.

Parameters are in millions, for 1,000 classes. The file's size (MiB), top-1 (percent, on ImageNet) and the images' side (pixels) are those that torchvision 0.26 and timm 1.0.31 publish for
their default weights; of timm there are no sizes, and its accuracies are at the size that it tests with, often a larger one. ` + "`model`" + ` is the worst difference of outputs, gradients and buffers from Python's, as a part of their tensor's
largest element; where it is empty, the name hasn't been run yet. ` + "`fastai's body`" + ` is what fastai 2.8.12 makes of a body and a head. Where it is equal, so are our keys, groups, logits and
all weights after that many steps of SGD, with the worst difference; bodies of more than 100 million parameters aren't trained, and without a number
only a member of the family has been compared. ` + "`_ssa` is fastai's `sa=True`, which isn't in its `model_meta`" + `;
its own ` + "`xsenet154`" + ` raises, so ours is what its arguments mean. Where fastai raises, or cuts after the stem, ours cuts after the last stage of features; of vision transformers it takes
the class token.

| name | from | parameters | file | top-1 | side | model | fastai's body |
| --- | --- | --- | --- | --- | --- | --- | --- |
`
