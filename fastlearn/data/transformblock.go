package data

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/vision"
)

// TransformBlock says what one part of an item is, an input or a target (fastai's TransformBlock): an [ImageBlock], [CategoryBlock],
// [MultiCategoryBlock], [RegressionBlock] or one of your own.
type TransformBlock interface {
	// Setup finds out from the sources of the training set's items how to make the part of any source. A source is what a getter
	// returns: a label, a file's path.
	Setup(train []string) (*Encoding, error)
}

// ImageBlock says how a data block's pictures are decoded; the zero value gives RGB as
// fastai's ImageBlock does, Gray its ImageBlock(cls=PILImageBW).
type ImageBlock vision.Decoder

// Setup returns the encoding of pictures by their files.
func (b ImageBlock) Setup([]string) (*Encoding, error) {
	return &Encoding{Kind: vision.Picture, Decoder: vision.Decoder(b)}, nil
}

// setup asks a block for its encoding, and checks that.
func setup(b TransformBlock, train []string) (e *Encoding, err error) {
	err = guard.Call("Setup", b, func() (err error) {
		e, err = b.Setup(train)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case e == nil:
		return nil, fmt.Errorf("%T.Setup returned neither an encoding nor an error", b)
	case e.Kind.Check() != nil:
		return nil, fmt.Errorf("%T.Setup: %w", b, e.Kind.Check())
	case !e.isFile() && e.Encode == nil:
		return nil, fmt.Errorf("the encoding of %T.Setup lacks Encode, which makes numbers of sources", b)
	case e.Width < 0 || e.Outputs < 0 || e.Class && e.Width > 0:
		return nil, fmt.Errorf("the encoding of %T.Setup has a Width of %d and %d Outputs: want 0 or more, and no Width for a Class", b, e.Width, e.Outputs)
	}
	own := *e
	if own.Kind == vision.Mask {
		own.Decoder.Gray = true
	}
	return &own, nil
}
